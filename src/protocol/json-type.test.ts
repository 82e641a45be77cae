// The hand-written bytes of a JSONType are those of the generated message, whatever the text.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import * as fc from 'fast-check'

import { isSpawnError, LIMITS } from '../base/index.ts'
import { JSONTypeSchema } from './gen/spawn/actors/protocol_pb.ts'
import { checkPayloadSize, isJsonType, JSON_TYPE_URL, jsonTextOf, packJsonText } from './json-type.ts'
import { Packed } from './packed.ts'
import { anyCharacter } from '../../test/any-character.ts'

const generated = (content: string): Uint8Array =>
  toBinary(JSONTypeSchema, create(JSONTypeSchema, { content }))

function sameAsGenerated(text: string): void {
  for (const packed of [packJsonText(text), packJsonText(text, true)]) {
    assert.deepEqual(packed.value, text === '' ? Uint8Array.of(0x0a, 0) : generated(text))
    assert.equal(fromBinary(JSONTypeSchema, packed.value).content, text)
    assert.equal(jsonTextOf(packed), text)
  }
}

test('any text is written and read as the generated code does it', () => {
  fc.assert(fc.property(fc.string({ unit: anyCharacter, maxLength: 300 }), sameAsGenerated), { numRuns: 500 })
})

test('also at every length where the bytes change shape', () => {
  for (const length of [
    0, 1, 61, 62, 63, 127, 128, 2_047, 2_048, 2_049, 16_383, 16_384, 21_845, 21_846, 70_000, 2_097_151,
    2_097_152,
  ]) {
    for (const unit of ['x', 'ä', '漢']) sameAsGenerated(unit.repeat(Math.ceil(length / unit.length)))
  }
})

test('the bytes own their buffer, so that sending them sends nothing else', () => {
  for (const text of ['{}', 'ä', 'x'.repeat(1_000), 'x'.repeat(100_000)]) {
    const { value } = packJsonText(text)
    assert.equal(value.buffer.byteLength, value.length)
  }
})

test('those that are brief share buffers, of which each byte is written once', () => {
  const texts = Array.from({ length: 1_000 }, (_none, at) => `${at}${'xä漢'[at % 3]?.repeat(at % 700)}`)
  const packed = texts.map((text) => packJsonText(text, true))
  assert.deepEqual(
    packed.map((one) => jsonTextOf(one)),
    texts,
  )
  const buffers = new Set(packed.map(({ value }) => value.buffer))
  assert.ok(buffers.size < 500, `${buffers.size} buffers`)
  for (const { byteLength } of buffers) assert.ok(byteLength <= 16_384)
})

test('those that are brief and short are one array while the text is the same, others never are', () => {
  const bytes = ['{"total":1}', '{"total":1}', '{"total":2}', '{"total":1}'].map(
    (text) => packJsonText(text, true).value,
  )
  assert.equal(bytes[0], bytes[1])
  assert.equal(new Set(bytes).size, 3)
  const own = packJsonText('{"total":1}').value
  assert.ok(!bytes.includes(own) && packJsonText('{"total":1}').value !== own)
  for (const text of ['"ä"', '"ä"', '"x"', '"ä"']) assert.equal(jsonTextOf(packJsonText(text, true)), text)
})

test('half a pair of surrogates is written as the replacement character, brief or not', () => {
  for (const text of ['"\ud800"', `"${'x'.repeat(100)}\udc00"`, `"\ud800${'ä'.repeat(100)}"`])
    for (const isBrief of [false, true])
      assert.equal(jsonTextOf(packJsonText(text, isBrief)), text.toWellFormed())
})

test('both type URLs are JSON, and no other', () => {
  assert.ok(isJsonType(JSON_TYPE_URL))
  assert.ok(isJsonType('type.googleapis.com/eigr.functions.protocol.JSONType'))
  assert.ok(!isJsonType('type.googleapis.com/google.protobuf.StringValue'))
})

