// A turn as a host process gets it, and its answer: ActorInvocation to bytes, bytes to ActorInvocationResponse. It decides
// what stands in which field of the wire; what an answer means is the remote host's business.
//
// It is on the path of every turn, so it writes the bytes itself.
//
// Invariant: the bytes say what those of the generated message say (host-invocation.test.ts); a state that is absent is left out (an Any that is present but empty crashes some hosts), the context never
// is; and values go through byte for byte.

import { fromBinary } from '@bufbuild/protobuf'
import type { Any } from '@bufbuild/protobuf/wkt'
import type { ActorId } from '../address.ts'
import { BackwardWriter } from './backward-writer.ts'
import {
  type ActorInvocationResponse,
  ActorInvocationResponseSchema,
} from '../gen/spawn/actors/protocol_pb.ts'
import { Packed } from '../packed.ts'

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

const WITHOUT_UNKNOWN = { readUnknownFields: false } as const

/** The numbers of the fields. */
const INVOCATION = { actor: 1, actionName: 2, currentContext: 3, value: 4, noop: 5, caller: 6 } as const
const CONTEXT = { state: 1, caller: 2, self: 3, metadata: 4, tags: 5 } as const
const ID = { name: 1, system: 2, parent: 3 } as const

const writer = new BackwardWriter()

/**
 * The body of a request to a host process.
 *
 * @throws SpawnError INVALID_ARGUMENT when a text of it is not well-formed.
 */
export function hostInvocationBytes(invocation: HostInvocation): Uint8Array {
  try {
    write(invocation)
    return writer.finish()
  } finally {
    writer.reset()
  }
}

/** The last field first. */
function write({ action, caller, metadata, payload, self, state, tags }: HostInvocation): void {
  if (caller !== null) writeId(INVOCATION.caller, caller)
  if (payload === undefined) writer.wrap(INVOCATION.noop, writer.mark)
  else writer.any(INVOCATION.value, payload)
  const { mark } = writer
  writer.entries(CONTEXT.tags, tags)
  writer.entries(CONTEXT.metadata, metadata)
  writeId(CONTEXT.self, self)
  if (caller !== null) writeId(CONTEXT.caller, caller)
  if (state !== undefined) writer.any(CONTEXT.state, state)
  writer.wrap(INVOCATION.currentContext, mark)
  writer.text(INVOCATION.actionName, action)
  writeId(INVOCATION.actor, self)
}

function writeId(field: number, { name, parent, system }: ActorId): void {
  const { mark } = writer
  writer.text(ID.parent, parent)
  writer.text(ID.system, system)
  writer.text(ID.name, name)
  writer.wrap(field, mark)
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
