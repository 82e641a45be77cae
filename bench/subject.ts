// What is measured, as the runner sees it: something that is prepared once, in a process of its own, and then asked for
// one short round after the other. Decides the shape of that conversation only; subjects decide what a round does.

/** What one round measured, by name: `rate` (per second), `p50Us`, `p99Ms`, `bytes`, … */
export type Reading = Readonly<Record<string, number>>

export interface Subject {
  /** Works for about `durationMs` and answers with what it measured. One round at a time. */
  round(durationMs: number): Promise<Reading>
  stop(): Promise<void>
}

/** How many callers call how many actors; a subject takes from it what it needs. */
export interface Shape {
  /** Calls under way at once. */
  readonly callers: number
  readonly actors: number
  /** An empty folder of its own, on the disk that is measured. */
  readonly directory: string
  /** What a subject with variants is to be. */
  readonly variant: string
}

/** Every module that measures exports one of these as `prepare`. */
export type Prepare = (shape: Shape) => Promise<Subject>

/** To the process of a subject: run a round, or stop. */
export type Order = { readonly round: number } | { readonly stop: true }

/** From it: prepared, a round's reading, stopped, or what went wrong. */
export type Report =
  | { readonly done: 'prepared' | 'stopped' }
  | { readonly reading: Reading }
  | { readonly failure: string }
