// A server that is killed again and again while something goes on, on a file of its own; and what SQLite says of that file
// in the end.

import { mkdtempSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { below, type Random } from '../../src/base/index.ts'
import type { Victim } from './server.ts'

export interface EndureOptions {
  readonly random: Random
  readonly kills: number
  /** The longest time that a life lasts, from its first call, in milliseconds. */
  readonly lifeMs: number
  /** What is killed, over a file; not running yet. */
  readonly victim: (file: string) => Promise<Victim>
  readonly progress?: ((text: string) => void) | undefined
}

/** What goes on. */
export interface Ordeal {
  /** Before the first kill. */
  begin?(server: Victim): Promise<void>
  /** Said with each kill. */
  progress(): string
  /** After the last one: comes to an end, and tells what is wrong. */
  end(server: Victim): Promise<readonly string[]>
}

/** Everything that is wrong, in words; empty: nothing was lost and nothing doubled. */
export async function endure(options: EndureOptions, ordeal: Ordeal): Promise<readonly string[]> {
  const { kills, lifeMs, progress = () => {}, random, victim } = options
  const folder = mkdtempSync(join(tmpdir(), 'spawn-crash-'))
  const file = join(folder, 'crash.db')
  const server = await victim(file)
  try {
    await server.start()
    await ordeal.begin?.(server)
    for (let kill = 1; kill <= kills; kill += 1) {
      const aliveMs = 50 + below(random, lifeMs)
      await sleep(aliveMs)
      await server.kill()
      progress(`kill ${kill} after ${aliveMs} ms: ${ordeal.progress()}`)
      await server.start()
    }
    const violations = [...(await ordeal.end(server))]
    const exitCode = await server.stop()
    if (exitCode !== 0) violations.push(`the orderly stop ended with ${exitCode}`)
    return [...violations, ...integrity(file)]
  } finally {
    await server.end()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What SQLite itself says of the file. */
function integrity(file: string): string[] {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    const rows = database.prepare('PRAGMA integrity_check').all()
    const verdicts = rows.map((row) => String(row['integrity_check']))
    return verdicts.length === 1 && verdicts[0] === 'ok'
      ? []
      : verdicts.map((text) => `integrity check: ${text}`)
  } finally {
    database.close()
  }
}
