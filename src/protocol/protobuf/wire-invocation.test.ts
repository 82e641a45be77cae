// The quick reading of an InvocationRequest says what the library says, of whole requests and of broken ones.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import * as fc from 'fast-check'

import { ActorSchema, ActorSystemSchema } from '../gen/spawn/actors/actor_pb.ts'
import { InvocationRequestSchema, InvocationResponseSchema } from '../gen/spawn/actors/protocol_pb.ts'
import { Packed } from '../packed.ts'
import { wireAnswerBytes } from './wire-answer.ts'
import { readWireInvocation, type WireInvocation } from './wire-invocation.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 12 })
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined })
const id = fc.record({ name: text, system: text, parent: text })
const any = fc.record({ typeUrl: text, value: fc.uint8Array({ maxLength: 300 }) })

const request = fc
  .record({
    system: maybe(fc.record({ name: text })),
    actor: maybe(fc.record({ id: maybe(id), settings: maybe(fc.record({ stateful: fc.boolean() })) })),
    actionName: text,
    payload: fc.oneof(
      fc.constant({ case: undefined }),
      fc.record({ case: fc.constant('noop' as const), value: fc.constant({}) }),
      fc.record({ case: fc.constant('value' as const), value: any }),
    ),
    async: fc.boolean(),
    caller: maybe(id),
    metadata: fc.dictionary(text, text, { maxKeys: 4 }),
    scheduledTo: fc.oneof(fc.constant(0n), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), fc.bigInt(1n, 2n ** 50n)),
    pooled: fc.boolean(),
    registerRef: text,
  })
  .map((fields) => toBinary(InvocationRequestSchema, create(InvocationRequestSchema, fields)))

/** What the library reads. */
function expected(bytes: Uint8Array): unknown {
  let message
  try {
    message = fromBinary(InvocationRequestSchema, bytes)
  } catch {
    return 'malformed'
  }
  const { actor, caller, payload, system } = message
  const value = payload.case === 'value' ? payload.value : undefined
  const hasValue = value !== undefined && (value.typeUrl !== '' || value.value.length > 0)
  return plain({
    system: system?.name ?? '',
    actor: names(actor?.id ?? { system: '', parent: '', name: '' }),
    action: message.actionName,
    ref: message.registerRef === '' ? (actor?.id?.parent ?? '') : message.registerRef,
    payload: hasValue ? new Packed(value.typeUrl, new Uint8Array(value.value)) : undefined,
    async: message.async,
    caller: caller === undefined ? undefined : names(caller),
    metadata: Object.keys(message.metadata).length === 0 ? undefined : message.metadata,
    scheduledToMs: message.scheduledTo < 0n ? 1 : Number(message.scheduledTo),
    systemBytes:
      system === undefined ? null : fromBinary(ActorSystemSchema, toBinary(ActorSystemSchema, system)),
    actorBytes: actor === undefined ? null : fromBinary(ActorSchema, toBinary(ActorSchema, actor)),
  })
}

function read(bytes: Uint8Array): unknown {
  let call: WireInvocation
  try {
    call = readWireInvocation(Buffer.from(bytes))
  } catch (thrown) {
    assert.equal((thrown as { code?: string }).code, 'INVALID_ARGUMENT')
    return 'malformed'
  }
  const { actorBytes, systemBytes, ...rest } = call
  return plain({
    ...rest,
    systemBytes: systemBytes === null ? null : fromBinary(ActorSystemSchema, systemBytes),
    actorBytes: actorBytes === null ? null : fromBinary(ActorSchema, actorBytes),
  })
}

function names({ name, parent, system }: { name: string; parent: string; system: string }): unknown {
  return { system, parent, name }
}

/** Without classes, prototypes and unknown fields. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, one: unknown) => {
      if (key === '$unknown') return undefined
      return typeof one === 'bigint' ? String(one) : one
    }),
  )
}

test('whole requests', () => {
  fc.assert(
    fc.property(request, (bytes) => assert.deepEqual(read(bytes), expected(bytes))),
    { numRuns: 2_000 },
  )
})

test('requests that were cut, changed and repeated', () => {
  const change = fc.record({ at: fc.nat(), byte: fc.nat(255) })
  fc.assert(
    fc.property(
      request,
      request,
      fc.array(change, { maxLength: 3 }),
      fc.nat(),
      (first, second, changes, cut) => {
        const bytes = Buffer.concat([first, second])
        for (const { at, byte } of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte
        const broken = bytes.subarray(0, cut % (bytes.length + 1))
        assert.deepEqual(read(broken), expected(broken))
      },
    ),
    { numRuns: 5_000 },
  )
})

test('an answer tells the ids again, and what the call was answered with', () => {
  const bytes = toBinary(
    InvocationRequestSchema,
    create(InvocationRequestSchema, { system: { name: 's' }, actor: { id: { name: 'a', parent: 'p' } } }),
  )
  const call = readWireInvocation(Buffer.from(bytes))
  const answer = (payload: Packed | undefined | null) =>
    fromBinary(InvocationResponseSchema, wireAnswerBytes(call, payload))
  const full = answer(new Packed('type', new Uint8Array([1, 2])))
  assert.equal(full.status?.status, 1)
  assert.equal(full.system?.name, 's')
  assert.equal(full.actor?.id?.parent, 'p')
  assert.deepEqual(full.payload.case === 'value' && [...full.payload.value.value], [1, 2])
  assert.equal(answer(undefined).payload.case, 'noop')
  assert.equal(answer(null).payload.case, undefined)
})
