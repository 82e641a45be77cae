// The programs of a MariaDB server, for tests that start one: those that are found, else (Debian, as root) those that apt
// installs. Decides where they are, as whom they run, and keeps a data folder that was never used, which is copied for each
// server: making one takes seconds.

import { execFile, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { install } from './apt.ts'

const run = promisify(execFile)

export interface MariadbBinaries {
  readonly server: string
  /** The user that the server is to change to; null: it stays who we are. */
  readonly user: string | null
  /** A data folder that was made and never used. */
  readonly template: string
}

/** It does not run as root. */
const USER = 'mysql'
const WANTED = { name: 'MariaDB', package: 'mariadb-server', variable: 'SPAWN_TEST_MARIADB' }

/** @throws Error when there is no server, and none could be installed. */
export async function mariadbBinaries(): Promise<MariadbBinaries> {
  const user = userInfo().uid === 0 ? USER : null
  // Where an install was cut off there is a server, and nobody to run it as.
  const find = (): string | null => (user === null || isUser(user) ? found('mariadbd', 'mysqld') : null)
  const server = find() ?? install({ ...WANTED, find })
  return { server, user, template: await templateOf(server, user) }
}

function isUser(name: string): boolean {
  return spawnSync('id', ['-u', name], { stdio: 'ignore' }).status === 0
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

async function templateOf(server: string, user: string | null): Promise<string> {
  const { stdout } = await run(server, ['--no-defaults', '--version'])
  const version = /\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? 'unknown'
  const kept = process.env['SPAWN_TEST_KEPT'] ?? tmpdir()
  const path = join(kept, `spawn-test-mariadb-${version}-${userInfo().uid}`)
  if (existsSync(path)) return path
  const installDb = found('mariadb-install-db', 'mysql_install_db')
  if (installDb === null) throw new Error('a mariadbd was found, but no mariadb-install-db beside it')
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
  try {
    // A run's own folder for what is temporary is not that user's to write to.
    await run(installDb, asked, { env: { ...process.env, TMPDIR: kept } })
    await rename(join(made, 'data'), path)
  } catch (thrown) {
    // Another run was faster.
    if (!existsSync(path)) throw thrown
  } finally {
    await rm(made, { recursive: true, force: true })
  }
  return path
}
