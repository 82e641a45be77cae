// Whether memory stays flat under a load: runs load.ts in a process of its own and compares what it held early and late.
// Decides what flat means: less growth per call than the smallest thing that could leak.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Held } from './load.ts'

const LOAD = fileURLToPath(new URL('./load.ts', import.meta.url))
/** Parts that fill caches, pools and compiled code. */
const WARM_PARTS = 2
const TIMEOUT_MS = 300_000

export type Shape = 'calls' | 'short-lived' | 'short-lived-stored' | 'pending'

export interface Growth {
  readonly bytesPerCall: number
  /** The most that was held outside the heap after any part. Batches come and go there, so that it is never steady. */
  readonly bufferBytes: number
  /** For the message of a test that fails. */
  readonly text: string
}

/** @param leak keeps every reply, to see that this would be found. */
export async function growthOf(shape: Shape, calls: number, leak = false): Promise<Growth> {
  const args = ['--expose-gc', '--disable-warning=ExperimentalWarning', LOAD, shape, String(calls)]
  const { stdout } = await promisify(execFile)(process.execPath, leak ? [...args, 'leak'] : args, {
    timeout: TIMEOUT_MS,
  })
  const parsed: unknown = JSON.parse(stdout)
  if (!Array.isArray(parsed)) throw new Error(`load.ts printed ${stdout}`)
  // Printed by load.ts.
  const held = parsed as Held[]
  const compared = held.slice(WARM_PARTS).map(({ heapBytes }) => heapBytes)
  const half = Math.ceil(compared.length / 2)
  // The lowest of each half: a cache that is trimmed now and then is no growth.
  const growth = Math.min(...compared.slice(half)) - Math.min(...compared.slice(0, half))
  const callsBetween = (calls / held.length) * (compared.length - half)
  const bytesPerCall = growth / callsBetween
  const bufferBytes = Math.max(...held.map((each) => each.bufferBytes))
  const parts = held.map((each) => `${megabytes(each.heapBytes)} + ${megabytes(each.bufferBytes)}`)
  const text = `${bytesPerCall.toFixed(2)} bytes per call; heap + buffers in MB: ${parts.join(', ')}`
  return { bytesPerCall, bufferBytes, text }
}

function megabytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1)
}
