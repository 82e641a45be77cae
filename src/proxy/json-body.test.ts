// A body is taken as JSON or refused with its place; nothing of it reaches a prototype, a deep stack or a message.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'

import { SpawnError } from '../base/index.ts'
import { parseJsonBody } from './json-body.ts'

const parse = (body: string | Buffer): unknown => parseJsonBody(Buffer.from(body), 16).value

function refusal(body: string | Buffer): SpawnError {
  try {
    parse(body)
  } catch (error) {
    assert.ok(error instanceof SpawnError)
    assert.equal(error.code, 'INVALID_ARGUMENT')
    return error
  }
  return assert.fail('the body was taken')
}

test('any JSON comes in as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 10, stringUnit: 'grapheme' }), (text) => {
      fc.pre(!text.includes('__proto__'))
      assert.deepEqual(parse(text), JSON.parse(text))
    }),
  )
  assert.deepEqual(parse('\ufeff{"a":1}'), { a: 1 })
  assert.equal(parse('"\ufffd"'), '\ufffd')
})

test('a refusal names line, column and position, and quotes nothing', () => {
  const error = refusal('{\n  "card": secret\n}')
  assert.match(error.message, /line 2, column 11, where a value was expected/)
  assert.deepEqual(error.details, { line: 2, column: 11, position: 12 })
  assert.doesNotMatch(JSON.stringify([error.message, error.details, String(error.cause)]), /secret/)
  assert.match(refusal('{"a":').message, /it ends at line 1, column 6/)
})

test('bytes that are no UTF-8 are refused, not replaced', () => {
  assert.match(refusal(Buffer.from([0x22, 0xff, 0x22])).message, /not valid UTF-8/)
})

test('nesting has a limit, brackets in strings do not count', () => {
  assert.ok(parse('['.repeat(16) + ']'.repeat(16)))
  assert.match(refusal('['.repeat(17) + ']'.repeat(17)).message, /deeper than 16 levels at line 1, column 17/)
  assert.equal(parse(JSON.stringify('['.repeat(99))), '['.repeat(99))
  assert.equal(parse(JSON.stringify('"['.repeat(99))), '"['.repeat(99))
  assert.ok(parse('[' + '[],'.repeat(99) + '[]]'))
})

test('keys that could reach a prototype are refused with their path, however they are written', () => {
  assert.match(refusal('{"__proto__":{"admin":true}}').message, /the key \/__proto__,/)
  assert.deepEqual(refusal('{"a":[{"b":{"__pr\\u006fto__":1}}]}').details, { path: '/a/0/b/__proto__' })
  assert.match(refusal('{"constructor":{"prototype":{}}}').message, /the key \/constructor,/)
  assert.match(refusal('{"c\\u006fnstructor":{"pr\\u006ftotype":1}}').message, /constructor/)
  assert.match(refusal(`{"${'k'.repeat(500)}":{"__proto__":1}}`).message, /key …k{10,}\/__proto__,/)
})

test('the same words as data are no harm', () => {
  for (const text of [
    '"__proto__"',
    '["__proto__","prototype"]',
    '{"constructor":"Ferrari"}',
    '{"prototype":1}',
  ]) {
    assert.deepEqual(parse(text), JSON.parse(text))
  }
})
