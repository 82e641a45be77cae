import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import * as fc from 'fast-check'

import { isSpawnError, LIMITS } from '../base/index.ts'
import { anyCodec } from './any-codec.ts'
import { NoopSchema } from './gen/spawn/actors/protocol_pb.ts'
import { jsonCodec } from './json-codec.ts'
import { Json, Packed } from './packed.ts'

const types = fc.stringMatching(/^[a-z./]{0,12}\/[A-Za-z.]{1,12}$/)

test('bytes come out as the same bytes', () => {
  const packed = new Packed('anything, even this', Uint8Array.of(1, 2, 3))
  assert.equal(anyCodec.accept(packed), packed)
  assert.equal(anyCodec.pack(packed), packed)
  assert.equal(anyCodec.accept(undefined), undefined)
})

test('JSON of people is a JSONType, and so are live values', () => {
  assert.deepEqual(anyCodec.accept(new Json({ a: [1] })), jsonCodec.pack({ a: [1] }))
  assert.deepEqual(anyCodec.accept({ a: [1] }), jsonCodec.pack({ a: [1] }))
  assert.deepEqual(anyCodec.accept(new Json(null)), jsonCodec.pack(null))
  assert.equal(anyCodec.accept(new Json(undefined)), undefined)
})

test('people see JSON as JSON and all else as its type and bytes, and can hand that in again', () => {
  assert.deepEqual(anyCodec.toJson(jsonCodec.pack({ a: 1 })), { a: 1 })
  assert.equal(anyCodec.toJson(undefined), undefined)
  fc.assert(
    fc.property(types, fc.uint8Array({ maxLength: 40 }), (typeUrl, value) => {
      const packed = new Packed(typeUrl, value)
      const shown: unknown = JSON.parse(JSON.stringify(anyCodec.toJson(packed)))
      assert.deepEqual(Object.keys(shown as object), ['@type', 'value'])
      assert.deepEqual(anyCodec.accept(new Json(shown)), packed)
    }),
  )
})

test('JSON that only looks like a type with bytes stays JSON', () => {
  const lookalikes = [
    { '@type': 'Person', value: 'AAAA' },
    { '@type': 'x/y', value: 'not base64!' },
    { '@type': 'x/y', value: 'AAAA', more: 1 },
    { '@type': 'x/y', value: 5 },
    { '@type': 'x/y' },
  ]
  for (const value of lookalikes) assert.deepEqual(anyCodec.accept(new Json(value)), jsonCodec.pack(value))
})

test('what has no bytes is refused, and so is what is too large', () => {
  assert.throws(
    () => anyCodec.accept(create(NoopSchema)),
    (error) =>
      isSpawnError(error) && error.code === 'INVALID_ARGUMENT' && error.message.includes('spawn.Noop'),
  )
  assert.throws(
    () => anyCodec.accept({ big: 1n }),
    (error) => isSpawnError(error) && error.code === 'INVALID_ARGUMENT',
  )
  assert.throws(
    () => anyCodec.pack(new Packed('x/y', new Uint8Array(LIMITS.payloadBytes + 1))),
    (error) => isSpawnError(error) && error.details['limit'] === 'payloadBytes',
  )
})
