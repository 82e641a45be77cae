// The messages of the proxy's benchmark, as bytes that are made once: what clients send and what the host answers. The
// same bytes go through the bare hops that stand beside it.

import { create, toBinary } from '@bufbuild/protobuf'
import { anyPack, Int64ValueSchema } from '@bufbuild/protobuf/wkt'

import { Kind } from '../src/protocol/gen/spawn/actors/actor_pb.ts'
import {
  ActorInvocationResponseSchema,
  InvocationRequestSchema,
  RegistrationRequestSchema,
} from '../src/protocol/gen/spawn/actors/protocol_pb.ts'

export const SYSTEM = 'bench'
export const OCTETS = 'application/octet-stream'

/** What every message has eight bytes of its own in. */
const PLACE = 0x7ffffffffffffff0n

const value = (of: bigint) => anyPack(Int64ValueSchema, create(Int64ValueSchema, { value: of }))

/** One unnamed definition, `durable` or `volatile`. */
export function registrationBytes(variant: string): Uint8Array {
  const actors = {
    [variant]: {
      id: { name: variant, system: SYSTEM },
      settings: { kind: Kind.UNNAMED, stateful: variant === 'durable' },
      actions: [{ name: 'add' }],
    },
  }
  const message = create(RegistrationRequestSchema, {
    serviceInfo: { serviceName: 'bench', protocolMajorVersion: 1 },
    actorSystem: { name: SYSTEM, registry: { actors } },
  })
  return toBinary(RegistrationRequestSchema, message)
}

export function invocationBytes(name: string, registerRef: string): Uint8Array {
  const message = create(InvocationRequestSchema, {
    system: { name: SYSTEM },
    actor: { id: { name, system: SYSTEM } },
    actionName: 'add',
    registerRef,
    payload: { case: 'value', value: value(1n) },
  })
  return toBinary(InvocationRequestSchema, message)
}

/** Answers with another state each time: no two turns leave the same. */
export class HostAnswers {
  private readonly bytes: Buffer
  private readonly places: readonly number[]
  private count = 0

  constructor() {
    const message = create(ActorInvocationResponseSchema, {
      updatedContext: { state: value(PLACE) },
      payload: { case: 'value', value: value(PLACE) },
    })
    this.bytes = Buffer.from(toBinary(ActorInvocationResponseSchema, message))
    // A varint whose lower bytes may be anything with the continuation bit.
    const varint = Buffer.from('f0ffffffffffffff7f', 'hex')
    const first = this.bytes.indexOf(varint)
    this.places = [first, this.bytes.indexOf(varint, first + 1)]
    if (this.places.includes(-1)) throw new Error('the message has not the form that was expected')
  }

  /** Overwritten by the next one. */
  next(): Buffer {
    this.count += 1
    for (const place of this.places) {
      for (let at = 0; at < 5; at += 1) this.bytes[place + at] = ((this.count >>> (7 * at)) & 0x7f) | 0x80
    }
    return this.bytes
  }
}
