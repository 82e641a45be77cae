// The programs of a MariaDB server, for tests that start one: those that are found, else (Debian, as root) those that apt
// installs. Decides where they are, as whom they run, and keeps a data folder that was never used, which is copied for each
// server: making one takes seconds.

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface MariadbBinaries {
  readonly server: string
  /** The user that the server is to change to; null: it stays who we are. */
  readonly user: string | null
  /** A data folder that was made and never used. */
  readonly template: string
}

/** @throws Error when there is no server, and none could be installed. */
export async function mariadbBinaries(): Promise<MariadbBinaries> {
  const server = found('mariadbd', 'mysqld') ?? (await installed())
  const isRoot = userInfo().uid === 0
  const user = isRoot ? 'mysql' : null
  return { server, user, template: await templateOf(server, user) }
}

function found(...names: readonly string[]): string | null {
  const folders = [
    ...(process.env['PATH'] ?? '').split(delimiter),
    '/usr/sbin',
    '/usr/local/sbin',
    '/usr/libexec',
  ]
  const paths = names.flatMap((name) => folders.map((folder) => join(folder, name)))
  return paths.find((path) => existsSync(path)) ?? null
}

async function installed(): Promise<string> {
  const why = 'no mariadbd was found on the PATH, and none could be installed'
  if (userInfo().uid !== 0)
    throw new Error(`${why}: that takes root; install mariadb-server, or name a server by SPAWN_TEST_MARIADB`)
  console.error('MariaDB is not here: installing it with apt-get')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  try {
    await run('apt-get', ['update', '-q'], { env })
    await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'mariadb-server'], { env })
  } catch (cause) {
    throw new Error(`${why}: apt-get failed`, { cause })
  }
  const server = found('mariadbd')
  if (server === null) throw new Error(`${why}: mariadb-server brought none`)
  return server
}

async function templateOf(server: string, user: string | null): Promise<string> {
  const { stdout } = await run(server, ['--no-defaults', '--version'])
  const version = /\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? 'unknown'
  const kept = process.env['SPAWN_TEST_KEPT'] ?? tmpdir()
  const path = join(kept, `spawn-test-mariadb-${version}-${userInfo().uid}`)
  if (existsSync(path)) return path
  const install = found('mariadb-install-db', 'mysql_install_db')
  if (install === null) throw new Error('a mariadbd was found, but no mariadb-install-db beside it')
  const made = await mkdtemp(join(kept, 'spawn-test-mariadb-new-'))
  await chmod(made, 0o755)
  const asked = [
    '--no-defaults',
    `--datadir=${join(made, 'data')}`,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    '--skip-name-resolve',
    '--innodb-log-file-size=8M',
    ...(user === null ? [] : [`--user=${user}`]),
  ]
  await run(install, asked)
  try {
    await rename(join(made, 'data'), path)
  } catch (thrown) {
    // Another run was faster.
    if (!existsSync(path)) throw thrown
  }
  await rm(made, { recursive: true, force: true })
  return path
}
