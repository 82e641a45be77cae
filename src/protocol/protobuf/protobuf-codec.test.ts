// Protobuf values cross every border as what they are, or are refused with the path of what is wrong.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, equals, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { AnySchema, EmptySchema, StructSchema, TimestampSchema, TypeSchema } from '@bufbuild/protobuf/wkt'
import * as fc from 'fast-check'

import { isSpawnError, LIMITS, messageOf } from '../../base/index.ts'
import { ActorIdSchema, ActorSchema, Kind } from '../gen/spawn/actors/actor_pb.ts'
import { FactSchema, InvocationRequestSchema, JSONTypeSchema } from '../gen/spawn/actors/protocol_pb.ts'
import { jsonCodec } from '../json-codec.ts'
import { Json, Packed } from '../packed.ts'
import { protobufCodec } from './protobuf-codec.ts'
import { anyCharacter } from '../../../test/any-character.ts'

const request = protobufCodec(InvocationRequestSchema)
const actor = protobufCodec(ActorSchema)

const full: MessageInitShape<typeof InvocationRequestSchema> = {
  system: { name: 'my-system' },
  actor: {
    id: { name: 'user-1', system: 'my-system', parent: 'user' },
    state: { tags: { a: 'b' }, state: { typeUrl: 't/x', value: Uint8Array.of(1, 2) } },
    settings: { kind: Kind.UNNAMED, stateful: true, minPoolSize: -1 },
    actions: [{ name: 'rename' }, { name: 'get' }],
    timerActions: [{ seconds: 1_000, action: { name: 'tick' } }],
  },
  actionName: 'rename',
  payload: { case: 'noop', value: {} },
  metadata: { page: '1' },
  scheduledTo: 1_800_000_000_000n,
}

function refused(message: RegExp): (thrown: unknown) => boolean {
  return (thrown) => {
    assert.ok(isSpawnError(thrown) && thrown.code === 'INVALID_ARGUMENT', messageOf(thrown))
    assert.match(thrown.message, message)
    assert.ok(!thrown.message.includes('hunter2'), thrown.message)
    return true
  }
}

test('a message passes as it is, an object becomes one', () => {
  const message = create(InvocationRequestSchema, full)
  assert.equal(request.accept(message), message)
  assert.ok(equals(InvocationRequestSchema, request.accept(full), message))
  assert.equal(request.name, 'spawn.InvocationRequest')
})

test('bytes and canonical JSON come back', () => {
  const message = request.accept(full)
  const packed = request.pack(message)
  assert.equal(packed.typeUrl, 'type.googleapis.com/spawn.InvocationRequest')
  assert.deepEqual(packed.value, toBinary(InvocationRequestSchema, message))
  assert.ok(equals(InvocationRequestSchema, request.accept(packed), message))
  const id = protobufCodec(ActorIdSchema)
  const json = id.toJson(id.accept({ name: 'a', parent: 'b' }))
  assert.deepEqual(json, { name: 'a', parent: 'b' })
  assert.deepEqual(id.accept(new Json(json)), id.accept({ name: 'a', parent: 'b' }))
  assert.deepEqual(id.accept(jsonCodec.pack(json)), id.accept({ name: 'a', parent: 'b' }))
  assert.deepEqual(
    id.accept(new Packed('any.host/at/all/spawn.actors.ActorId', new Uint8Array())),
    id.accept({}),
  )
})

test('another type is refused by both names, live, stored and sent', () => {
  const id = create(ActorIdSchema, {})
  assert.throws(() => request.accept(id), refused(/expected spawn\.InvocationRequest/))
  assert.throws(
    () => request.accept(protobufCodec(ActorIdSchema).pack(id)),
    refused(/^expected spawn\.InvocationRequest, got spawn\.actors\.ActorId$/),
  )
  assert.throws(() => request.accept(new Packed('', new Uint8Array())), refused(/got a value without a type/))
})

test('absent is a message only where the type has no fields', () => {
  assert.deepEqual(protobufCodec(EmptySchema).accept(undefined), create(EmptySchema))
  for (const absent of [undefined, null]) {
    assert.throws(() => request.accept(absent), refused(/^the value: expected spawn\.InvocationRequest$/))
  }
})

