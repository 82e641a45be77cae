// Our bytes are the library's bytes, for every kind of field; what is no value of its field is not written at all.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  create,
  createFileRegistry,
  type DescMessage,
  fromBinary,
  fromJson,
  toBinary,
} from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema, StructSchema } from '@bufbuild/protobuf/wkt'
import * as fc from 'fast-check'

import { InvocationRequestSchema, NoopSchema } from '../gen/spawn/actors/protocol_pb.ts'
import { messageBytes } from './message-writer.ts'
import { anyCharacter } from '../../../test/any-character.ts'

const bits = (size: number, signed: boolean): fc.Arbitrary<number> =>
  fc.integer(signed ? { min: -(2 ** (size - 1)), max: 2 ** (size - 1) - 1 } : { min: 0, max: 2 ** size - 1 })
const bigBits = (signed: boolean): fc.Arbitrary<bigint> =>
  fc.bigInt(signed ? { min: -(2n ** 63n), max: 2n ** 63n - 1n } : { min: 0n, max: 2n ** 64n - 1n })

/** Each scalar type with values of it. */
const SCALARS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  double: fc.double(),
  float: fc.float(),
  int64: bigBits(true),
  uint64: bigBits(false),
  int32: bits(32, true),
  fixed64: bigBits(false),
  fixed32: bits(32, false),
  bool: fc.boolean(),
  string: fc.string({ unit: anyCharacter }),
  bytes: fc.uint8Array(),
  uint32: bits(32, false),
  sfixed32: bits(32, true),
  sfixed64: bigBits(true),
  sint32: bits(32, true),
  sint64: bigBits(true),
}

const names = Object.keys(SCALARS)
const capital = (name: string): string => name.slice(0, 1).toUpperCase() + name.slice(1)

/** A message that has each scalar as a plain field, an optional one, a member of a oneof, a list and a map's value. */
function everyKind(): DescMessage {
  const field = (prefix: string, name: string, number: number, more: object): object => ({
    name: `${prefix}_${name}`,
    number,
    type: `TYPE_${name.toUpperCase()}`,
    label: 'LABEL_OPTIONAL',
    ...more,
  })
  const repeated = { label: 'LABEL_REPEATED' }
  const fields = names.flatMap((name, at) => [
    // Numbers against the order of declaration: bytes are written by number.
    field('plain', name, 900 - at, {}),
    field('optional', name, 100 + at, { proto3Optional: true, oneofIndex: at + 1 }),
    field('one', name, 200 + at, { oneofIndex: 0 }),
    field('list', name, 1 + at, repeated),
    field('unpacked', name, 20 + at, { ...repeated, options: { packed: false } }),
    field('map', name, 400 + at, {
      ...repeated,
      type: 'TYPE_MESSAGE',
      typeName: `.test.Every.Map${capital(name)}Entry`,
    }),
  ])
  const entries = names.map((name) => ({
    name: `Map${capital(name)}Entry`,
    options: { mapEntry: true },
    field: [
      { name: 'key', number: 1, type: 'TYPE_STRING', label: 'LABEL_OPTIONAL' },
      { name: 'value', number: 2, type: `TYPE_${name.toUpperCase()}`, label: 'LABEL_OPTIONAL' },
    ],
  }))
  const self = {
    name: 'self',
    number: 950,
    type: 'TYPE_MESSAGE',
    label: 'LABEL_OPTIONAL',
    typeName: '.test.Every',
  }
  const every = {
    name: 'Every',
    field: [...fields, self, { ...self, ...repeated, name: 'selves', number: 951 }],
    nestedType: entries,
    oneofDecl: [{ name: 'one' }, ...names.map((name) => ({ name: `_optional_${name}` }))],
  }
  const json = { name: 'test.proto', package: 'test', syntax: 'proto3', messageType: [every] }
  const file = fromJson(FileDescriptorProtoSchema, JSON.parse(JSON.stringify(json)))
  const found = createFileRegistry(file, () => undefined).getMessage('test.Every')
  assert.ok(found)
  return found
}

const Every = everyKind()

