// What a saga does next: a pure function of its progress and an event. It decides the order of steps and compensations, what
// an end of an effect means, and when to give up. It knows neither turns nor stores: its caller keeps the progress and sends
// the effect, both in one commit.
//
// Invariant: at most one effect is under way, and only its end is listened to, by its token, which no other effect of the
// run has. So each step is done at most once, each step that was done is compensated at most once, in reverse, and a saga
// that has ended never sends anything.

import { isDeepStrictEqual } from 'node:util'

import { isSpawnError, messageOf, SpawnError } from '../../base/index.ts'
import type { Effect, EffectEnd } from '../../ports/index.ts'
import { checkEffect } from './effect-check.ts'
import { awaitedToken, type Progress, resultsOf, type SagaFault, type Stage } from './progress.ts'

/** A step as the machine runs it. Its functions are pure: what they answer depends on their arguments alone. */
export interface StepPlan {
  readonly name: string
  /** Null: there is nothing to do, the step is skipped. */
  readonly run: (input: unknown, results: unknown) => Effect | null
  /** Null: what it did needs no undoing. */
  readonly compensate: ((input: unknown, result: unknown, results: unknown) => Effect | null) | null
}

/** How often a compensation is sent, and how long each further one waits: twice as long each, up to the longest. */
export interface RetryPlan {
  readonly attempts: number
  readonly backoffMs: number
  readonly maxBackoffMs: number
}

export interface SagaPlan {
  readonly name: string
  readonly steps: readonly StepPlan[]
  readonly retry: RetryPlan
  /** The action that is told the end of an effect. */
  readonly endAction: string
}

export type SagaEvent =
  /** `input` is JSON, or undefined. `mark`: of this run, should it begin; no other of its name has the same. */
  | { readonly kind: 'start'; readonly input: unknown; readonly mark: string }
  | { readonly kind: 'end'; readonly end: EffectEnd }
  | { readonly kind: 'resume' }

type Start = SagaEvent & { readonly kind: 'start' }

/** What becomes of an event. The same progress (`===`) as before: it meant nothing. */
export interface Transition {
  readonly progress: Progress
  /** What is to be sent; null: nothing. */
  readonly effect: Effect | null
}

/** @throws SpawnError INVALID_ARGUMENT when a saga that was started is started with another input. */
export function advance(plan: SagaPlan, progress: Progress, event: SagaEvent): Transition {
  if (event.kind === 'start') return start(plan, progress, event)
  if (event.kind === 'end') {
    return event.end.token === awaitedToken(progress) ? take(plan, progress, event.end) : still(progress)
  }
  if (progress.status !== 'stuck') return still(progress)
  return goOn(plan, { ...progress, failures: 0, obstacle: null })
}

function start(plan: SagaPlan, progress: Progress, { input, mark }: Start): Transition {
  if (progress.status !== 'new') {
    if (isDeepStrictEqual(progress.input, input)) return still(progress)
    throw new SpawnError(
      'INVALID_ARGUMENT',
      `the saga "${plan.name}" of this name was started with another input: a new run needs a name of its own`,
    )
  }
  const steps = plan.steps.map(({ name }) => ({ name, stage: 'waiting' as const }))
  return goOn(plan, { ...progress, mark, steps, ...(input !== undefined && { input }) })
}

/** The end of the effect that is awaited. */
function take(plan: SagaPlan, progress: Progress, end: EffectEnd): Transition {
  const { at, way } = progress
  const step = nameAt(progress)
  if (end.error === undefined) {
    return goOn(plan, way === 'run' ? forward(progress, 'done', end) : back(mark(progress, 'compensated')))
  }
  const fault: SagaFault = { step, code: end.error.code, message: end.error.message }
  if (way === 'run') return goOn(plan, turnedBack(progress, fault))
  const failures = progress.failures + 1
  if (failures >= plan.retry.attempts) return stuck({ ...progress, at, failures }, fault)
  return goOn(plan, { ...progress, failures })
}

