// The limit of activations from MariaDB: one session of the same driver that selects actors by their keys, 512 in a
// statement, one statement after the other. Nothing is decoded, no actor is made.

import { BIRTH, STATE } from './bare-database.ts'
import { actorNames, Picker } from './drive.ts'
import { openBare, startMariadb } from './private-mariadb.ts'
import type { Prepare } from './subject.ts'

const GROUP = 512

const SELECT = `SELECT revision, birth, epoch, committed_at_ms, tags, state_type, state FROM bare
  WHERE system = 'bench' AND parent = 'durable' AND name IN (${Array.from({ length: GROUP }, () => '?').join(', ')})`

export const prepare: Prepare = async ({ actors, directory }) => {
  const server = await startMariadb(directory)
  const client = await openBare(server)
  await client.query(`INSERT INTO bare SELECT 'bench', 'durable', CONCAT('actor-', seq), 1, ${BIRTH}, 1, 0, NULL,
    'type.googleapis.com/spawn.JSONType', X'${STATE.toString('hex')}' FROM seq_0_to_${actors - 1}`)
  await client.query('ANALYZE TABLE bare')
  const names = actorNames(actors)
  const picker = new Picker(actors)
  const next = (): string[] => {
    const group = new Set<number>()
    while (group.size < GROUP) group.add(picker.next())
    return [...group].map((at) => names[at]!)
  }
  return {
    round: async (durationMs) => {
      let selected = 0
      const from = performance.now()
      while (performance.now() - from < durationMs) {
        const rows = await client.execute<unknown[]>(SELECT, next())
        if (rows.length !== GROUP) throw new Error(`${GROUP} selected actors were ${rows.length} rows`)
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
