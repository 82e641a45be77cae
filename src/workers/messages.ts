// What the first process and its workers tell each other, over Node's channel between a process and its child. Connections
// come along with `take`.

/** What processes count, each as a text. */
export type Measures = readonly (readonly [process: number, text: string])[]

export type ToWorker =
  /** This connection is yours. */
  | { readonly spawn: 'take' }
  /** Hand over what you have, and end. */
  | { readonly spawn: 'stop'; readonly drainMs: number | null }
  /** Say your numbers. */
  | { readonly spawn: 'measure' }
  /** Those of all, by process. */
  | { readonly spawn: 'measures'; readonly measures: Measures }

export type FromWorker =
  /** It is about to join, as this member. */
  | { readonly spawn: 'joins'; readonly member: string }
  | { readonly spawn: 'serves' }
  /** It could not start, and ends. */
  | { readonly spawn: 'failed'; readonly code: string; readonly message: string }
  /** Connections that it was given, in all, and that are open now. */
  | { readonly spawn: 'connections'; readonly taken: number; readonly open: number }
  | { readonly spawn: 'measured'; readonly text: string }
  /** What do all count? */
  | { readonly spawn: 'asks' }

export function isFromWorker(value: unknown): value is FromWorker {
  return hasMark(value, ['joins', 'serves', 'failed', 'connections', 'measured', 'asks'])
}

export function isToWorker(value: unknown): value is ToWorker {
  return hasMark(value, ['take', 'stop', 'measure', 'measures'])
}

/** Both ends are of one package: what has our mark is as we wrote it. */
function hasMark(value: unknown, marks: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null || !('spawn' in value)) return false
  return typeof value.spawn === 'string' && marks.includes(value.spawn)
}
