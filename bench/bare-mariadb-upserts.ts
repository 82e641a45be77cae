// The limit of durable calls on MariaDB: one session of the same driver, one prepared statement that upserts as many rows
// as there are callers, each naming the revision that it follows and the birth, as a commit does. The columns and the
// lengths are the store's. Nothing is encoded, nobody waits for an answer. The variant `large` has a state of a mebibyte.

import { BIRTH, STATE } from './bare-database.ts'
import { MEBIBYTE } from './counters.ts'
import { actorNames, Picker } from './drive.ts'
import { openBare, startMariadb } from './private-mariadb.ts'
import type { Prepare } from './subject.ts'

const FITS = 'bare.revision = VALUES(revision) - 1 AND bare.birth = VALUES(birth)'
const changed = (column: string): string => `${column} = IF(${FITS}, VALUES(${column}), bare.${column})`
const ROW = `('bench', 'durable', ?, ?, ${BIRTH}, 1, ?, NULL, 'type.googleapis.com/spawn.JSONType', ?)`
const UPSERT = ['epoch', 'committed_at_ms', 'tags', 'state_type', 'state', 'revision'].map(changed).join(', ')

const upsertOf = (rows: number): string =>
  `INSERT INTO bare VALUES ${Array.from({ length: rows }, () => ROW).join(', ')} ON DUPLICATE KEY UPDATE ${UPSERT}`

export const prepare: Prepare = async ({ actors, callers, directory, variant }) => {
  const server = await startMariadb(directory)
  const client = await openBare(server)
  const names = actorNames(actors)
  const revisions = new Float64Array(actors)
  const state = variant === 'large' ? Buffer.from(`\n${JSON.stringify({ total: 1, text: MEBIBYTE })}`) : STATE

  /** Each of a group but once: a statement sees a row as it was before. */
  const write = async (group: readonly number[]): Promise<void> => {
    for (const at of group) revisions[at]! += 1
    const values = group.flatMap((at) => [names[at]!, revisions[at]!, Date.now(), state])
    const { affectedRows } = await client.execute<{ affectedRows: number }>(upsertOf(group.length), values)
    const expected = group.reduce((sum, at) => sum + (revisions[at] === 1 ? 1 : 2), 0)
    if (affectedRows !== expected) throw new Error(`${group.length} upserts changed ${affectedRows} rows`)
  }
  const picker = new Picker(actors)
  const next = (): number[] => {
    const group = new Set<number>()
    while (group.size < Math.min(callers, actors)) group.add(picker.next())
    return [...group]
  }
  for (let at = 0; at < actors; at += 100) await write([...names.keys()].slice(at, at + 100))

  return {
    round: async (durationMs) => {
      let upserts = 0
      const from = performance.now()
      while (performance.now() - from < durationMs) {
        await write(next())
        upserts += callers
      }
      return { rate: upserts / ((performance.now() - from) / 1_000) }
    },
    stop: async () => {
      await client.end()
      await server.end()
    },
  }
}
