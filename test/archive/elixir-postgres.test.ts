// The actors of Spawn's Elixir runtime, taken over from a real Postgres server.
import { after } from 'node:test'
import { endPostgres, postgresServer } from '../servers/postgres.ts'
import type { ElixirDatabase, Saved } from './elixir.ts'
import { elixirCases } from './elixir-cases.ts'

const COLUMNS = `actor varchar(255), system varchar(255), status varchar(255), node varchar(255), revision integer DEFAULT 0,
  tags jsonb, data_type varchar(255), data bytea`
const TIMES = 'inserted_at timestamp(6) without time zone, updated_at timestamp(6) without time zone'
const TABLES = `
  CREATE TABLE snapshots (id bigint PRIMARY KEY, ${COLUMNS}, ${TIMES});
  CREATE TABLE historical_snapshots (historical_id bigserial PRIMARY KEY, actor_id bigint, ${COLUMNS},
    valid_from timestamp(6), valid_to timestamp(6), ${TIMES})`

let count = 0

async function open(): Promise<ElixirDatabase> {
  const server = await postgresServer()
  const database = `eigr_${process.pid}_${(count += 1)}`
  await server.query(`CREATE DATABASE ${database}`)
  const query = (text: string, values?: unknown[]): Promise<unknown[]> => server.query(text, values, database)
  await query(TABLES)
  const { host, password, port, user } = server.address
  const remember = (id: number, atMs: number): Promise<unknown> =>
    query(
      `INSERT INTO historical_snapshots (actor_id, actor, system, revision, tags, data_type, data, valid_from, valid_to,
         inserted_at, updated_at)
       SELECT id, actor, system, revision, tags, data_type, data, updated_at, $2, inserted_at, updated_at
       FROM snapshots WHERE id = $1`,
      [id, timestamp(atMs)],
    )
  return {
    url: `postgres://${user}:${encodeURIComponent(password)}@${host}:${port}/${database}`,
    save: async ({ actor, atMs, data, dataType, id, revision, system, tags }: Saved) => {
      await remember(id, atMs)
      await query(
        `INSERT INTO snapshots (id, actor, system, status, node, revision, tags, data_type, data, inserted_at, updated_at)
         VALUES ($1, $2, $3, 'UNSET', 'node@host', $4, $5, $6, $7, $8, $8)
         ON CONFLICT (id) DO UPDATE SET actor = excluded.actor, system = excluded.system, revision = excluded.revision,
           tags = excluded.tags, data_type = excluded.data_type, data = excluded.data, updated_at = excluded.updated_at`,
        [id, actor, system, revision, JSON.stringify(tags), dataType, data, timestamp(atMs)],
      )
    },
    remove: async (id, atMs) => {
      await remember(id, atMs)
      await query('DELETE FROM snapshots WHERE id = $1', [id])
    },
    dropPast: async () => void (await query('DROP TABLE historical_snapshots')),
    end: async () => void (await server.query(`DROP DATABASE ${database} WITH (FORCE)`)),
  }
}

/** UTC, as the runtime writes it. */
function timestamp(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, -1)
}

elixirCases('Postgres', open)
after(endPostgres)
