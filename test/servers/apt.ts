// Installs what a test needs and the machine has not: on Debian, as root. Decides that one process installs at a time, the
// other ones wait for it; what is installed, and where it is found then, is for who asks.

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** Whose lock serves for a whole machine: files of several test runs may come here at the same time. */
const LOCK = '/tmp/spawn-test-apt.lock'
/** How long another program's apt is waited for, in seconds. */
const PATIENCE_S = 120
/**
 * Updating takes another lock than installing, one that apt does not wait for. And an install that was cut off, by Ctrl-C say,
 * is first brought to its end.
 */
const SCRIPT = `
  left=${PATIENCE_S}
  until apt-get update -q; do
    left=$((left - 1)); [ "$left" -gt 0 ] || exit 1
    sleep 1
  done
  dpkg --configure -a
  exec apt-get -o DPkg::Lock::Timeout=${PATIENCE_S} install -qy --fix-broken --no-install-recommends "$1"`

export interface Missing {
  /** As people call it. */
  readonly name: string
  readonly package: string
  /** What names a server that is used instead. */
  readonly variable: string
  /** Where it is; null: not here. */
  readonly find: () => string | null
}

/** @returns what `find` finds. @throws Error when nothing can be installed, or it is not found then either. */
export function install({ find, name, package: wanted, variable }: Missing): string {
  const how = `install ${wanted}, or name a server in ${variable}`
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get'))
    throw new Error(`there is no ${name} here: ${how}`)
  console.error(`${name} is not here: installing it with apt-get`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  try {
    execFileSync('flock', [LOCK, 'sh', '-c', SCRIPT, 'sh', wanted], {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  } catch (cause) {
    // Whoever waited for the lock may find that another one was faster.
    const found = find()
    if (found !== null) return found
    throw new Error(`apt-get could not install ${wanted}: ${how}`, { cause })
  }
  const found = find()
  if (found === null) throw new Error(`apt-get has installed no ${name} that is found: ${how}`)
  return found
}
