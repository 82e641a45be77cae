// JSON values come back as they went, or are refused with the path of what cannot.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import * as fc from 'fast-check'
import * as v from 'valibot'
import { z } from 'zod'

import { isSpawnError, messageOf } from '../base/index.ts'
import { jsonCodec, standardCodec } from './json-codec.ts'
import { packJsonText } from './json-type.ts'
import { Json, Packed } from './packed.ts'
import { anyCharacter } from '../../test/any-character.ts'

const JSON_URL = 'type.googleapis.com/spawn.JSONType'

function refused(message: RegExp): (thrown: unknown) => boolean {
  return (thrown) => {
    assert.ok(isSpawnError(thrown) && thrown.code === 'INVALID_ARGUMENT', messageOf(thrown))
    assert.match(thrown.message, message)
    return true
  }
}

test('any JSON value comes back, half surrogate pairs and odd keys included', () => {
  const value = fc.jsonValue({ stringUnit: anyCharacter, maxDepth: 5 })
  fc.assert(
    fc.property(value, (json) => {
      const back = jsonCodec.accept(jsonCodec.pack(json))
      assert.deepEqual(back, JSON.parse(JSON.stringify(json)))
    }),
    { numRuns: 500 },
  )
  fc.assert(
    fc.property(fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)) }), (text) => {
      assert.equal(jsonCodec.accept(jsonCodec.pack(text)), text)
      assert.deepEqual(jsonCodec.accept(jsonCodec.pack({ [`k${text}`]: text })), { [`k${text}`]: text })
    }),
  )
})

test('numbers come back exactly, up to the sign of zero', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
      assert.equal(jsonCodec.accept(jsonCodec.pack(number)), Object.is(number, -0) ? 0 : number)
    }),
  )
  for (const number of [Number.MAX_VALUE, Number.MIN_VALUE, 2 ** 53, -(2 ** 53) - 2, 1e21, 0.1 + 0.2]) {
    assert.deepEqual(jsonCodec.accept(jsonCodec.pack({ number })), { number })
  }
})

test('a live value passes untouched; a Json is unwrapped', () => {
  const live = { total: 1 }
  assert.equal(jsonCodec.accept(live), live)
  assert.equal(jsonCodec.accept(new Json(live)), live)
  assert.equal(jsonCodec.accept(undefined), undefined)
  assert.equal(jsonCodec.accept(null), null)
  assert.equal(jsonCodec.toJson(live), live)
  assert.equal(jsonCodec.accept(jsonCodec.pack(null)), null)
})

test('nothing can be said in several ways, and is never packed', () => {
  assert.equal(
    jsonCodec.accept(new Packed('type.googleapis.com/google.protobuf.Empty', new Uint8Array())),
    undefined,
  )
  assert.equal(jsonCodec.accept(new Packed(JSON_URL, new Uint8Array())), undefined)
  assert.equal(jsonCodec.accept(packJsonText('')), undefined)
  assert.throws(() => jsonCodec.pack(undefined), { code: 'DEFECT' })
})

test('what JSON would drop or change is refused by its path', () => {
  const cycle: Record<string, unknown> = {}
  cycle['me'] = [cycle]
  for (const [value, message] of [
    [1n, /^the value: JSON cannot carry a bigint$/],
    [() => 1, /^the value: JSON cannot carry a function$/],
    [Symbol('s'), /a symbol/],
    [{ cart: { items: new Map() } }, /^cart\.items: JSON cannot carry an instance of Map$/],
    [{ a: [0, { 'b c': Number.NaN }] }, /^a\[1\]\["b c"\]: JSON cannot carry NaN$/],
    [[Number.POSITIVE_INFINITY], /^\[0\]: JSON cannot carry Infinity$/],
    [[1, undefined], /^\[1\]: JSON cannot carry undefined$/],
    [new Array(2), /^\[0\]: /],
    [{ pending: Promise.resolve() }, /^pending: .*Promise/],
    [{ bytes: new Uint8Array(2) }, /^bytes: .*Uint8Array/],
    [{ failure: new Error('x') }, /^failure: .*Error/],
    [{ on: () => 1 }, /^on: .*function/],
    [cycle, /^me\[0\]\.me\[0\].*…: .*cycle/],
    [{ toJSON: () => undefined }, /toJSON method answers nothing/],
    [
      {
        toJSON() {
          throw new Error('not now')
        },
      },
      /cannot be written as JSON: not now/,
    ],
  ] as const) {
    assert.throws(() => jsonCodec.pack(value), refused(message))
  }
})

