// What the HTTP reply of a host means to a turn: an outcome, a failure that the host tells, or nonsense.

import type { SpawnError } from '../../base/index.ts'
import type { Outcome, Turn } from '../../ports/index.ts'
import type { Reply } from './exchange.ts'
import { actionFailed, type Culprit, malformed } from './failure.ts'
import { toldFailure } from './told-failure.ts'
import { outcomeOf } from './wire-outcome.ts'

/** Some SDKs take each piece that arrives for a whole message; Node hands on no larger ones. */
const PIECE_BYTES = 65_536

/** What stands in front of the body in that piece, about. */
const HEAD_BYTES = 256

/** @throws SpawnError ACTION_FAILED, HOST_MALFORMED, or what the host says. */
export function outcomeOfReply(turn: Turn, reply: Reply, who: Culprit, sentBytes: number): Outcome {
  const { contentType, status } = reply
  if (status >= 400) throw failureOf(turn, reply, who, sentBytes)
  if (status < 200 || status >= 300) {
    throw malformed(turn, who, `answered HTTP ${status}, which means nothing here`, { details: { status } })
  }
  return outcomeOf(turn, reply.body, who, typeText(contentType) + largeRequest(sentBytes))
}

function failureOf(turn: Turn, reply: Reply, who: Culprit, sentBytes: number): SpawnError {
  const { contentType, status } = reply
  const told = toldFailure(turn, reply, who)
  if (told !== null) return told
  const hint = status === 404 || status === 405 ? '; is that the address of its actors?' : ''
  const what = `answered HTTP ${status}${typeText(contentType)}${hint}${largeRequest(sentBytes)}`
  return actionFailed(turn, who, what, { details: { status } })
}

function typeText(contentType: string): string {
  return contentType === '' ? '' : ` (${contentType})`
}

/** What may be the reason when a large request failed; nothing for a small one. */
export function largeRequest(sentBytes: number): string {
  if (sentBytes + HEAD_BYTES < PIECE_BYTES) return ''
  return `; the request has ${sentBytes} bytes, and hosts of the Node and Dart SDKs can read none of 64 KB or more`
}
