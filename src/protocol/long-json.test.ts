// JSON of long texts is that of JSON.stringify, byte for byte, whatever stands in them and beside them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { isSpawnError, LIMITS } from '../base/index.ts'
import { jsonCodec } from './json-codec.ts'
import { jsonTextOf, packJsonText } from './json-type.ts'
import { LONG_TEXT, LongJson } from './long-json.ts'
import { anyCharacter } from '../../test/any-character.ts'

function sameAsStringify(value: unknown): void {
  const packed = jsonCodec.pack(value)
  const text = JSON.stringify(value)
  assert.equal(jsonTextOf(packed), text)
  assert.deepEqual(packed, packJsonText(text))
  assert.equal(packed.value.buffer.byteLength, packed.value.length, 'it owns its buffer')
}

/** Some characters again and again, and one in the middle. */
const longText = fc
  .tuple(
    fc.string({ unit: anyCharacter, minLength: 1, maxLength: 20 }),
    fc.string({ unit: anyCharacter, maxLength: 2 }),
    fc.integer({ min: LONG_TEXT - 30, max: LONG_TEXT + 30 }),
  )
  .map(([unit, middle, length]) => {
    const half = unit.repeat(Math.ceil(length / 2 / unit.length))
    return half + middle + half
  })

const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    longText,
    fc.string({ unit: anyCharacter }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.constant(new Date(0)),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(fc.string({ unit: anyCharacter }), fc.oneof(tie('any'), fc.constant(undefined)), {
      maxKeys: 4,
    }),
  ),
})).any

test('any value with long texts in it', () => {
  fc.assert(fc.property(value, sameAsStringify), { numRuns: 300 })
})

test('every character that has an escape, alone and among others', () => {
  const controls = Array.from({ length: 0x20 }, (_none, code) => String.fromCharCode(code))
  for (const character of [...controls, '"', '\\', '\u007f', '\u0080', '\u2028', '漢', '😀'])
    for (const text of [
      character.repeat(LONG_TEXT),
      'x'.repeat(LONG_TEXT) + character,
      `${character}${'é'.repeat(LONG_TEXT)}`,
    ])
      sameAsStringify({ [character]: [text, 1], after: text })
})

test('what is to be written in its own way is left to JSON.stringify', () => {
  const long = 'x'.repeat(LONG_TEXT)
  class Point {
    x = 1
    text = long
  }
  const keyed = { toJSON: (key: string) => `under ${key}` }
  sameAsStringify({ long, keyed })
  sameAsStringify([long, keyed])
  sameAsStringify({ text: long, toJSON: () => ({ other: long }) })
  sameAsStringify(Object.assign(Object.create(null), { long }))
  sameAsStringify({ half: `${long}\ud800`, other: long, gone: undefined })
  sameAsStringify(new Point())
  assert.equal(LongJson.of({ long, keyed }), null)
  assert.notEqual(LongJson.of(new Point()), null)
})

test('the limit of a payload is one of its bytes, escapes included', () => {
  const room = LIMITS.payloadBytes - 5
  assert.equal(jsonCodec.pack('x'.repeat(room - 2)).value.length, LIMITS.payloadBytes)
  for (const text of ['x'.repeat(room - 1), '\n'.repeat(room / 2)])
    assert.throws(
      () => jsonCodec.pack(text),
      (error) => isSpawnError(error) && error.code === 'INVALID_ARGUMENT',
    )
})

test('what throws while it is written is said to be no JSON', () => {
  const value = {
    long: 'x'.repeat(LONG_TEXT),
    deep: { deeper: { toJSON: () => assert.fail('not now') } },
  }
  assert.throws(() => jsonCodec.pack(value), /cannot be written as JSON: not now/)
})
