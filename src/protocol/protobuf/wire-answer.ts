// The answers of the wire to registration, spawn and invocation, as bytes. It decides what stands in which field; which
// status an error has is wire-status.ts's.
//
// Invariant: there is always a status: some SDKs take a body without one for success.

import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { SpawnError } from '../../base/index.ts'
import { BackwardWriter } from './backward-writer.ts'
import {
  ProxyInfoSchema,
  RegistrationResponseSchema,
  RequestStatusSchema,
  SpawnRequestSchema,
  Status,
} from '../gen/spawn/actors/protocol_pb.ts'
import type { ActorId } from '../address.ts'
import type { Packed } from '../packed.ts'
import type { WireStatus } from './wire-status.ts'
import type { WireInvocation } from './wire-invocation.ts'

/** What SDKs look for in the answers to registration and spawn. */
const ACCEPTED: WireStatus = { status: Status.OK, message: 'Accepted' }

/** The version of the protocol that we speak. */
const PROTOCOL = { protocolMajorVersion: 1, protocolMinorVersion: 2 } as const

/** The numbers of the fields of an InvocationResponse. */
const ANSWER = { status: 1, system: 2, actor: 3, value: 4, noop: 5 } as const
const STATUS = { status: 1, message: 2 } as const

const writer = new BackwardWriter()

/** What a call is answered with: its payload, or that it has none, or (null) nothing at all, because it is not done yet. */
export type WirePayload = Packed | undefined | null

/** @param call whose ids are told again; null: it could not be read. */
export function wireAnswerBytes(call: WireInvocation, payload: WirePayload): Uint8Array {
  try {
    if (payload === undefined) writer.wrap(ANSWER.noop, writer.mark)
    else if (payload !== null) writer.any(ANSWER.value, payload)
    if (call.actorBytes !== null) writer.message(ANSWER.actor, call.actorBytes)
    if (call.systemBytes !== null) writer.message(ANSWER.system, call.systemBytes)
    const { mark } = writer
    writer.number(STATUS.status, Status.OK)
    writer.wrap(ANSWER.status, mark)
    return writer.finish()
  } finally {
    writer.reset()
  }
}

/** The answer to anything that failed: all three messages have the status in the same place. */
export function wireFailureBytes({ message, status }: WireStatus): Uint8Array {
  try {
    const { mark } = writer
    writer.text(STATUS.message, message.toWellFormed())
    writer.number(STATUS.status, status)
    writer.wrap(ANSWER.status, mark)
    return writer.finish()
  } finally {
    writer.reset()
  }
}

/** The answer to a SpawnRequest. */
export const SPAWNED: Uint8Array = wireFailureBytes(ACCEPTED)

/** The answer to a RegistrationRequest. */
export function registeredBytes(proxyName: string, proxyVersion: string): Uint8Array {
  const status = create(RequestStatusSchema, ACCEPTED)
  const proxyInfo = create(ProxyInfoSchema, { ...PROTOCOL, proxyName, proxyVersion })
  return toBinary(RegistrationResponseSchema, create(RegistrationResponseSchema, { status, proxyInfo }))
}

/** The actors that a SpawnRequest names. @throws SpawnError INVALID_ARGUMENT when the bytes are none. */
export function readSpawnRequest(bytes: Uint8Array): readonly ActorId[] {
  try {
    const { actors } = fromBinary(SpawnRequestSchema, bytes, { readUnknownFields: false })
    return actors
  } catch (cause) {
    const problem = 'the body is no spawn.SpawnRequest: its bytes cannot be decoded'
    throw new SpawnError('INVALID_ARGUMENT', problem, { cause })
  }
}
