// The limit of activations from Postgres: one session of the same driver that selects actors by their keys, 512 in a
// statement, one statement after the other. Nothing is decoded, no actor is made.

import { byteaArray } from '../src/stores/postgres/arrays.ts'
import { BIRTH, STATE } from './bare-database.ts'
import { actorNames, Picker } from './drive.ts'
import { openBare, startPostgres } from './private-postgres.ts'
import type { Prepare } from './subject.ts'

const GROUP = 512

const SELECT = `SELECT revision, birth, epoch, committed_at_ms, tags, state_type, state FROM unnest($1::bytea[]) AS u (name)
  JOIN bare b ON b.system = 'bench' AND b.parent = 'durable' AND b.name = u.name`

export const prepare: Prepare = async ({ actors, directory }) => {
  const server = await startPostgres(directory)
  const client = await openBare(server)
  await client.query(`INSERT INTO bare
    SELECT 'bench', 'durable', convert_to('actor-' || n, 'UTF8'), 1, ${BIRTH}, 1, 0, NULL,
      'type.googleapis.com/spawn.JSONType', '\\x${STATE.toString('hex')}' FROM generate_series(0, ${actors - 1}) n`)
  await client.query('VACUUM ANALYZE bare')
  const names = actorNames(actors)
  const picker = new Picker(actors)
  return {
    round: async (durationMs) => {
      let selected = 0
      const from = performance.now()
      while (performance.now() - from < durationMs) {
        const values = [byteaArray(Array.from({ length: GROUP }, () => names[picker.next()]!))]
        const { rowCount } = await client.query({ name: 'select', text: SELECT, values, rowMode: 'array' })
        if (rowCount !== GROUP) throw new Error(`${GROUP} selected actors were ${rowCount} rows`)
        selected += GROUP
      }
      return { rate: selected / ((performance.now() - from) / 1_000) }
    },
    stop: async () => {
      await client.end()
      await server.end()
    },
  }
}
