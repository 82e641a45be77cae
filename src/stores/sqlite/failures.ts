// What went wrong in SQLite, as an error that says what to do. Decides the code; nobody else looks at SQLite's numbers.

import { isSpawnError, messageOf, SpawnError } from '../../base/index.ts'

// SQLite's primary result codes.
const PERM = 3
const BUSY = 5
const LOCKED = 6
const READONLY = 8
const IOERR = 10
const CORRUPT = 11
const FULL = 13
const CANTOPEN = 14
const AUTH = 23
const NOTADB = 26
/** An extended code: the file system refuses the lock, for want of a right or of the ability. */
const IOERR_LOCK = IOERR | (15 << 8)

const UNAVAILABLE: Readonly<Record<number, string>> = {
  [PERM]: 'access is refused; give this user the right to read and write the file and its folder',
  [AUTH]: 'access is refused; give this user the right to read and write the file and its folder',
  [READONLY]: 'it is read-only; make the file, its folder and its disk writable, and calls go on',
  [IOERR]: 'the disk failed to read or write; look after the disk, and calls go on when it works again',
  [FULL]: 'the disk is full; free some space, and calls go on',
  [IOERR_LOCK]:
    'it cannot be locked; make the file, its folder and its disk writable, and keep it on a file system that has locks',
  [CANTOPEN]: 'it cannot be opened; see that its folder exists, is writable, and that the path names a file',
}

const UNREADABLE: Readonly<Record<number, string>> = {
  [CORRUPT]:
    'it is damaged; stop, keep a copy of it and of its -wal file, and restore a backup or try `sqlite3 .recover`',
  [NOTADB]: 'it is no SQLite database; if another program wrote it, name another file for the store',
}

/** Null for what does not come from SQLite. */
function resultCode(thrown: unknown): number | null {
  if (!(thrown instanceof Error) || !('errcode' in thrown) || typeof thrown.errcode !== 'number') return null
  return thrown.errcode === IOERR_LOCK ? IOERR_LOCK : thrown.errcode & 0xff
}

/** Whether another process, or another store of this one, has the file open. */
export function isLocked(thrown: unknown): boolean {
  const code = resultCode(thrown)
  return code === BUSY || code === LOCKED
}

/** Whether what was written last may have got lost on its way to the disk. */
export function isDiskFailure(thrown: unknown): boolean {
  return resultCode(thrown) === IOERR
}

/** Whether something in the file is not as it was written: asked again, it is no better. */
export function isDamage(thrown: unknown): boolean {
  return isSpawnError(thrown) ? thrown.code === 'STATE_UNREADABLE' : resultCode(thrown) === CORRUPT
}

/** @param isOurs whether a store of this process has it open. */
export function lockedError(file: string, waitedMs: number, isOurs = false, cause?: unknown): SpawnError {
  const [who, advice] = isOurs
    ? ['by this process itself, in another store', 'stop the system that has it, or name another file']
    : ['by another process', 'stop that process, or give this one a file of its own']
  const message = `the store file ${file} is in use ${who}, and still was after ${waitedMs} ms: ${advice}`
  return new SpawnError('STORE_UNAVAILABLE', message, { cause, details: { file } })
}

/** Any failure in the store's thread, as what the caller is told. */
export function storeError(file: string, thrown: unknown): SpawnError {
  if (isSpawnError(thrown)) return thrown
  const options = { cause: thrown, details: { file } }
  const code = resultCode(thrown)
  if (code === null)
    return new SpawnError('DEFECT', `the store of ${file} broke: ${messageOf(thrown)}`, options)
  if (isLocked(thrown)) return lockedError(file, 0, false, thrown)
  const reading = UNREADABLE[code]
  if (reading !== undefined)
    return new SpawnError('STATE_UNREADABLE', `the store file ${file}: ${reading}`, options)
  const advice = UNAVAILABLE[code] ?? `SQLite failed: ${messageOf(thrown)}`
  return new SpawnError('STORE_UNAVAILABLE', `the store file ${file}: ${advice}`, options)
}
