// What went wrong in MariaDB or on the way to it: what it says of a statement that was under way, and the error that a
// caller is told, with what to do. Nobody else looks at MariaDB's numbers.

import { isSpawnError, messageOf, SpawnError } from '../../base/index.ts'
import { certificateAdvice, isTlsFault } from '../sql/certificates.ts'
import { ConnectionLost, type Fate, NotConnected } from '../sql/session.ts'

const ACCESS_DENIED_TO_DATABASE = 1_044
const ACCESS_DENIED = 1_045
const TOO_MANY_CONNECTIONS = 1_040
const TOO_MANY_OF_USER = 1_203
const PACKET_TOO_LARGE = 1_153
const LOCK_WAIT = 1_205
const DEADLOCK = 1_213
/** ER_OPTION_PREVENTS_STATEMENT */
export const READ_ONLY = 1_290
const INTERRUPTED = 1_317
const STATEMENT_LIMIT = 1_969
/** max_prepared_stmt_count */
const NO_ROOM_TO_PREPARE = 1_461

/** Errors with which nothing was done and the same statement may succeed, on this connection or another one. */
const PASSING: ReadonlySet<number> = new Set([
  LOCK_WAIT,
  DEADLOCK,
  TOO_MANY_CONNECTIONS,
  TOO_MANY_OF_USER,
  READ_ONLY,
  1_020, // what was read has changed meanwhile
  1_041, // out of memory
  1_135, // no thread for a session
  1_047, // a node of a cluster is not ready
  1_053, // it shuts down
  1_226, // the user has used up a limit
  1_836, // it takes no changes at the moment
])

/** The statement was stopped in the middle; its transaction may be open, or just be committed. */
const STOPPED: ReadonlySet<number> = new Set([
  INTERRUPTED,
  STATEMENT_LIMIT,
  1_927, // the connection was killed
  1_080, // it was aborted
  1_152, // it was aborted
  1_158, // the network failed
  1_159,
  1_160,
  1_161,
  1_184, // it was aborted
  1_180, // the commit failed
  1_026, // a file of its could not be written
  1_030, // the storage engine failed
  // What was to be executed was sent with it, and the server has executed whatever was prepared last in its place.
  NO_ROOM_TO_PREPARE,
])

const RIGHTS = 'grant the user the rights that docs/operations.md lists'
const DISK = 'the disk of the server is full; free some space, and calls go on'

const ADVICE: Readonly<Record<number, string>> = {
  [ACCESS_DENIED]:
    'the password is wrong, or the user does not exist or may not come from here; set the right ones',
  [ACCESS_DENIED_TO_DATABASE]: `the user may not use the database, or it does not exist; create it and ${RIGHTS}`,
  1_049: 'the database does not exist; create it, or name another one',
  1_130: 'the server does not let this host in; see from where its users may come',
  1_129: 'the server has shut this host out after many errors; run `FLUSH HOSTS`',
  1_142: `the user may not do this; ${RIGHTS}`,
  1_143: `the user may not do this; ${RIGHTS}`,
  1_227: `the user may not do this; ${RIGHTS}`,
  1_698: 'the server does not let this user in by password; see how it identifies him',
  1_146: 'a table of the store is not there; run `spawn store migrate`',
  1_054: 'a column of the store is not there; run `spawn store migrate`',
  1_021: DISK,
  1_114: DISK,
  [TOO_MANY_CONNECTIONS]:
    'it has no connection left; raise max_connections, or lower the pool size of each member',
  [TOO_MANY_OF_USER]:
    'it has no connection left for this user; raise his limit, or lower the pool size of each member',
  [NO_ROOM_TO_PREPARE]:
    'it has no room for another prepared statement; raise its max_prepared_stmt_count, or lower the pool size of each member',
  [PACKET_TOO_LARGE]: 'it does not take so much at once; raise its max_allowed_packet',
  [READ_ONLY]: 'it is read-only; name the primary, or wait until a replica has become it',
  [LOCK_WAIT]:
    'a lock did not come in time; look for a transaction that holds it, or raise the limit of a request',
  [STATEMENT_LIMIT]:
    'a statement took longer than its limit; look for what blocks or slows it down, or raise the limit of a request',
  1_665: "its binary log cannot hold what the store does; `SET GLOBAL binlog_format = 'MIXED'`",
  3_159: 'it lets nobody in without TLS; ask for a connection with it',
  4_151: 'the password of the user has expired; set a new one',
}

/** Tables or indexes that are damaged. */
const UNREADABLE: ReadonlySet<number> = new Set([1_034, 1_035, 1_194, 1_195, 1_712, 1_877, 1_932])

