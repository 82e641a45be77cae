// Where the sockets of one program lie: a folder that nobody else may look into. Decides where it is, for a path of a socket
// must be short.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SpawnError } from '../base/index.ts'

/** The kernel's limit of a socket's path, and what stands in it behind the folder. */
const MAX_PATH_BYTES = 103
const NAME_BYTES = 32

export interface SocketFolder {
  readonly path: string
  remove(): Promise<void>
}

/**
 * Makes one, for this user only.
 *
 * @param parents where it may be; the first that leaves a path short enough.
 * @throws SpawnError INVALID_ARGUMENT when none does.
 */
export async function socketFolder(parents: readonly string[] = [tmpdir(), '/tmp']): Promise<SocketFolder> {
  const parent = parents.find(
    (one) => Buffer.byteLength(join(one, 'spawn-XXXXXX')) <= MAX_PATH_BYTES - NAME_BYTES,
  )
  if (parent === undefined) {
    const message = `${parents.join(' and ')}: the paths of sockets would be too long there; name a shorter folder in TMPDIR`
    throw new SpawnError('INVALID_ARGUMENT', message)
  }
  // mkdtemp makes it with mode 0700.
  const path = await mkdtemp(join(parent, 'spawn-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}
