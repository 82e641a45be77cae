// Tags as bytes: exact, and found by their bytes alone.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { packTags, tagBytes, unpackTags } from './tag-bytes.ts'

const ODD = { a: '', '': 'b', ['__proto__']: 'x', 'ä\0\u{1f600}': '\ufffd', 'a"b': "'" }

test('tags come back exactly, in their order', () => {
  const unpacked = unpackTags(packTags(ODD))
  assert.deepEqual(Object.entries(unpacked), Object.entries(ODD))
  assert.equal(packTags({}), null)
  assert.deepEqual(unpackTags(null), {})
})

test('a tag is found in the bytes of those that have it, and in no others', () => {
  const bytes = packTags({ region: 'eu', tier: 'gold', note: 'region' })
  const has = (key: string, value: string) => bytes?.includes(tagBytes(key, value))
  assert.ok(has('region', 'eu') && has('tier', 'gold') && has('note', 'region'))
  for (const [key, value] of [
    ['region', 'e'],
    ['egion', 'eu'],
    ['region', 'eur'],
    ['note', 'regio'],
    ['tier', 'eu'],
  ] as const)
    assert.ok(!has(key, value), `${key}=${value}`)
})

test('bytes that are damaged are refused', () => {
  for (const bytes of ['fe61ff62', 'fe6162fe'])
    assert.throws(() => unpackTags(Buffer.from(bytes, 'hex')), /damaged/)
})
