// Whether memory stays flat under a load: runs load.ts in a process of its own and compares what it held early and late.
// Decides what flat means: less growth per call than the smallest thing that could leak.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const LOAD = fileURLToPath(new URL('./load.ts', import.meta.url))
/** Parts that fill caches, pools and compiled code. */
const WARM_PARTS = 2
const TIMEOUT_MS = 300_000

export type Shape = 'calls' | 'short-lived' | 'short-lived-stored'

export interface Growth {
  readonly bytesPerCall: number
  /** What was held after each part, in bytes. */
  readonly held: readonly number[]
}

/** @param leak keeps every reply, to see that this would be found. */
export async function growthOf(shape: Shape, calls: number, leak = false): Promise<Growth> {
  const args = ['--expose-gc', '--disable-warning=ExperimentalWarning', LOAD, shape, String(calls)]
  const { stdout } = await promisify(execFile)(process.execPath, leak ? [...args, 'leak'] : args, {
    timeout: TIMEOUT_MS,
  })
  const parsed: unknown = JSON.parse(stdout)
  if (!Array.isArray(parsed)) throw new Error(`load.ts printed ${stdout}`)
  const held = parsed.map(Number)
  const compared = held.slice(WARM_PARTS)
  const half = Math.ceil(compared.length / 2)
  // The lowest of each half: a cache that is trimmed now and then is no growth.
  const growth = Math.min(...compared.slice(half)) - Math.min(...compared.slice(0, half))
  const callsBetween = (calls / held.length) * (compared.length - half)
  return { bytesPerCall: growth / callsBetween, held }
}
