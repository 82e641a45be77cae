// How a call of another system has ended: what its answer says, or why there is none. Other runtimes answer failures with
// plain text; that is understood.

import { isSpawnError, messageOf, SpawnError } from '../../base/index.ts'
import { type Packed, readCallAnswer } from '../../protocol/index.ts'

/** Who was called. */
export interface Called {
  readonly system: string
  readonly name: string
  readonly action: string
}

/** As much as a message quotes of a text that another runtime has answered with. */
const QUOTED_CHARACTERS = 300

/**
 * The response; undefined: none.
 *
 * @throws SpawnError what the answer tells of.
 */
export function readReply(called: Called, bytes: Uint8Array): Packed | undefined {
  try {
    return readCallAnswer(bytes)
  } catch (thrown) {
    if (isSpawnError(thrown)) throw thrown
    const told = plainText(bytes)
    const problem =
      told === null
        ? `was answered with what is no InvocationResponse (${messageOf(thrown)})`
        : `has failed: ${told}`
    throw new SpawnError(
      told === null ? 'HOST_MALFORMED' : 'ACTION_FAILED',
      `${calledText(called)} ${problem}`,
    )
  }
}

/** Null: the bytes are no text that people could read. */
function plainText(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes).trim()
    // oxlint-disable-next-line no-control-regex -- bytes of a message that is none
    return text === '' || /[\u0000-\u0008\u000e-\u001f]/.test(text) ? null : text.slice(0, QUOTED_CHARACTERS)
  } catch {
    return null
  }
}

/** A call that did not get an answer, as its caller reads it. `wasSent`: nobody knows whether it has run. */
export function failedCall(called: Called, thrown: unknown, wasSent: boolean, timeoutMs = 0): SpawnError {
  if (isSpawnError(thrown)) return thrown
  const what = calledText(called)
  const name = nameOf(thrown)
  if (thrown === 'cancelled') {
    const rest = wasSent ? '; it may have run' : ''
    return new SpawnError('CANCELLED', `${what} was cancelled${rest}`, { details: { mayHaveRun: wasSent } })
  }
  if (typeof thrown === 'string') {
    const details = { limit: 'payloadBytes', mayHaveRun: false }
    return new SpawnError('INVALID_ARGUMENT', `${what} ${thrown} at once`, { details })
  }
  if (name === 'TimeoutError') {
    const problem = `did not answer within ${timeoutMs} ms; it may have run`
    return new SpawnError('DEADLINE_EXCEEDED', `${what} ${problem}`, { details: { mayHaveRun: true } })
  }
  const isUnserved = name === 'NoResponders'
  const problem = isUnserved
    ? `cannot be called: no member of that system is connected to this NATS`
    : `cannot be called: ${messageOf(thrown)}`
  const details = { mayHaveRun: !isUnserved && wasSent && name !== 'Error' }
  return new SpawnError('MEMBER_UNAVAILABLE', `${what} ${problem}`, { cause: thrown, details })
}

/** The library wraps what a request failed by. */
function nameOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return ''
  const { cause } = thrown
  return thrown.name === 'RequestError' && cause instanceof Error ? cause.name : thrown.name
}

function calledText({ action, name, system }: Called): string {
  return `"${name}" action "${action}" of the system "${system}"`
}