const flat = fc.record(
  Object.fromEntries(
    Object.entries(SCALARS).flatMap(([name, value]) => [
      [`plain${capital(name)}`, value],
      [`optional${capital(name)}`, value],
      [`list${capital(name)}`, fc.array(value, { maxLength: 3 })],
      [`unpacked${capital(name)}`, fc.array(value, { maxLength: 3 })],
      [`map${capital(name)}`, fc.dictionary(fc.string(), value, { maxKeys: 3 })],
    ]),
  ),
  { requiredKeys: [] },
)
const one = fc.oneof(
  ...Object.entries(SCALARS).map(([name, value]) =>
    fc.record({ case: fc.constant(`one${capital(name)}`), value }),
  ),
)
const every = fc.record({ one, self: flat, selves: fc.array(flat, { maxLength: 2 }) }, { requiredKeys: [] })

test('every kind of field is written as the library writes it', () => {
  fc.assert(
    fc.property(flat, every, (outer, inner) => {
      const message = create(Every, Object.assign({}, outer, inner))
      const bytes = messageBytes(Every, message)
      assert.deepEqual(Buffer.from(bytes), Buffer.from(toBinary(Every, message)))
      assert.equal(bytes.buffer.byteLength, bytes.length)
    }),
    { numRuns: 200 },
  )
})

test('a text is empty only when it has nothing in it', () => {
  for (const actionName of ['0', 'false', '0n', ' ', '']) {
    const message = create(InvocationRequestSchema, { actionName })
    assert.deepEqual(
      messageBytes(InvocationRequestSchema, message),
      toBinary(InvocationRequestSchema, message),
    )
    const back = fromBinary(InvocationRequestSchema, messageBytes(InvocationRequestSchema, message))
    assert.equal(back.actionName, actionName)
  }
})

test('the sign of zero counts where the type has one', () => {
  const zeros = Object.fromEntries(
    names.filter((name) => /32|double|float/.test(name)).map((name) => [`plain${capital(name)}`, -0]),
  )
  const message = create(Every, zeros)
  assert.deepEqual(messageBytes(Every, message), toBinary(Every, message))
})

test('fields that are unknown here are written back as they came', () => {
  const later = toBinary(Every, create(Every, { plainInt32: 7, plainString: 'x' }))
  const message = fromBinary(NoopSchema, later)
  assert.deepEqual(Buffer.from(messageBytes(NoopSchema, message)), Buffer.from(later))
})

test('a type that is something else in memory is left to the library', () => {
  const struct = fromJson(StructSchema, { a: [1, { b: null }] })
  assert.deepEqual(messageBytes(StructSchema, struct), toBinary(StructSchema, struct))
})

test('what is no value of its field throws, and the next message is written as if nothing had been', () => {
  const good = create(InvocationRequestSchema, { actionName: 'add', actor: { id: { name: 'a' } } })
  const expected = toBinary(InvocationRequestSchema, good)
  for (const spoil of [
    { actionName: 5 },
    { actionName: '\udc00' },
    { async: 'true' },
    { scheduledTo: 2n ** 64n },
    { scheduledTo: {} },
    { metadata: { a: 1 } },
    { metadata: null },
    { payload: undefined },
    { actor: create(NoopSchema) },
    { actor: 'a' },
  ]) {
    const bad = Object.assign(create(InvocationRequestSchema, { actor: { id: { name: 'b' } } }), spoil)
    assert.throws(() => messageBytes(InvocationRequestSchema, bad), Error, JSON.stringify(Object.keys(spoil)))
    assert.deepEqual(messageBytes(InvocationRequestSchema, good), expected)
  }
})

test('a message that asks for another while it is written gets both right', () => {
  const inner = create(InvocationRequestSchema, { actionName: 'inner' })
  const outer = create(InvocationRequestSchema, { system: { name: 's' } })
  Object.defineProperty(outer, 'actionName', {
    enumerable: true,
    get: () => fromBinary(InvocationRequestSchema, messageBytes(InvocationRequestSchema, inner)).actionName,
  })
  const expected = toBinary(
    InvocationRequestSchema,
    create(InvocationRequestSchema, { system: { name: 's' }, actionName: 'inner' }),
  )
  assert.deepEqual(messageBytes(InvocationRequestSchema, outer), expected)
})

test('a large message does not leave its buffer behind', () => {
  const large = create(InvocationRequestSchema, { actionName: 'x'.repeat(1_000_000) })
  const small = create(InvocationRequestSchema, { actionName: 'x' })
  assert.deepEqual(messageBytes(InvocationRequestSchema, large), toBinary(InvocationRequestSchema, large))
  assert.deepEqual(messageBytes(InvocationRequestSchema, small), toBinary(InvocationRequestSchema, small))
})