test('fields that we do not know are passed over, wherever they stand', () => {
  const unknown = new BinaryWriter()
    .tag(9, WireType.LengthDelimited)
    .string('later')
    .tag(8, WireType.Varint)
    .int64(-1)
    .tag(7, WireType.Bit64)
    .double(0.5)
    .tag(6, WireType.Bit32)
    .float(0.5)
    .tag(5, WireType.StartGroup)
    .tag(5, WireType.StartGroup)
    .tag(1, WireType.LengthDelimited)
    .string('no content')
    .tag(5, WireType.EndGroup)
    .tag(5, WireType.EndGroup)
    .finish()
  assert.equal(fromBinary(JSONTypeSchema, unknown).$unknown?.length, 5)
  const known = generated('{"total":1}')
  for (const bytes of [Buffer.concat([unknown, known]), Buffer.concat([known, unknown])]) {
    assert.equal(jsonTextOf(new Packed(JSON_TYPE_URL, bytes)), '{"total":1}')
  }
  assert.equal(jsonTextOf(new Packed(JSON_TYPE_URL, unknown)), '')
  assert.equal(jsonTextOf(new Packed(JSON_TYPE_URL, Buffer.concat([generated('1'), known]))), '{"total":1}')
})

test('a field that ends too soon, or never, is refused', () => {
  const [varint, fixed64, text, group, fixed32, groupEnd] = [0x40, 0x41, 0x42, 0x43, 0x45, 0x44]
  for (const bytes of [
    [varint],
    [varint, 0x80],
    [fixed64, 1, 2, 3, 4, 5, 6, 7],
    [fixed32, 1, 2, 3],
    [text, 2, 0x61],
    [group, varint, 1],
    [group, groupEnd + 8],
    [groupEnd],
    Array.from({ length: 101 }, () => group),
    [0, 1],
    [0x0a, 1],
    [0x0a, 1, 0xff, 0x0a, 0],
  ]) {
    const value = Uint8Array.from(bytes)
    assert.throws(() => fromBinary(JSONTypeSchema, value), `the library takes ${bytes.join(' ')}`)
    assert.throws(() => jsonTextOf(new Packed(JSON_TYPE_URL, value)), { code: 'INVALID_ARGUMENT' })
  }
})

/** Whether there is a content that says it is no text: the library reads one all the same. */
function hasOtherContent(bytes: Uint8Array): boolean {
  const reader = new BinaryReader(bytes)
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag()
    if (field === 1 && wireType !== WireType.LengthDelimited) return true
    reader.skip(wireType, field)
  }
  return false
}

test('arbitrary bytes are read as the generated code reads them, or refused', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.uint8Array({ maxLength: 40 }).map((tail) => Uint8Array.of(0x0a, tail.length, ...tail)),
  )
  fc.assert(
    fc.property(bytes, (value) => {
      let expected: string | null = null
      try {
        expected = fromBinary(JSONTypeSchema, value).content
      } catch {
        expected = null
      }
      try {
        const text = jsonTextOf(new Packed(JSON_TYPE_URL, value))
        assert.equal(text, expected)
      } catch (thrown) {
        assert.ok(isSpawnError(thrown) && thrown.code === 'INVALID_ARGUMENT', String(thrown))
        assert.ok(expected === null || hasOtherContent(value))
      }
    }),
    { numRuns: 1_000 },
  )
})

test('a value over the limit is refused, both ways, and says which limit', () => {
  const over = (thrown: unknown): boolean =>
    isSpawnError(thrown) && thrown.code === 'INVALID_ARGUMENT' && thrown.details['limit'] === 'payloadBytes'
  assert.throws(() => packJsonText('x'.repeat(LIMITS.payloadBytes)), over)
  assert.throws(() => jsonTextOf(new Packed(JSON_TYPE_URL, new Uint8Array(LIMITS.payloadBytes + 1))), over)
  assert.equal(packJsonText('x'.repeat(LIMITS.payloadBytes - 5)).value.length, LIMITS.payloadBytes)
  checkPayloadSize(LIMITS.payloadBytes)
})
