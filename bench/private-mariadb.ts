// The MariaDB that is measured: a private server with its own settings for a database that keeps its promises (it syncs
// every commit), on the disk that is measured, and a connection for the bare loops beside the store's.

import { chmod } from 'node:fs/promises'
import { dirname } from 'node:path'

import * as mariadb from 'mariadb'

import { PrivateMariadb } from '../test/servers/mariadb.ts'

const SETTINGS = [
  '--innodb-flush-method=O_DIRECT',
  '--innodb-buffer-pool-size=3G',
  '--innodb-log-file-size=1G',
  '--max-allowed-packet=64M',
]

export const DATABASE = 'bench'

export async function startMariadb(directory: string): Promise<PrivateMariadb> {
  // The server runs as another user, who has to come by.
  for (const folder of [dirname(directory), directory]) await chmod(folder, 0o711)
  const server = await PrivateMariadb.start(SETTINGS, directory)
  await server.query(`CREATE DATABASE ${DATABASE}`)
  return server
}

/** One session, with the table that the store has for the latest revisions of actors. */
export async function openBare(server: PrivateMariadb): Promise<mariadb.Connection> {
  const connection = await mariadb.createConnection({
    ...server.address,
    database: DATABASE,
    rowsAsArray: true,
    bigIntAsNumber: true,
    foundRows: false,
  })
  await connection.query(`CREATE TABLE bare (
    system VARBINARY(512) NOT NULL, parent VARBINARY(512) NOT NULL, name VARBINARY(512) NOT NULL,
    revision BIGINT NOT NULL, birth BIGINT NOT NULL, epoch BIGINT NOT NULL, committed_at_ms BIGINT NOT NULL,
    tags LONGBLOB, state_type BLOB, state LONGBLOB, PRIMARY KEY (system, parent, name)) ENGINE = InnoDB`)
  return connection
}
