// What the store asks of a MariaDB server: a version that it knows, and settings under which an acknowledged commit is on
// the disk. Decides what a session is set to, which servers are refused, and what an operator is told to do. What holds must
// not depend silently on how a server is set up.

import { NotConnected } from '../sql/session.ts'

/** What a session learns of its server. */
export interface ServerFacts {
  /** The most that it takes in one statement. */
  readonly packetBytes: number
  /** What an operator should know. */
  readonly warnings: readonly string[]
}

/** Below that, the largest payload does not go over in one statement. */
const LEAST_PACKET_BYTES = 16 * 1_024 * 1_024

export const ISOLATION = 'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED'

/**
 * What a session is set to, however the server is: what cannot be stored as it is is an error, and a lock that does not
 * come is given up well before its statement is. The time of a statement is limited on our side: the server would stop it in
 * the middle, see json-rows.ts. A transaction whose client is gone without a word holds its locks no longer than that.
 */
export function sessionSettings(requestMs: number): string {
  const lockSeconds = Math.max(1, Math.floor(requestMs / 2_000))
  return `SET SESSION autocommit = 1, SESSION completion_type = 0, SESSION sql_select_limit = DEFAULT,
    SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',
    SESSION innodb_lock_wait_timeout = ${lockSeconds}, SESSION lock_wait_timeout = ${lockSeconds},
    SESSION idle_write_transaction_timeout = ${Math.ceil(requestMs / 1_000)},
    SESSION max_statement_time = 0`
}

const FACTS = [
  'binlog_format',
  'innodb_doublewrite',
  'innodb_flush_log_at_trx_commit',
  'log_bin',
  'max_allowed_packet',
  'max_prepared_stmt_count',
  'read_only',
  'sync_binlog',
  'version',
  'wsrep_on',
] as const

/** Whether the server takes no commits, as SQL. What MariaDB 12 says in words, those before it say in numbers. */
export const IS_READ_ONLY = "CONCAT(@@GLOBAL.read_only) NOT IN ('0', 'OFF')"

/** Not every build has all of them. */
export const SERVER_FACTS = `SELECT LOWER(variable_name), variable_value FROM information_schema.global_variables
  WHERE variable_name IN (${FACTS.map((name) => `'${name}'`).join(', ')})`

/** Statements that a connection has prepared at most: as many as the driver keeps. */
const PREPARED = 256

const LOST_TOGETHER =
  'a commit is not on the disk of any node of this Galera cluster when it is acknowledged: it is lost if all of them lose ' +
  'power at once'
const TORN_PAGES =
  'innodb_doublewrite is off: what a loss of power leaves half written cannot be read again, unless its file system writes ' +
  'pages as a whole; set innodb_doublewrite = ON in its configuration'

/** One that has no room to prepare a statement refuses it, and what it was for waits. */
function noRoom(count: number, needed: number): string {
  return (
    `max_prepared_stmt_count is ${count}, and the connections of this process alone may prepare ${needed} statements: without room ` +
    `for them requests fail; SET GLOBAL max_prepared_stmt_count = 16382, or ${PREPARED} for each connection of all processes`
  )
}

/**
 * @param rows of SERVER_FACTS.
 * @param connections that this process opens at most.
 * @throws NotConnected for a server that the store must not use.
 */
export function readFacts(rows: readonly (readonly unknown[])[], connections: number): ServerFacts {
  const facts = new Map(rows.map(([name, value]) => [String(name), String(value)]))
  const is = (name: (typeof FACTS)[number], ...values: readonly string[]): boolean =>
    values.includes(facts.get(name) ?? '')
  checkVersion(facts.get('version') ?? '')
  if (!is('read_only', 'OFF', '0', ''))
    throw new NotConnected(
      'it is read-only: a replica, or one that is to become one; name the primary, or wait until it has become it',
      true,
    )
  if (is('log_bin', 'ON') && is('binlog_format', 'STATEMENT'))
    throw refused('its binary log cannot hold what the store does', "SET GLOBAL binlog_format = 'MIXED'")
  const isReplicated = is('wsrep_on', 'ON')
  const isFlushed = is('innodb_flush_log_at_trx_commit', '1', '3')
  // The binary log decides which transactions are brought back after a loss of power: what it has not on its disk yet, is gone.
  const isLogged = is('log_bin', 'OFF', '') || is('sync_binlog', '1')
  if (!isFlushed && !isReplicated)
    throw refused(
      'it acknowledges what is not on its disk yet',
      'SET GLOBAL innodb_flush_log_at_trx_commit = 1',
    )
  if (!isLogged && !isReplicated)
    throw refused('its binary log is not on its disk when it acknowledges', 'SET GLOBAL sync_binlog = 1')
  const packetBytes = Number(facts.get('max_allowed_packet'))
  if (packetBytes < LEAST_PACKET_BYTES)
    throw refused('it does not take large states', `SET GLOBAL max_allowed_packet = ${LEAST_PACKET_BYTES}`)
  const prepared = Number(facts.get('max_prepared_stmt_count'))
  const needed = connections * PREPARED
  return {
    packetBytes,
    warnings: [
      ...(prepared < needed ? [noRoom(prepared, needed)] : []),
      ...(isFlushed && isLogged ? [] : [LOST_TOGETHER]),
      ...(is('innodb_doublewrite', 'OFF', '0') ? [TORN_PAGES] : []),
    ],
  }
}

function checkVersion(version: string): void {
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(version) ?? []
  const isOld = Number(major) < 10 || (Number(major) === 10 && Number(minor) < 6)
  if (!version.includes('MariaDB'))
    throw new NotConnected(`it is no MariaDB, but ${version}; the store needs MariaDB 10.6 or later`, false)
  if (isOld) throw new NotConnected(`it is MariaDB ${version}; the store needs 10.6 or later`, false)
}

function refused(what: string, remedy: string): NotConnected {
  return new NotConnected(
    `${what}: \`${remedy}\`, and set the same in its configuration; then open new connections`,
    false,
  )
}
