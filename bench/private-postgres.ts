// The Postgres that is measured: a private server with its own settings for a database that keeps its promises (it syncs
// every commit), on the disk that is measured, and a connection for the bare loops beside the store's.

import { chmod } from 'node:fs/promises'
import { dirname } from 'node:path'

import { Client } from 'pg'

import { PrivatePostgres } from '../test/servers/postgres.ts'

const SETTINGS = ['fsync = on', 'full_page_writes = on', 'shared_buffers = 2GB', 'max_wal_size = 4GB']

export async function startPostgres(directory: string): Promise<PrivatePostgres> {
  // The server runs as another user, who has to come by.
  for (const folder of [dirname(directory), directory]) await chmod(folder, 0o711)
  return PrivatePostgres.start(SETTINGS, directory)
}

/** One session, with the table that the store has for the latest revisions of actors. */
export async function openBare(server: PrivatePostgres): Promise<Client> {
  const client = new Client({ ...server.address, database: 'postgres' })
  await client.connect()
  await client.query(`CREATE TABLE bare (
    system bytea NOT NULL, parent bytea NOT NULL, name bytea NOT NULL, revision int8 NOT NULL, birth int8 NOT NULL,
    epoch int8 NOT NULL, committed_at_ms int8 NOT NULL, tags bytea, state_type bytea, state bytea,
    PRIMARY KEY (system, parent, name)) WITH (fillfactor = 70)`)
  return client
}
