// Sagas for tests of the machine: steps whose effects name them, and are undone by effects that name them too.

import type { Effect } from '../../src/ports/index.ts'
import type { SagaPlan, StepPlan } from '../../src/sdk/saga/machine.ts'

const RETRY = { attempts: 3, backoffMs: 100, maxBackoffMs: 150 }
export const INPUT = { amount: 5 }

export const call = (action: string): Effect => ({ to: 'target', action })

export function planOf(...steps: (Partial<StepPlan> & { name: string })[]): SagaPlan {
  const full = steps.map((step) => ({
    run: () => call(step.name),
    compensate: () => call(`un-${step.name}`),
    ...step,
  }))
  return { name: 'trip', steps: full, retry: RETRY, endAction: 'ended' }
}

/** How an effect ends that fails. */
export const FAILED = { error: { code: 'ACTION_FAILED', message: 'no' } }
