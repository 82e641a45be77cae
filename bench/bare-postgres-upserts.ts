// The limit of durable calls on Postgres: one session of the same driver, one prepared statement that upserts as many rows
// as there are callers, each naming the revision that it follows and the birth, as a commit does. The columns and the
// lengths are the store's; values go over in binary, as the store's do. Nothing is encoded, nobody waits for an answer. The variant `large` has a state of
// a mebibyte.

import { byteaArray, int8Array } from '../src/stores/postgres/arrays.ts'
import { BIRTH, STATE } from './bare-database.ts'
import { MEBIBYTE } from './counters.ts'
import { actorNames, Picker } from './drive.ts'
import { openBare, startPostgres } from './private-postgres.ts'
import type { Prepare } from './subject.ts'

const UPSERT = `INSERT INTO bare
    SELECT 'bench', 'durable', name, revision, ${BIRTH}, 1, $3, NULL, 'type.googleapis.com/spawn.JSONType', state
    FROM unnest($1::bytea[], $2::int8[], $4::bytea[]) AS u (name, revision, state)
  ON CONFLICT (system, parent, name) DO UPDATE SET revision = excluded.revision, birth = excluded.birth,
    epoch = excluded.epoch, committed_at_ms = excluded.committed_at_ms, tags = excluded.tags,
    state_type = excluded.state_type, state = excluded.state
  WHERE bare.revision = excluded.revision - 1 AND bare.birth = excluded.birth`

export const prepare: Prepare = async ({ actors, callers, directory, variant }) => {
  const server = await startPostgres(directory)
  const client = await openBare(server)
  const names = actorNames(actors)
  const revisions = new Float64Array(actors)
  const state = variant === 'large' ? Buffer.from(`\n${JSON.stringify({ total: 1, text: MEBIBYTE })}`) : STATE

  const write = async (group: readonly number[]): Promise<void> => {
    for (const at of group) revisions[at]! += 1
    const values = [
      byteaArray(group.map((at) => names[at]!)),
      int8Array(group.map((at) => revisions[at]!)),
      Date.now(),
      byteaArray(group.map(() => state)),
    ]
    const { rowCount } = await client.query({ name: 'upsert', text: UPSERT, values })
    if (rowCount !== group.length) throw new Error(`${group.length} upserts changed ${rowCount} rows`)
  }
  const picker = new Picker(actors)
  const next = (): number[] => Array.from({ length: Math.min(callers, actors) }, () => picker.next())
  for (let at = 0; at < actors; at += 1_000) await write([...names.keys()].slice(at, at + 1_000))

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