test('an object with a fault is refused by its path', () => {
  const depths: Record<string, unknown> = {}
  depths['system'] = { registry: { actors: { a: { id: { name: 1 } } } } }
  for (const [init, message] of [
    ['hunter2', /^the value: expected spawn/],
    [[], /^the value: expected spawn/],
    [{ actionNam: 'hunter2' }, /^actionNam: spawn\.InvocationRequest has no such field$/],
    [{ actionName: 5 }, /^actionName: expected a string/],
    [{ actionName: '\ud800' }, /^actionName: expected text without half/],
    [{ async: 'hunter2' }, /^async: expected a boolean/],
    [{ scheduledTo: 1.5 }, /^scheduledTo: expected a bigint of 64 bits/],
    [{ scheduledTo: 2n ** 63n }, /^scheduledTo: /],
    [{ scheduledTo: 'hunter2' }, /^scheduledTo: /],
    [{ metadata: { 'a b': 5 } }, /^metadata\["a b"\]: expected a string/],
    [{ metadata: [] }, /^metadata: expected an object/],
    [{ actor: { actions: {} } }, /^actor\.actions: expected an array/],
    [{ actor: { actions: [{ name: 'a' }, { name: 2 }] } }, /^actor\.actions\[1\]\.name: expected a string/],
    [{ actor: { settings: { minPoolSize: 2 ** 31 } } }, /^actor\.settings\.minPoolSize: .*32 bits/],
    [{ actor: { settings: { kind: 'hunter2' } } }, /^actor\.settings\.kind: /],
    [
      { actor: { state: { state: { value: 'hunter2' } } } },
      /^actor\.state\.state\.value: expected a Uint8Array/,
    ],
    [{ payload: 'hunter2' }, /^payload: expected \{ case, value \}/],
    [{ payload: { case: 'nop', value: {} } }, /^payload\.case: expected one of value, noop/],
    [{ payload: { case: 'value', value: { typeUrl: 1 } } }, /^payload\.value\.typeUrl: /],
    [{ system: create(ActorIdSchema) }, /^system: expected spawn\.actors\.ActorSystem/],
    [depths, /^system\.registry\.actors\.a\.id\.name: expected a string/],
  ] as const) {
    assert.throws(() => request.accept(init), refused(message))
  }
})

test('what the check lets pass encodes and comes back', () => {
  const init = fc.record(
    {
      id: fc.record({ name: fc.string({ unit: anyCharacter }), parent: fc.string() }, { requiredKeys: [] }),
      state: fc.record(
        {
          tags: fc.dictionary(fc.string(), fc.string()),
          state: fc.record({ typeUrl: fc.string(), value: fc.uint8Array() }),
        },
        { requiredKeys: [] },
      ),
      settings: fc.record(
        {
          kind: fc.integer(),
          stateful: fc.boolean(),
          minPoolSize: fc.maxSafeInteger(),
          stateType: fc.anything(),
        },
        { requiredKeys: [] },
      ),
      timerActions: fc.array(fc.record({ seconds: fc.oneof(fc.integer(), fc.double()) })),
    },
    { requiredKeys: [] },
  )
  let passed = 0
  fc.assert(
    fc.property(init, (value) => {
      let message: ReturnType<typeof actor.accept>
      try {
        message = actor.accept(value)
      } catch (thrown) {
        assert.ok(isSpawnError(thrown) && thrown.code === 'INVALID_ARGUMENT', messageOf(thrown))
        return
      }
      passed += 1
      assert.ok(equals(ActorSchema, actor.accept(actor.pack(message)), message))
      // Canonical JSON has no form for an Any of a type unknown here.
      if (value.state?.state !== undefined) return
      assert.ok(equals(ActorSchema, actor.accept(new Json(actor.toJson(message))), message))
    }),
    { examples: [[{}], [{ id: { name: 'a' } }], [{ settings: { kind: 3 } }]], numRuns: 300 },
  )
  // The examples pass always; that others do, too, shows that the generator makes more than refusals.
  assert.ok(passed > 5, `only ${passed} values passed`)
})

