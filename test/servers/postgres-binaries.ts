// The programs of a Postgres server, for tests that start one: those that are found, else (Debian, as root) those that apt
// installs. Decides where they are, and as whom they run.

import { execFileSync } from 'node:child_process'
import { accessSync, constants, globSync, realpathSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { install } from './apt.ts'

/** The folder that has `postgres` and `initdb`. @throws Error when there is none, and none could be installed. */
export function postgresBinaries(): string {
  const wanted = { name: 'Postgres', package: 'postgresql', variable: 'SPAWN_TEST_POSTGRES' }
  return findBinaries() ?? install({ ...wanted, find: findBinaries })
}

export interface Owner {
  readonly uid?: number
  readonly gid?: number
}

/** Postgres refuses to run as root. */
export function ownerOfServers(): Owner {
  if (process.getuid?.() !== 0) return {}
  for (const user of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = ['-u', '-g'].map((flag) =>
        Number(execFileSync('id', [flag, user], { stdio: 'pipe' })),
      )
      if (uid !== undefined && gid !== undefined) return { uid, gid }
    } catch {
      // The next one may be there.
      continue
    }
  }
  throw new Error('Postgres does not run as root, and there is no user `postgres` or `nobody` to run it as')
}

/** The folder that has `postgres` and `initdb`. */
function findBinaries(): string | null {
  const { PATH = '' } = process.env
  const folders = [
    ...PATH.split(delimiter),
    ...globSync('/usr/lib/postgresql/*/bin').toSorted().toReversed(),
    ...globSync('/{opt/homebrew,usr/local}/opt/postgresql*/bin'),
    '/usr/local/pgsql/bin',
  ]
  for (const folder of folders) {
    if (!isExecutable(join(folder, 'postgres'))) continue
    const real = dirname(realpathSync(join(folder, 'postgres')))
    if (isExecutable(join(real, 'initdb'))) return real
  }
  return null
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
