// What the served process of `spawn dev` tells the process that watches it, over Node's IPC channel.

/** A file's identity at a moment: two different stamps mean that it was changed in between. */
export type Stamp = string

export type WorkerMessage =
  /** It is about to read this file, or failed to find it; the stamp was taken before. */
  | { readonly spawn: 'reads'; readonly file: string; readonly stamp: Stamp }
  /** It listens. */
  | { readonly spawn: 'serves'; readonly url: string }

/** Names the environment variable by which the worker knows that it is one; its value says which start this is. */
export const WORKER_VARIABLE = 'SPAWN_DEV_WORKER'

export function isWorkerMessage(value: unknown): value is WorkerMessage {
  return typeof value === 'object' && value !== null && 'spawn' in value
}
