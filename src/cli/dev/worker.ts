// The served process's side of `spawn dev`: what it tells the process that watches, and what it does when that is gone.

import type { WorkerMessage } from './messages.ts'
import { WORKER_VARIABLE } from './messages.ts'
import { reportReads } from './reads.ts'

export interface Worker {
  /** Whether none has served before it: later ones need not introduce themselves. */
  readonly isFirst: boolean
  /** From now on it reports what is imported. */
  reportReads(): void
  serves(url: string): void
  /** Without the watching process nobody would ever end this one. */
  onAbandoned(act: () => void): void
}

/** Null when this process is not watched. */
export function workerOf(env: Readonly<Record<string, string | undefined>>): Worker | null {
  const start = env[WORKER_VARIABLE]
  if (start === undefined || process.send === undefined) return null
  const send = (message: WorkerMessage): void => {
    if (process.connected) process.send?.(message)
  }
  return {
    isFirst: start === 'first',
    reportReads: () => reportReads((files) => send({ spawn: 'reads', files })),
    serves: (url) => send({ spawn: 'serves', url }),
    onAbandoned: (act) => void process.once('disconnect', act),
  }
}
