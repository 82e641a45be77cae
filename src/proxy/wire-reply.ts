// Replies of the wire: bytes with a status, and errors as bytes too. An error without a body would be success to some SDKs.

import { httpStatusOf, asSpawnError } from '../protocol/index.ts'
import { toWireStatus, wireFailureBytes } from '../protocol/protobuf/index.ts'
import { RETRY_LATER, type ProblemReply } from './http-problem.ts'
import { HttpRefusal } from './http-refusal.ts'
import { NO_HEADERS, type Reply } from './http-reply.ts'

const WIRE_TYPE = 'application/octet-stream'

export function wireReply(body: Uint8Array): Reply {
  return { status: 200, body, type: WIRE_TYPE, headers: NO_HEADERS }
}

/** Anything that was thrown, as the reply that an SDK gets. */
export function wireProblemReply(thrown: unknown): ProblemReply {
  const error = asSpawnError(thrown)
  const refusal = error instanceof HttpRefusal ? error : null
  const status = refusal?.status ?? httpStatusOf(error)
  const isBusy = status === 429 || status === 503
  return {
    reply: {
      status,
      body: wireFailureBytes(toWireStatus(error)),
      type: WIRE_TYPE,
      headers: refusal?.headers ?? (isBusy ? RETRY_LATER : NO_HEADERS),
    },
    error,
    closes: refusal?.closes ?? error.code === 'DRAINING',
  }
}
