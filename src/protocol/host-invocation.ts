// A turn as a host process gets it, and its answer: ActorInvocation to bytes, bytes to ActorInvocationResponse. It decides
// what stands in which field of the wire; what an answer means is the remote host's business.
//
// Invariant: a state that is absent is left out (an Any that is present but empty crashes some hosts), the context never
// is; and values go through byte for byte.

import { fromBinary, type Message } from '@bufbuild/protobuf'
import type { Any } from '@bufbuild/protobuf/wkt'
import type { ActorId } from './address.ts'
import {
  type ActorInvocationResponse,
  ActorInvocationResponseSchema,
  ActorInvocationSchema,
} from './gen/spawn/actors/protocol_pb.ts'
import { messageBytes } from './message-writer.ts'
import { Packed } from './packed.ts'

/** What is said to a host process. */
export interface HostInvocation {
  readonly self: ActorId
  /** Null: the outside. */
  readonly caller: ActorId | null
  readonly action: string
  readonly payload: Packed | undefined
  readonly state: Packed | undefined
  readonly metadata: Readonly<Record<string, string>>
  readonly tags: Readonly<Record<string, string>>
}

const NOOP = { case: 'noop', value: { $typeName: 'spawn.Noop' } } as const
const WITHOUT_UNKNOWN = { readUnknownFields: false } as const

/** The body of a request to a host process. */
export function hostInvocationBytes(invocation: HostInvocation): Uint8Array {
  const { action, metadata, payload, state, tags } = invocation
  const self = wireId(invocation.self)
  const caller = invocation.caller === null ? undefined : wireId(invocation.caller)
  // Written as they are: `create` would copy each of them.
  const message = {
    $typeName: ActorInvocationSchema.typeName,
    actor: self,
    actionName: action,
    currentContext: {
      $typeName: 'spawn.Context',
      state: state === undefined ? undefined : wireAny(state),
      caller,
      self,
      metadata,
      tags,
    },
    payload: payload === undefined ? NOOP : { case: 'value', value: wireAny(payload) },
    caller,
  } satisfies Message & Record<string, unknown>
  return messageBytes(ActorInvocationSchema, message)
}

/** @throws Error when the bytes are none. */
export function readHostAnswer(bytes: Uint8Array): ActorInvocationResponse {
  return fromBinary(ActorInvocationResponseSchema, bytes, WITHOUT_UNKNOWN)
}

/** An Any in an array of its own: a part of a larger buffer would keep all of it. Absent for one that holds nothing. */
export function packedOf(any: Any | undefined): Packed | undefined {
  if (any === undefined || (any.typeUrl === '' && any.value.length === 0)) return undefined
  // A Buffer, which this may be, does not copy in `slice`.
  return new Packed(any.typeUrl, new Uint8Array(any.value))
}

function wireId({ name, parent, system }: ActorId) {
  return { $typeName: 'spawn.actors.ActorId', name, system, parent } as const
}

function wireAny({ typeUrl, value }: Packed) {
  return { $typeName: 'google.protobuf.Any', typeUrl, value } as const
}
