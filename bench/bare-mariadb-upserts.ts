// The limit of durable calls on MariaDB: one session of the same driver, one prepared statement that upserts as many rows
// as there are callers, each naming the revision that it follows and the birth, as a commit does. The columns and the
// lengths are the store's. Nothing is encoded, nobody waits for an answer. The variant `large` has a state of a mebibyte.

import { BIRTH } from './bare-database.ts'
import { upserts } from './bare-server-loops.ts'
import { openBare, startMariadb } from './private-mariadb.ts'
import type { Prepare } from './subject.ts'

const FITS = 'bare.revision = VALUES(revision) - 1 AND bare.birth = VALUES(birth)'
const changed = (column: string): string => `${column} = IF(${FITS}, VALUES(${column}), bare.${column})`
const ROW = `('bench', 'durable', ?, ?, ${BIRTH}, 1, ?, NULL, 'type.googleapis.com/spawn.JSONType', ?)`
const UPSERT = ['epoch', 'committed_at_ms', 'tags', 'state_type', 'state', 'revision'].map(changed).join(', ')

const upsertOf = (rows: number): string =>
  `INSERT INTO bare VALUES ${Array.from({ length: rows }, () => ROW).join(', ')} ON DUPLICATE KEY UPDATE ${UPSERT}`

export const prepare: Prepare = async (shape) => {
  const server = await startMariadb(shape.directory)
  const client = await openBare(server)
  return upserts(shape, {
    firstGroup: 100,
    write: async (rows) => {
      const values = rows.flatMap(({ name, revision, state }) => [name, revision, Date.now(), state])
      const { affectedRows } = await client.execute<{ affectedRows: number }>(upsertOf(rows.length), values)
      const expected = rows.reduce((sum, { revision }) => sum + (revision === 1 ? 1 : 2), 0)
      if (affectedRows !== expected) throw new Error(`${rows.length} upserts changed ${affectedRows} rows`)
    },
    end: async () => {
      await client.end()
      await server.end()
    },
  })
}