/** Sends what comes next, over all steps that need no effect. */
function goOn(plan: SagaPlan, from: Progress): Transition {
  let progress = from
  for (;;) {
    const { at, way, steps } = progress
    if (way === 'run' && at === steps.length) return still({ ...progress, status: 'done' })
    if (way === 'undo' && at < 0) return still({ ...progress, status: 'compensated' })
    if (way === 'undo' && !needsUndoing(progress)) {
      progress = back(progress)
      continue
    }
    const mismatch = mismatchOf(plan, progress)
    if (mismatch !== null) return stuck(progress, mismatch)
    if (way === 'undo' && plan.steps[at]?.compensate === null) {
      progress = back(progress)
      continue
    }
    const made = effectOf(plan, progress)
    if (made.fault !== undefined) {
      if (way === 'undo') return stuck(progress, made.fault)
      progress = turnedBack(progress, made.fault)
    } else if (made.effect === null) {
      progress = way === 'run' ? forward(progress, 'skipped') : back(mark(progress, 'compensated'))
    } else {
      return send(plan, progress, made.effect)
    }
  }
}

function needsUndoing({ at, steps }: Progress): boolean {
  const stage = steps[at]?.stage
  return stage === 'done' || stage === 'compensating'
}

/** Steps that were changed since the start: to go on with them could run the wrong one, so it does not go on. */
function mismatchOf(plan: SagaPlan, progress: Progress): SagaFault | null {
  const begun = progress.steps.map(({ name }) => name)
  const defined = plan.steps.map(({ name }) => name)
  if (begun.length === defined.length && begun.every((name, at) => name === defined[at])) return null
  const message =
    `the saga "${plan.name}" was started with the steps ${begun.join(', ')} and is now defined with ${defined.join(', ')}: ` +
    'define it as it was and resume it, and give the new steps to a saga of another name'
  return { step: nameAt(progress), code: 'STATE_UNREADABLE', message }
}

type Made = { readonly fault?: undefined; readonly effect: Effect | null } | { readonly fault: SagaFault }

function effectOf(plan: SagaPlan, progress: Progress): Made {
  const { at, way, input, steps } = progress
  const step = plan.steps[at]
  const results = resultsOf(progress)
  try {
    const run = () => step?.run(input, results)
    const undo = () => step?.compensate?.(input, steps[at]?.result, results)
    return { effect: checkEffect(way === 'run' ? run() : undo()) }
  } catch (thrown) {
    const name = nameAt(progress)
    const code = isSpawnError(thrown) ? thrown.code : 'ACTION_FAILED'
    const subject = `the ${way === 'run' ? 'run' : 'compensate'} function of step "${name}"`
    return { fault: { step: name, code, message: `${subject} failed: ${messageOf(thrown)}` } }
  }
}

function send(plan: SagaPlan, from: Progress, effect: Effect): Transition {
  const running = from.way === 'run'
  const progress: Progress = {
    ...mark(from, running ? 'running' : 'compensating'),
    status: running ? 'running' : 'compensating',
    attempt: from.attempt + 1,
  }
  const reply = { action: plan.endAction, token: awaitedToken(progress) ?? '' }
  // Which a copy would not have.
  const { contract } = effect
  const sent = contract === undefined ? effect : { ...effect, contract }
  if (progress.failures === 0) return { progress, effect: { ...sent, reply } }
  const { backoffMs, maxBackoffMs } = plan.retry
  const delayMs = Math.min(backoffMs * 2 ** (progress.failures - 1), maxBackoffMs)
  return { progress, effect: { ...sent, delayMs, scheduledToMs: undefined, reply } }
}

function forward(progress: Progress, stage: 'done' | 'skipped', end?: EffectEnd): Progress {
  return { ...mark(progress, stage, end), at: progress.at + 1, attempt: 0 }
}

function back(progress: Progress): Progress {
  return { ...progress, at: progress.at - 1, attempt: 0, failures: 0 }
}

function turnedBack(progress: Progress, error: SagaFault): Progress {
  return { ...back(mark(progress, 'failed')), way: 'undo', error }
}

function stuck(progress: Progress, obstacle: SagaFault): Transition {
  return still({ ...progress, status: 'stuck', obstacle })
}

function still(progress: Progress): Transition {
  return { progress, effect: null }
}

function mark(progress: Progress, stage: Stage, end?: EffectEnd): Progress {
  const result = end?.response === undefined ? {} : { result: end.response }
  const steps = progress.steps.map((step, at) => (at === progress.at ? { ...step, stage, ...result } : step))
  return { ...progress, steps }
}

function nameAt({ at, steps }: Progress): string {
  return steps[at]?.name ?? ''
}
