// A call of another system that did not get an answer, as its caller reads it: why, and whether it may have run.

import { isSpawnError, messageOf, SpawnError } from '../../base/index.ts'

export function unanswered(label: string, thrown: unknown, timeoutMs: number): SpawnError {
  if (isSpawnError(thrown)) return thrown
  const name = nameOf(thrown)
  if (name === 'TimeoutError') {
    const problem = `did not answer within ${timeoutMs} ms; it may have run`
    return new SpawnError('DEADLINE_EXCEEDED', `${label} ${problem}`, { details: { mayHaveRun: true } })
  }
  const isUnserved = name === 'NoResponders'
  const problem = isUnserved
    ? 'cannot be called: no member of that system is connected to this NATS'
    : `cannot be called: ${messageOf(thrown)}`
  // The connection's own error: it was away, and nothing was sent.
  const details = { mayHaveRun: !isUnserved && name !== 'Error' }
  return new SpawnError('MEMBER_UNAVAILABLE', `${label} ${problem}`, { cause: thrown, details })
}

export function cancelled(label: string, wasSent: boolean): SpawnError {
  const rest = wasSent ? '; it may have run' : ''
  return new SpawnError('CANCELLED', `${label} was cancelled${rest}`, { details: { mayHaveRun: wasSent } })
}

export function tooLarge(label: string, bytes: number, maxBytes: number): SpawnError {
  const details = { limit: 'payloadBytes', mayHaveRun: false }
  const problem = `takes ${bytes} bytes, and NATS takes ${maxBytes} at once`
  return new SpawnError('INVALID_ARGUMENT', `${label} ${problem}`, { details })
}

/** The library wraps what a request failed by. */
function nameOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return ''
  const { cause } = thrown
  return thrown.name === 'RequestError' && cause instanceof Error ? cause.name : thrown.name
}
