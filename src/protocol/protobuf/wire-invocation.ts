// An InvocationRequest as a call: what the body says about who is called, with what, and when. It decides which fields
// count; whether such an actor exists is the gateway's to say.
//
// It is on the path of every call over the wire, so the common form is read without the library. Invariant: it means what
// the library reads (wire-invocation.test.ts).

import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { SpawnError } from '../../base/index.ts'
import type { ActorId } from '../address.ts'
import { FieldReader, Unusual } from '../field-reader.ts'
import { ActorSchema, ActorSystemSchema } from '../gen/spawn/actors/actor_pb.ts'
import { type InvocationRequest, InvocationRequestSchema } from '../gen/spawn/actors/protocol_pb.ts'
import { packedOf } from './host-invocation.ts'
import { Packed } from '../packed.ts'

export interface WireInvocation {
  /** The messages `system` and `actor` as they were sent, for the answer; null: absent. */
  readonly systemBytes: Uint8Array | null
  readonly actorBytes: Uint8Array | null
  /** Empty: it is not said; so below. */
  readonly system: string
  readonly actor: ActorId
  readonly action: string
  /** The unnamed definition that the actor is an instance of, or becomes one of. */
  readonly ref: string
  readonly payload: Packed | undefined
  readonly async: boolean
  readonly caller: ActorId | undefined
  readonly metadata: Readonly<Record<string, string>> | undefined
  /** Epoch milliseconds; 0: now. */
  readonly scheduledToMs: number
}

/** The numbers of the fields. */
const CALL = {
  system: 1,
  actor: 2,
  action: 3,
  value: 4,
  async: 5,
  caller: 6,
  noop: 7,
  metadata: 8,
  scheduledTo: 9,
  pooled: 10,
  registerRef: 11,
} as const

const WITHOUT_UNKNOWN = { readUnknownFields: false } as const

/** @throws SpawnError INVALID_ARGUMENT when the bytes are none. */
export function readWireInvocation(bytes: Buffer): WireInvocation {
  try {
    return new PlainCall(bytes)
  } catch (thrown) {
    if (!(thrown instanceof Unusual)) throw thrown
  }
  let request: InvocationRequest
  try {
    request = fromBinary(InvocationRequestSchema, bytes, WITHOUT_UNKNOWN)
  } catch (cause) {
    const problem = 'the body is no spawn.InvocationRequest: its bytes cannot be decoded'
    throw new SpawnError('INVALID_ARGUMENT', problem, { cause })
  }
  return callOf(request)
}

function callOf(request: InvocationRequest): WireInvocation {
  const { actionName, actor, async, caller, metadata, payload, registerRef, scheduledTo, system } = request
  const id = actor?.id
  const names = Object.keys(metadata)
  return {
    systemBytes: system === undefined ? null : toBinary(ActorSystemSchema, system),
    actorBytes: actor === undefined ? null : toBinary(ActorSchema, actor),
    system: system?.name ?? '',
    actor: { system: id?.system ?? '', parent: id?.parent ?? '', name: id?.name ?? '' },
    action: actionName,
    ref: registerRef === '' ? (id?.parent ?? '') : registerRef,
    payload: payload.case === 'value' ? packedOf(payload.value) : undefined,
    async,
    caller:
      caller === undefined ? undefined : { system: caller.system, parent: caller.parent, name: caller.name },
    metadata: names.length === 0 ? undefined : metadata,
    // The past is the past: a number below zero is not told from another.
    scheduledToMs: scheduledTo < 0n ? 1 : Number(scheduledTo),
  }
}

class PlainCall implements WireInvocation {
  systemBytes: Uint8Array | null = null
  actorBytes: Uint8Array | null = null
  system = ''
  actor: ActorId = NOBODY
  action = ''
  ref = ''
  payload: Packed | undefined = undefined
  async = false
  caller: ActorId | undefined = undefined
  metadata: Record<string, string> | undefined = undefined
  scheduledToMs = 0

  /** @throws Unusual */
  constructor(bytes: Buffer) {
    const reader = new FieldReader(bytes)
    let registerRef = ''
    let hasPayload = false
    for (let field = reader.next(); field !== 0; field = reader.next()) {
      switch (field) {
        case CALL.system:
          if (this.systemBytes !== null) throw new Unusual()
          this.systemBytes = reader.content()
          this.system = onlyText(this.systemBytes as Buffer)
          break
        case CALL.actor:
          if (this.actorBytes !== null) throw new Unusual()
          this.actorBytes = reader.content()
          this.actor = onlyId(this.actorBytes as Buffer)
          break
        case CALL.action:
          this.action = reader.text()
          break
        case CALL.value:
        case CALL.noop:
          if (hasPayload) throw new Unusual()
          hasPayload = true
          if (field === CALL.value) this.payload = anyIn(reader)
          else if (reader.content().length > 0) throw new Unusual()
          break
        case CALL.async:
          this.async = reader.flag()
          break
        case CALL.caller:
          if (this.caller !== undefined) throw new Unusual()
          this.caller = idIn(reader)
          break
        case CALL.metadata:
          this.metadata ??= {}
          entryIn(reader, this.metadata)
          break
        case CALL.scheduledTo:
          this.scheduledToMs = reader.number()
          break
        case CALL.pooled:
          reader.flag()
          break
        case CALL.registerRef:
          registerRef = reader.text()
          break
        default:
          throw new Unusual()
      }
    }
    this.ref = registerRef === '' ? this.actor.parent : registerRef
  }
}

const NOBODY: ActorId = { system: '', parent: '', name: '' }

/** An ActorSystem that says its name alone. */
function onlyText(bytes: Buffer): string {
  const reader = new FieldReader(bytes)
  let text = ''
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field !== 1) throw new Unusual()
    text = reader.text()
  }
  return text
}

/** An Actor that says its id alone. */
function onlyId(bytes: Buffer): ActorId {
  const reader = new FieldReader(bytes)
  if (reader.next() !== 1) throw new Unusual()
  const id = idIn(reader)
  if (reader.next() !== 0) throw new Unusual()
  return id
}

function idIn(reader: FieldReader): ActorId {
  let name = ''
  let system = ''
  let parent = ''
  const end = reader.enter()
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) name = reader.text()
    else if (field === 2) system = reader.text()
    else if (field === 3) parent = reader.text()
    else throw new Unusual()
  }
  reader.leave(end)
  return { system, parent, name }
}

function anyIn(reader: FieldReader): Packed | undefined {
  let typeUrl = ''
  let value = NO_BYTES
  const end = reader.enter()
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) typeUrl = reader.text()
    // In an array of its own: a part of the body would keep all of it.
    else if (field === 2) value = new Uint8Array(reader.content())
    else throw new Unusual()
  }
  reader.leave(end)
  return typeUrl === '' && value.length === 0 ? undefined : new Packed(typeUrl, value)
}

const NO_BYTES = new Uint8Array()

function entryIn(reader: FieldReader, entries: Record<string, string>): void {
  let name = ''
  let value = ''
  const end = reader.enter()
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) name = reader.text()
    else if (field === 2) value = reader.text()
    else throw new Unusual()
  }
  reader.leave(end)
  if (name === '__proto__') throw new Unusual()
  entries[name] = value
}