test('what JSON carries in its own way passes', () => {
  class Point {
    x = 1
    norm(): number {
      return this.x
    }
  }
  assert.deepEqual(jsonCodec.accept(jsonCodec.pack(new Point())), { x: 1 })
  assert.deepEqual(jsonCodec.accept(jsonCodec.pack({ at: new Date(0) })), { at: '1970-01-01T00:00:00.000Z' })
  assert.deepEqual(jsonCodec.accept(jsonCodec.pack({ gone: undefined })), {})
  assert.deepEqual(jsonCodec.accept(jsonCodec.pack({ toJSON: () => 'me' })), 'me')
  assert.deepEqual(jsonCodec.accept(jsonCodec.pack(Object.assign(Object.create(null), { a: 1 }))), { a: 1 })
  const proto: unknown = JSON.parse('{"__proto__":{"polluted":true}}')
  assert.deepEqual(jsonCodec.accept(jsonCodec.pack(proto)), proto)
})

test('bytes that are no JSON are refused without being quoted', () => {
  assert.throws(
    () => jsonCodec.accept(packJsonText('{"secret')),
    refused(/^the content of a \S+ is not valid JSON$/),
  )
  assert.throws(
    () => jsonCodec.accept(new Packed(JSON_URL, Uint8Array.of(10, 200))),
    refused(/cannot be decoded/),
  )
  assert.throws(
    () => jsonCodec.accept(new Packed(JSON_URL, Uint8Array.of(10, 3, 34, 0xff, 34))),
    refused(/cannot be decoded/),
  )
  assert.throws(
    () => jsonCodec.accept(new Packed('t/shop.Cart', new Uint8Array())),
    refused(/expected JSON .*got t\/shop\.Cart/),
  )
  assert.throws(() => jsonCodec.accept(new Packed('', new Uint8Array())), refused(/a value without a type/))
})

test('a schema looks at live, stored and parsed values alike, and its output is what the action gets', () => {
  for (const schema of [
    v.object({ value: v.optional(v.number(), 7) }),
    z.object({ value: z.number().default(7) }),
  ]) {
    const codec = standardCodec(schema)
    for (const value of [{ value: 1 }, new Json({ value: 1 }), jsonCodec.pack({ value: 1 })]) {
      assert.deepEqual(codec.accept(value), { value: 1 })
    }
    assert.deepEqual(codec.accept({}), { value: 7 })
    assert.deepEqual(codec.accept(codec.pack({ value: 2 })), { value: 2 })
    assert.throws(() => codec.accept(undefined), refused(/^the value: /))
  }
})

test('a refusal names the paths and what was expected, and never quotes the value', () => {
  const bad = { value: 'hunter2', list: [{ email: 'hunter2' }] }
  for (const schema of [
    v.object({ value: v.number(), list: v.array(v.object({ email: v.pipe(v.string(), v.email()) })) }),
    z.object({
      value: z.number({ error: (issue) => `expected number, not ${JSON.stringify(issue.input)}` }),
      list: z.array(
        z.object({ email: z.email({ error: (issue) => `${String(issue.input)} is no address` }) }),
      ),
    }),
  ]) {
    assert.throws(
      () => standardCodec(schema).accept(bad),
      (thrown) => {
        assert.ok(isSpawnError(thrown))
        assert.match(thrown.message, /^value: .*expected number.*; list\[0\]\.email: /i)
        assert.ok(!JSON.stringify([thrown.message, thrown.details]).includes('hunter2'), thrown.message)
        return true
      },
    )
  }
})

test('many issues are cut', () => {
  const codec = standardCodec(v.array(v.number()))
  assert.throws(() => codec.accept(Array.from({ length: 20 }, () => 'x')), refused(/\[7\]: .*; and 12 more$/))
})

test('a schema that validates asynchronously is refused, also when it would have rejected', () => {
  assert.throws(
    () => standardCodec(z.string().refine(async () => true)).accept('x'),
    refused(/zod schema validates asynchronously/),
  )
  const rejects = schemaOf(() => Promise.reject(new Error('later')))
  assert.throws(() => standardCodec(rejects).accept('x'), refused(/own schema validates asynchronously/))
})

test('a schema that throws is a refusal too', () => {
  const throws = schemaOf(() => {
    throw new Error('secret')
  })
  assert.throws(
    () => standardCodec(throws).accept('x'),
    refused(/^the own schema threw instead of answering$/),
  )
})

function schemaOf(validate: StandardSchemaV1.Props['validate']): StandardSchemaV1 {
  return { '~standard': { version: 1, vendor: 'own', validate } }
}
