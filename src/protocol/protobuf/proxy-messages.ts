// What a host says to a proxy, and what it hears: calls and spawns to bytes, answers from bytes. It decides what stands in
// which field of the wire; what is called and what an answer means is the SDK's business.
//
// Invariant: values go through byte for byte.

import { fromBinary } from '@bufbuild/protobuf'
import type { ActorId } from '../address.ts'
import type { SpawnError } from '../../base/index.ts'
import type { Actor, ActorId as WireId } from '../gen/spawn/actors/actor_pb.ts'
import {
  type InvocationRequest,
  InvocationRequestSchema,
  InvocationResponseSchema,
  type RegistrationRequest,
  RegistrationRequestSchema,
  RegistrationResponseSchema,
  type RequestStatus,
  type SpawnRequest,
  SpawnRequestSchema,
  SpawnResponseSchema,
} from '../gen/spawn/actors/protocol_pb.ts'
import { packedOf } from './host-invocation.ts'
import { messageBytes } from './message-writer.ts'
import type { Packed } from '../packed.ts'
import { fromWireStatus } from './wire-status.ts'

/** A call as the wire has it. */
export interface WireCall {
  /** `parent` is the unnamed definition that it is an instance of, or empty. */
  readonly target: ActorId
  readonly action: string
  readonly payload: Packed | undefined
  /** Null: the outside. */
  readonly caller: ActorId | null
  readonly metadata: Readonly<Record<string, string>>
  readonly async: boolean
  /** Epoch milliseconds; null: now. */
  readonly scheduledToMs: number | null
  /** The target is a pool of workers. */
  readonly pooled: boolean
}

/** The version of the contract that we keep to. */
const PROTOCOL = { protocolMajorVersion: 1, protocolMinorVersion: 1 }

export interface Service {
  readonly name: string
  readonly version: string
  readonly runtime: string
  readonly library: string
  readonly libraryVersion: string
}

export function callBytes(call: WireCall): Uint8Array {
  return messageBytes(InvocationRequestSchema, callMessage(call))
}

/** The message of a call, also within an effect. */
export function callMessage(call: WireCall): InvocationRequest {
  const { action, async, caller, metadata, payload, pooled, scheduledToMs, target } = call
  return {
    $typeName: 'spawn.InvocationRequest',
    system: { $typeName: 'spawn.actors.ActorSystem', name: target.system },
    actor: {
      $typeName: 'spawn.actors.Actor',
      id: wireId(target),
      actions: [],
      timerActions: [],
    },
    actionName: action,
    payload: wirePayload(payload),
    async,
    ...(caller !== null && { caller: wireId(caller) }),
    metadata,
    scheduledTo: scheduledToMs === null ? 0n : BigInt(scheduledToMs),
    pooled,
    registerRef: target.parent,
  }
}

/**
 * The response in an answer to a call; undefined: none.
 *
 * @throws SpawnError what the answer tells of; an Error when the bytes are no answer.
 */
export function readCallAnswer(bytes: Uint8Array): Packed | undefined {
  const { payload, status } = fromBinary(InvocationResponseSchema, bytes)
  refuse(status)
  return payload.case === 'value' ? packedOf(payload.value) : undefined
}

/** @param actors instances of unnamed definitions, which their `parent` names. */
export function spawnBytes(actors: readonly ActorId[]): Uint8Array {
  const message: SpawnRequest = {
    $typeName: 'spawn.SpawnRequest',
    actors: actors.map((actor) => wireId(actor)),
  }
  return messageBytes(SpawnRequestSchema, message)
}

/** @throws SpawnError what the answer tells of; an Error when the bytes are no answer. */
export function readSpawnAnswer(bytes: Uint8Array): void {
  refuse(fromBinary(SpawnResponseSchema, bytes).status)
}

/** @param actors by name. */
export function registrationBytes(
  system: string,
  actors: Readonly<Record<string, Actor>>,
  service: Service,
): Uint8Array {
  const message: RegistrationRequest = {
    $typeName: 'spawn.RegistrationRequest',
    serviceInfo: {
      $typeName: 'spawn.ServiceInfo',
      serviceName: service.name,
      serviceVersion: service.version,
      serviceRuntime: service.runtime,
      supportLibraryName: service.library,
      supportLibraryVersion: service.libraryVersion,
      ...PROTOCOL,
    },
    actorSystem: {
      $typeName: 'spawn.actors.ActorSystem',
      name: system,
      registry: { $typeName: 'spawn.actors.Registry', actors },
    },
  }
  return messageBytes(RegistrationRequestSchema, message)
}

/** What the proxy says of itself. */
export interface ProxyIdentity {
  readonly name: string
  readonly version: string
}

/** @throws SpawnError what the answer tells of; an Error when the bytes are no answer. */
export function readRegistrationAnswer(bytes: Uint8Array): ProxyIdentity {
  const { proxyInfo, status } = fromBinary(RegistrationResponseSchema, bytes)
  refuse(status)
  return { name: proxyInfo?.proxyName ?? '', version: proxyInfo?.proxyVersion ?? '' }
}

/** An answer without a status is none. */
function refuse(status: RequestStatus | undefined): void {
  if (status === undefined) throw new Error('the answer has no status')
  const error: SpawnError | null = fromWireStatus(status)
  if (error !== null) throw error
}

export function wirePayload(payload: Packed | undefined): InvocationRequest['payload'] {
  if (payload === undefined) return { case: 'noop', value: { $typeName: 'spawn.Noop' } }
  return { case: 'value', value: wireAny(payload) }
}

export function wireAny({ typeUrl, value }: Packed): {
  readonly $typeName: 'google.protobuf.Any'
  typeUrl: string
  value: Uint8Array<ArrayBuffer>
} {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- bytes of ours never stand in shared memory
  return { $typeName: 'google.protobuf.Any', typeUrl, value: value as Uint8Array<ArrayBuffer> }
}

export function wireId({ name, parent, system }: ActorId): WireId {
  return { $typeName: 'spawn.actors.ActorId', name, system, parent }
}
