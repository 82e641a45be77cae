// How far one run of a saga has come: the state of its actor, and what is shown of it. Data only; machine.ts decides how it
// changes.
//
// Invariant: it is JSON, and says everything that the saga needs to go on after a crash. The names of the steps are kept
// with it, so that it is never read with the steps of another definition.

/**
 * `new`: not started. `running`: on its way forward. `compensating`: on its way back. `done`: every step is done or was
 * skipped. `compensated`: a step failed, and what was done before it is undone. `stuck`: it cannot go on until `resume`.
 */
export type SagaState = 'new' | 'running' | 'compensating' | 'done' | 'compensated' | 'stuck'

/** Why a step failed, or cannot be undone. */
export interface SagaFault {
  readonly step: string
  readonly code: string
  readonly message: string
}

export type Stage = 'waiting' | 'running' | 'done' | 'skipped' | 'failed' | 'compensating' | 'compensated'

export interface StepProgress {
  readonly name: string
  readonly stage: Stage
  /** What its action answered with, as JSON; kept when it is undone. Absent: nothing, or it is not done. */
  readonly result?: unknown
}

export interface Progress {
  readonly status: SagaState
  /** What tells this run from one of the same name that was deleted. Absent: it was started by a release that had none. */
  readonly mark?: string
  /** As it was started with. Absent: nothing. */
  readonly input?: unknown
  readonly steps: readonly StepProgress[]
  /** The step in hand. Ended: one past the last (`done`), or -1 (`compensated`). */
  readonly at: number
  readonly way: 'run' | 'undo'
  /** Effects sent for the step in hand on this way; 0: none yet. */
  readonly attempt: number
  /** Compensations of the step in hand that failed in a row, since the last resume. */
  readonly failures: number
  /** Why it turned back; null: it did not. */
  readonly error: SagaFault | null
  /** What keeps it from going on; null unless it is stuck. */
  readonly obstacle: SagaFault | null
}

export const NOT_STARTED: Progress = Object.freeze({
  status: 'new',
  steps: Object.freeze([]),
  at: 0,
  way: 'run',
  attempt: 0,
  failures: 0,
  error: null,
  obstacle: null,
})

/** The token of the effect whose end is awaited; null: none is. No two effects of a saga have the same. */
export function awaitedToken(progress: Progress): string | null {
  const { status, mark, at, way, attempt } = progress
  if (status !== 'running' && status !== 'compensating') return null
  const token = `${at}:${way}:${attempt}`
  return mark === undefined ? token : `${mark}:${token}`
}

/** Of the steps that were done, by name, whether they are undone by now or not. */
export function resultsOf({ steps }: Progress): Record<string, unknown> {
  return Object.fromEntries(
    steps.filter((step) => 'result' in step).map(({ name, result }) => [name, result]),
  )
}

interface StatusFacts {
  /** The step in hand; null before the start and after the end. */
  readonly step: string | null
  /** Why it turned back; null: it did not. */
  readonly error: SagaFault | null
  /** What keeps it from going on; null unless it is stuck. */
  readonly obstacle: SagaFault | null
}

/** What a saga says of itself. `results` holds what the steps answered with, by name. */
export type SagaStatus<Results = Readonly<Record<string, unknown>>> = StatusFacts &
  (
    | { readonly status: 'done'; readonly results: Results }
    | { readonly status: Exclude<SagaState, 'done'>; readonly results: Partial<Results> }
  )

export function statusOf(progress: Progress): SagaStatus {
  const { status, error, obstacle } = progress
  const step = hasEnded(progress) ? null : (progress.steps[progress.at]?.name ?? null)
  return { status, step, results: resultsOf(progress), error, obstacle }
}

/** Whether nothing will happen any more. A saga that is stuck has not ended. */
export function hasEnded({ status }: Pick<Progress, 'status'>): boolean {
  return status === 'done' || status === 'compensated'
}
