// How an error looks on Spawn's wire: a status and a text that the code leads. What a code is on other borders is status.ts's.

import { SpawnError } from '../../base/index.ts'
import { Status } from '../gen/spawn/actors/protocol_pb.ts'
import { isErrorCode, publicMessageOf } from '../status.ts'

/** A RequestStatus of the wire: the code leads the message, `[MAILBOX_FULL] …`. */
export interface WireStatus {
  readonly status: Status
  readonly message: string
}

export function toWireStatus(error: SpawnError): WireStatus {
  return {
    status: error.code === 'ACTOR_NOT_FOUND' ? Status.ACTOR_NOT_FOUND : Status.ERROR,
    message: `[${error.code}] ${publicMessageOf(error)}`,
  }
}

/**
 * The error that a RequestStatus tells of; null when it is OK. Without a code that we know (another runtime sent it), a
 * status of ERROR, or none, counts as a failed action.
 */
export function fromWireStatus({ status, message }: WireStatus): SpawnError | null {
  if (status === Status.OK) return null
  const [, code, text = ''] = /^\[([A-Z_]+)\] (.*)$/su.exec(message) ?? []
  if (isErrorCode(code)) return new SpawnError(code, text)
  return new SpawnError(status === Status.ACTOR_NOT_FOUND ? 'ACTOR_NOT_FOUND' : 'ACTION_FAILED', message)
}
