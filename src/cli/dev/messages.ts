// What the served process of `spawn dev` tells the process that watches it, over Node's IPC channel.

/** A file's identity at a moment: two different stamps mean that it was changed in between. */
export type Stamp = string

/** A file that is about to be read, or was not found; the stamp was taken before. */
export interface Read {
  readonly file: string
  readonly stamp: Stamp
}

export type WorkerMessage =
  | { readonly spawn: 'reads'; readonly files: readonly Read[] }
  /** It listens. */
  | { readonly spawn: 'serves'; readonly url: string }

/** Names the environment variable by which the worker knows that it is one; its value says which start this is. */
export const WORKER_VARIABLE = 'SPAWN_DEV_WORKER'

export function isWorkerMessage(value: unknown): value is WorkerMessage {
  return typeof value === 'object' && value !== null && 'spawn' in value
}