/** The driver's own errors begin here. */
const FIRST_OF_DRIVER = 45_000

/** Null for what MariaDB did not say. */
export function errorNumber(thrown: unknown): number | null {
  if (!(thrown instanceof Error) || !('errno' in thrown) || typeof thrown.errno !== 'number') return null
  return thrown.errno > 0 && thrown.errno < FIRST_OF_DRIVER && 'sqlState' in thrown ? thrown.errno : null
}

/** What it said, without the statement that the driver adds. */
function textOf(thrown: unknown): string {
  const said = thrown instanceof Error && 'sqlMessage' in thrown ? thrown.sqlMessage : null
  return typeof said === 'string' && said !== '' ? said : messageOf(thrown)
}

/** Whether the connection is of no more use, or a transaction may be open on it. */
export function breaksConnection(thrown: unknown): boolean {
  const number = errorNumber(thrown)
  if (number === null || STOPPED.has(number)) return true
  return thrown instanceof Error && 'fatal' in thrown && thrown.fatal === true
}

/** Whether the server takes no commits any more. */
export function isReadOnly(thrown: unknown): boolean {
  return errorNumber(thrown) === READ_ONLY
}

/** What became of the statement that ended with this. */
export function fateOf(thrown: unknown): Fate {
  if (thrown instanceof NotConnected) return thrown.mayComeBack ? 'again' : 'final'
  if (thrown instanceof BlockRefused) return thrown.fate
  if (thrown instanceof ConnectionLost) return 'unknown'
  const number = errorNumber(thrown)
  if (number === null) return 'final'
  if (breaksConnection(thrown)) return number === TOO_MANY_CONNECTIONS ? 'again' : 'unknown'
  return PASSING.has(number) ? 'again' : 'final'
}

/** A block that ended by itself without being applied. */
export class BlockRefused extends Error {
  override readonly name = 'BlockRefused'
  readonly fate: Fate

  constructor(fate: Fate, message: string) {
    super(message)
    this.fate = fate
  }
}

/** Whether a connection that failed to open may open later. */
export function mayOpenLater(thrown: unknown): boolean {
  const number = errorNumber(thrown)
  if (number !== null) return PASSING.has(number) || STOPPED.has(number)
  // What TLS refuses stays refused; names may be unknown for a moment, ports closed.
  return !isTlsFault(thrown) && !isTlsRefusal(thrown)
}

export function isExhausted(thrown: unknown): boolean {
  const number = errorNumber(thrown instanceof NotConnected ? thrown.cause : thrown)
  return number === TOO_MANY_CONNECTIONS || number === TOO_MANY_OF_USER
}

/** Any failure as what the caller is told. */
export function storeError(address: string, thrown: unknown, what = ''): SpawnError {
  if (isSpawnError(thrown)) return thrown
  const isWrapped =
    (thrown instanceof NotConnected || thrown instanceof ConnectionLost) && thrown.cause !== undefined
  const reason = isWrapped ? thrown.cause : thrown
  const number = errorNumber(reason)
  const options = { cause: thrown, details: { address, ...(number !== null && { errno: number }) } }
  const end = what === '' ? '' : `; ${what}`
  if (number !== null && UNREADABLE.has(number)) {
    const message = `the MariaDB at ${address} says that data is damaged: ${textOf(reason)}; restore a backup`
    return new SpawnError('STATE_UNREADABLE', message, options)
  }
  const advice = adviceFor(reason, number)
  if (advice !== null)
    return new SpawnError('STORE_UNAVAILABLE', `the MariaDB at ${address}: ${advice}${end}`, options)
  if (number !== null && fateOf(reason) === 'final') {
    const message = `the MariaDB at ${address} refused a statement of the store (${number}): ${textOf(reason)}`
    return new SpawnError('DEFECT', message, options)
  }
  const verb = thrown instanceof NotConnected && !thrown.mayComeBack ? 'cannot be used' : 'cannot be reached'
  return new SpawnError(
    'STORE_UNAVAILABLE',
    `the MariaDB at ${address} ${verb}: ${textOf(reason)}${end}`,
    options,
  )
}

function adviceFor(thrown: unknown, number: number | null): string | null {
  if (number !== null) return ADVICE[number] ?? null
  if (isTlsRefusal(thrown))
    return 'it does not speak TLS; give it a certificate, or ask for a connection without'
  return certificateAdvice(thrown)
}

function isTlsRefusal(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ER_SERVER_SSL_DISABLED'
}
