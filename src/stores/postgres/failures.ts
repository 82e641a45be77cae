// What went wrong in Postgres or on the way to it: what it says of a statement that was under way, and the error that a caller is told, with
// what to do. Nobody else looks at Postgres' codes.

import { isSpawnError, messageOf, SpawnError } from '../../base/index.ts'
import { certificateAdvice, isTlsFault } from '../sql/certificates.ts'
import { ConnectionLost, type Fate, NotConnected } from '../sql/session.ts'
import { LANE_LOST, NEEDS_NOT_MET } from './commit-functions.ts'

const READ_ONLY = '25006'
const UNIQUE_VIOLATION = '23505'
const QUERY_CANCELED = '57014'
const TOO_MANY_CONNECTIONS = '53300'

/** Errors after which nothing was done and the same statement may succeed, on this connection or another one. */
const PASSING: ReadonlySet<string> = new Set([
  '40001', // could not be serialised
  '40P01', // deadlock
  '55P03', // a lock is not available
  READ_ONLY, // this is a standby, or was made one
  '26000', // a pooler between us does not know the prepared statement
  '0A000', // a prepared statement from before a migration
  '53200', // out of memory
  TOO_MANY_CONNECTIONS,
  '57P03', // starting up, or shutting down
])

/** Of those, the ones that the next statement on the same connection would meet again. */
const SESSION_ENDING: ReadonlySet<string> = new Set([READ_ONLY, '26000', '0A000'])

const ADVICE: Readonly<Record<string, string>> = {
  '28P01': 'the password is wrong, or the user does not exist; set the right ones',
  '28000': 'the server does not let this user in; see its pg_hba.conf, and whether it asks for TLS',
  '3D000': 'the database does not exist; create it, or name another one',
  '3F000': 'the schema spawn is not there; run `spawn store migrate`',
  '42P01': 'a table of the store is not there; run `spawn store migrate`',
  '42883': 'a function of the store is not there; run `spawn store migrate`',
  '42501':
    'the user may not do this; grant it the rights that docs/operations.md lists, or make it the owner of the schema spawn',
  '53100': 'the disk of the server is full; free some space, and calls go on',
  '53200': 'the server is out of memory; calls go on when it has some again',
  '58030': 'the disk of the server failed; look after it, and calls go on when it works again',
  [TOO_MANY_CONNECTIONS]:
    'it has no connection left for this user; raise max_connections, or lower the pool size of each member',
  [READ_ONLY]: 'it is read-only; name the primary, or wait until a standby has become it',
  [QUERY_CANCELED]:
    'a statement took longer than its limit; look for what blocks or slows it down, or raise the limit',
}

const UNREADABLE: ReadonlySet<string> = new Set(['XX001', 'XX002'])

/** Null for what Postgres did not say. */
export function sqlState(thrown: unknown): string | null {
  if (!(thrown instanceof Error) || !('severity' in thrown) || !('code' in thrown)) return null
  return typeof thrown.code === 'string' ? thrown.code : null
}

/**
 * Whether the connection is of no more use: Postgres ended the session, or has statements prepared on it that no longer hold.
 */
export function endsSession(thrown: unknown): boolean {
  const state = sqlState(thrown)
  return state !== null && (isFatal(thrown) || SESSION_ENDING.has(state))
}

function isFatal(thrown: unknown): boolean {
  return thrown instanceof Error && 'severity' in thrown && thrown.severity !== 'ERROR'
}

/** Whether the server takes no commits any more. */
export function isReadOnly(thrown: unknown): boolean {
  return sqlState(thrown) === READ_ONLY
}

/** What became of the statement that ended with this. */
export function fateOf(thrown: unknown): Fate {
  if (thrown instanceof NotConnected) return thrown.mayComeBack ? 'again' : 'final'
  if (thrown instanceof ConnectionLost) return 'unknown'
  const state = sqlState(thrown)
  if (state === null) return 'final'
  // A session that is ended may have been about to say that the statement is committed.
  if (isFatal(thrown) || state === '40003' || state.startsWith('08')) return 'unknown'
  if (state === NEEDS_NOT_MET || state === UNIQUE_VIOLATION) return 'refused'
  if (state === LANE_LOST) return 'laneLost'
  return PASSING.has(state) ? 'again' : 'final'
}

/** Whether a connection that failed to open may open later. */
export function mayOpenLater(thrown: unknown): boolean {
  const state = sqlState(thrown)
  if (state !== null) return PASSING.has(state) || state.startsWith('08') || state.startsWith('57P')
  // What TLS refuses stays refused, and so does a password; names may be unknown for a moment, ports closed.
  return !isTlsFault(thrown) && !isTlsRefusal(thrown) && !isPasswordRefusal(thrown)
}

export function isExhausted(thrown: unknown): boolean {
  return thrown instanceof NotConnected && sqlState(thrown.cause) === TOO_MANY_CONNECTIONS
}

/** Any failure as what the caller is told. */
export function storeError(address: string, thrown: unknown, what = ''): SpawnError {
  if (isSpawnError(thrown)) return thrown
  const reason = thrown instanceof NotConnected && thrown.cause !== undefined ? thrown.cause : thrown
  const state = sqlState(reason)
  const details = { address, ...(state !== null && { sqlState: state }) }
  const options = { cause: thrown, details }
  const end = what === '' ? '' : `; ${what}`
  if (state !== null && UNREADABLE.has(state)) {
    const message = `the Postgres at ${address} says that data is damaged: ${messageOf(reason)}; restore a backup`
    return new SpawnError('STATE_UNREADABLE', message, options)
  }
  const advice = adviceFor(reason, state)
  if (advice !== null)
    return new SpawnError('STORE_UNAVAILABLE', `the Postgres at ${address}: ${advice}${end}`, options)
  if (state !== null && fateOf(reason) === 'final') {
    const message = `the Postgres at ${address} refused a statement of the store (${state}): ${messageOf(reason)}`
    return new SpawnError('DEFECT', message, options)
  }
  const message = `the Postgres at ${address} cannot be reached: ${messageOf(reason)}${end}`
  return new SpawnError('STORE_UNAVAILABLE', message, options)
}

function adviceFor(thrown: unknown, state: string | null): string | null {
  if (state !== null) return ADVICE[state] ?? null
  if (isPasswordRefusal(thrown)) return ADVICE['28P01'] ?? null
  if (isTlsRefusal(thrown))
    return 'it does not speak TLS; switch its `ssl` on, or ask for a connection without'
  return certificateAdvice(thrown)
}

/** The driver finds a password wrong before the server does: none where one is asked for. */
function isPasswordRefusal(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.message.startsWith('SASL: ')
}

function isTlsRefusal(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.message === 'The server does not support SSL connections'
}
