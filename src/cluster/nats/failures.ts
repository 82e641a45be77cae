// What goes wrong with NATS, as errors that say what to do. Nothing of what identifies the member to the server is in them.

import { messageOf, SpawnError } from '../../base/index.ts'
import type { NatsIdentity, NatsSettings } from './settings.ts'

const REMEDIES: Readonly<Record<NatsIdentity['kind'], string>> = {
  password: 'check the user and the password',
  token: 'check the token',
  nkey: 'check that its NKEY is known to the server',
  credentials: 'check the credentials: they may have expired, or be of another account',
  jwt: 'check the JWT: it may have expired, or need a seed',
}

/** Why no connection was made. */
export function connectFailure(settings: NatsSettings, thrown: unknown): SpawnError {
  const text = messageOf(thrown)
  const where = `NATS at ${settings.servers.join(', ')}`
  const failure = (problem: string, retryable: boolean): SpawnError =>
    new SpawnError('MEMBER_UNAVAILABLE', `${where} ${problem}`, { cause: thrown, retryable })
  if (nameOf(thrown) === 'AuthorizationError' || nameOf(thrown) === 'UserAuthenticationExpiredError') {
    const { identity } = settings
    const remedy = identity === null ? 'name a user and password, a token, or a key' : REMEDIES[identity.kind]
    return failure(`does not let this member in (${text}): ${remedy}`, false)
  }
  if (/does not support 'tls'/.test(text))
    return failure(
      'offers no TLS, and the settings ask for it: set the server up for it, or ask without',
      false,
    )
  if (/certificate|self-signed|altnames|unable to verify/i.test(text))
    return failure(
      `shows a certificate that is not trusted (${text}): name the authority that has signed it`,
      false,
    )
  if (/SSL|TLS|handshake|alert/i.test(text))
    return failure(
      `and this member do not agree on TLS (${text}): does it want a certificate of this member?`,
      false,
    )
  if (/seed|nkey|credentials|decode|checksum/i.test(text))
    return failure(
      'cannot be asked: the key of this member cannot be read; is it a seed, or a credentials file?',
      false,
    )
  const { tls } = settings
  const certificate =
    tls?.cert === undefined && tls !== null ? '; does it want a certificate of this member' : ''
  return failure(`cannot be reached (${text}): is it running, and is this its address${certificate}?`, true)
}

/** Why a request to JetStream failed. `mayHaveHappened`: what it was to change may be changed. */
export function requestFailure(what: string, thrown: unknown, mayHaveHappened: boolean): SpawnError {
  const details = { mayHaveHappened }
  const failure = (problem: string, retryable: boolean): SpawnError =>
    new SpawnError('MEMBER_UNAVAILABLE', `${what}: ${problem}`, { cause: thrown, retryable, details })
  const reason = reasonOf(thrown)
  if (nameOf(reason) === 'NoResponders')
    return failure(
      'the NATS server has no JetStream, which keeps the leases of members: start it with it',
      false,
    )
  if (nameOf(reason) === 'PermissionViolationError')
    return failure(
      `NATS does not permit it (${messageOf(reason)}): see docs/operations.md for what a member needs`,
      false,
    )
  if (nameOf(reason) === 'TimeoutError') return failure('NATS has not answered in time', true)
  return failure(messageOf(reason), true)
}

/** What JetStream says to accounts that may not use it. */
const NO_JETSTREAM = 10_039

/** Told by JetStream itself. */
export function refusal(what: string, code: number, description: string): SpawnError {
  const isDisabled = code === NO_JETSTREAM
  const hint = isDisabled ? ': enable JetStream for the account of this member' : ''
  const message = `${what}: JetStream refuses it (${description})${hint}`
  return new SpawnError('MEMBER_UNAVAILABLE', message, {
    details: { mayHaveHappened: false, jetstream: code },
    retryable: !isDisabled,
  })
}

/** The library wraps what a request failed by, to keep the stack of who asked. */
function reasonOf(thrown: unknown): unknown {
  return thrown instanceof Error && thrown.name === 'RequestError' && thrown.cause !== undefined
    ? thrown.cause
    : thrown
}

function nameOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : ''
}