test('JSON with a fault is refused without being quoted', () => {
  for (const [json, message] of [
    [{ actionName: 7 }, /^actionName: expected string/],
    [{ scheduledTo: 'hunter2' }, /^scheduledTo: expected bigint \(int64\)/],
    [
      { actor: { settings: { minPoolSize: 2 ** 40 } } },
      /^spawn\.actors\.ActorSettings\.minPoolSize: .*out of range/,
    ],
    [{ actor: { settings: { kind: 'hunter2' } } }, /^the value: not the JSON form of spawn\.actors\.Kind/],
    [{ nonsense: 1 }, /^nonsense: spawn\.InvocationRequest has no such field$/],
    [{ actor: { nonsense: 1 } }, /^nonsense: spawn\.actors\.Actor has no such field/],
    ['hunter2', /^the value: not the JSON form of spawn\.InvocationRequest/],
    [[], /^the value: /],
    [null, /^the value: /],
    [undefined, /^the value: /],
  ] as const) {
    assert.throws(() => request.accept(new Json(json)), refused(message))
  }
  assert.throws(
    () => protobufCodec(FactSchema).accept(new Json({ timestamp: 'hunter2' })),
    refused(/^the value: not the JSON form of google\.protobuf\.Timestamp/),
  )
})

test('a message that was spoilt after it was made is refused when it is packed', () => {
  const message = create(ActorSchema, { settings: { minPoolSize: 1 } })
  assert.ok(message.settings)
  message.settings.minPoolSize = 1.5
  assert.throws(
    () => actor.pack(message),
    refused(/^settings\.minPoolSize: expected a whole number of 32 bits/),
  )
})

test('an Any of a known type has JSON, one of an unknown type is named', () => {
  const any = protobufCodec(AnySchema)
  const fact = protobufCodec(FactSchema)
  const known = protobufCodec(JSONTypeSchema).pack(create(JSONTypeSchema, { content: '1' }))
  assert.deepEqual(fact.toJson(fact.accept({ state: { typeUrl: known.typeUrl, value: known.value } })), {
    state: { '@type': known.typeUrl, content: '1' },
  })
  assert.throws(
    () => any.toJson(any.accept({ typeUrl: 'type.googleapis.com/x.Y', value: new Uint8Array() })),
    refused(/Any of a type unknown here: type\.googleapis\.com\/x\.Y/),
  )
})

test('well-known types are taken in the form that they have in memory', () => {
  const time = protobufCodec(TimestampSchema)
  assert.deepEqual(time.toJson(time.accept({ seconds: 0n })), '1970-01-01T00:00:00Z')
  const struct = protobufCodec(StructSchema)
  assert.deepEqual(struct.toJson(struct.accept(new Json({ a: [1, null] }))), { a: [1, null] })
  const type = protobufCodec(TypeSchema)
  assert.deepEqual(
    type.toJson(type.accept({ options: [{ value: { typeUrl: '', value: new Uint8Array() } }] })),
    {
      options: [{ value: {} }],
    },
  )
})

test('broken bytes and bytes over the limit are refused', () => {
  const url = 'type.googleapis.com/spawn.actors.ActorId'
  const id = protobufCodec(ActorIdSchema)
  assert.throws(() => id.accept(new Packed(url, Uint8Array.of(10))), refused(/cannot be decoded/))
  const large = (thrown: unknown): boolean =>
    isSpawnError(thrown) && thrown.details['limit'] === 'payloadBytes'
  assert.throws(() => id.accept(new Packed(url, new Uint8Array(LIMITS.payloadBytes + 1))), large)
  assert.throws(() => id.pack(id.accept({ name: 'x'.repeat(LIMITS.payloadBytes) })), large)
})

test('arbitrary bytes are a message or a refusal', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (value) => {
      try {
        const message = request.accept(new Packed('t/spawn.InvocationRequest', value))
        assert.ok(equals(InvocationRequestSchema, message, fromBinary(InvocationRequestSchema, value)))
      } catch (thrown) {
        assert.ok(isSpawnError(thrown) && thrown.code === 'INVALID_ARGUMENT', messageOf(thrown))
      }
    }),
    { numRuns: 1_000 },
  )
})
