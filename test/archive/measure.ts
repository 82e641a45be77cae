// Exports and imports a store with so many actors in a process of its own, and says what it held meanwhile. Whether that is too
// much is the tests' to say: flat-memory.test.ts and, at length, test/slow/memory.test.ts.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Held } from './load.ts'

const LOAD = fileURLToPath(new URL('./load.ts', import.meta.url))
const TIMEOUT_MS = 300_000
/** What one and the other half of the parts may differ by. A part has some hundred kilobytes. */
export const FLAT_BYTES = 3 * 2 ** 20

interface Load {
  readonly held: readonly Held[]
  readonly rows: Readonly<Record<string, number>>
  readonly exportMs: number
  readonly importMs: number
  readonly maxRssBytes: number
}

export async function load(actors: number, leak = false): Promise<Load> {
  const args = [
    '--expose-gc',
    '--disable-warning=ExperimentalWarning',
    LOAD,
    String(actors),
    ...(leak ? ['leak'] : []),
  ]
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: TIMEOUT_MS })
  // Printed by load.ts.
  return JSON.parse(stdout) as Load
}

/** The growth from the first half of the parts to the second, of what is least held in each. */
export function growth({ held }: Load, doing: Held['doing']): number {
  const bytes = held.filter((each) => each.doing === doing).map((each) => each.heapBytes + each.bufferBytes)
  const half = Math.floor(bytes.length / 2)
  return Math.min(...bytes.slice(half)) - Math.min(...bytes.slice(0, half))
}

/** Actors with history are exported and imported in flat memory. */
export async function staysFlat(actors: number, context: TestContext): Promise<void> {
  const loaded = await load(actors)
  const { exportMs, importMs, maxRssBytes, rows } = loaded
  assert.deepEqual(rows, { actor: actors, past: 2 * actors, outcome: 0, envelope: 0, fact: 0 })
  const megabytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1)
  const most = Math.max(...loaded.held.map(({ bufferBytes, heapBytes }) => heapBytes + bufferBytes))
  const grown = (['export', 'import'] as const).map((doing) => growth(loaded, doing))
  const text =
    `export ${exportMs} ms, import ${importMs} ms; at most ${megabytes(most)} MB held, ${megabytes(maxRssBytes)} MB in all; ` +
    `growth ${grown.map(megabytes).join(' and ')} MB`
  context.diagnostic(text)
  for (const bytes of grown) assert.ok(bytes < FLAT_BYTES, text)
  assert.ok(maxRssBytes < 400 * 2 ** 20, text)
}
