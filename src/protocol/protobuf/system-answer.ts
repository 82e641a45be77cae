// What systems answer each other with over NATS, as Spawn's Elixir runtime writes and reads it: an ActorInvocationResponse for
// a call whose turn is done, the word `async` for one that nobody waits for, and any other text for one that has failed. It
// decides which of these some bytes are; our failures have their code in front, as everywhere on the wire. An
// InvocationResponse, which is the answer over HTTP, is understood too: read as the other, its error would be a success.
//
// Invariant: values go through byte for byte.

import { fromBinary } from '@bufbuild/protobuf'
import { SpawnError } from '../../base/index.ts'
import type { ActorId } from '../address.ts'
import {
  type ActorInvocationResponse,
  ActorInvocationResponseSchema,
  Status,
} from '../gen/spawn/actors/protocol_pb.ts'
import { packedOf } from './host-invocation.ts'
import { messageBytes } from './message-writer.ts'
import type { Packed } from '../packed.ts'
import { readCallAnswer, wirePayload } from './proxy-messages.ts'
import { asSpawnError } from '../status.ts'
import { fromWireStatus, toWireStatus } from './wire-status.ts'

const ACCEPTED = 'async'

/** As much as a message quotes of a text that another runtime has answered with. */
const QUOTED_CHARACTERS = 300

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/** The answer to a call that nobody waits for. */
export const SYSTEM_ACCEPTED: Uint8Array = encoder.encode(ACCEPTED)

/** The response of an actor. Its state is nobody's business: the context is left out. */
export function systemAnswerBytes({ name, system }: ActorId, response: Packed | undefined): Uint8Array {
  const message: ActorInvocationResponse = {
    $typeName: 'spawn.ActorInvocationResponse',
    actorName: name,
    actorSystem: system,
    payload: wirePayload(response),
    checkpoint: false,
  }
  return messageBytes(ActorInvocationResponseSchema, message)
}

/** Anything that was thrown. */
export function systemFailureBytes(thrown: unknown): Uint8Array {
  return encoder.encode(toWireStatus(asSpawnError(thrown)).message.toWellFormed())
}

/**
 * The response in an answer; undefined: none.
 *
 * @param label who was called, for messages.
 * @throws SpawnError what the answer tells of; HOST_MALFORMED when it is none.
 */
export function readSystemAnswer(label: string, bytes: Uint8Array): Packed | undefined {
  const text = textIn(bytes)
  if (text === ACCEPTED) return undefined
  const message = messageIn(bytes)
  if (message !== null && isStatus(message.actorName)) return readCallAnswer(bytes)
  if (message !== null) return message.payload.case === 'value' ? packedOf(message.payload.value) : undefined
  if (text === null) {
    const problem = `${label} was answered with what is no ActorInvocationResponse and no text`
    throw new SpawnError('HOST_MALFORMED', problem)
  }
  throw failureIn(label, text)
}

function failureIn(label: string, text: string): SpawnError {
  const told = fromWireStatus({ status: Status.ERROR, message: text })
  const isCoded = told !== null && told.message !== text
  return isCoded
    ? told
    : new SpawnError('ACTION_FAILED', `${label} has failed: ${text.slice(0, QUOTED_CHARACTERS)}`)
}

/** Where an actor's name should be there are the fields of a RequestStatus: control characters, which no name begins with. */
function isStatus(actorName: string): boolean {
  return actorName.startsWith('\u0008') || actorName.startsWith('\u0012')
}

/** Null: the bytes are no message. Texts are none: their first letters are no fields of it. */
function messageIn(bytes: Uint8Array): ActorInvocationResponse | null {
  if (bytes.length === 0) return null
  try {
    const message = fromBinary(ActorInvocationResponseSchema, bytes)
    return message.$unknown === undefined ? message : null
  } catch {
    return null
  }
}

/** Null: the bytes are no text that people could read. */
function textIn(bytes: Uint8Array): string | null {
  try {
    const text = decoder.decode(bytes).trim()
    // oxlint-disable-next-line no-control-regex -- bytes of a message that is none
    return text === '' || /[\u0000-\u0008\u000e-\u001f]/.test(text) ? null : text
  } catch {
    return null
  }
}
