import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashOf, hashOfAscii, hashOfDigits } from './hash.ts'

test('a hash is a whole number below 2^32, and hardly ever that of another text', () => {
  const seen = new Set<number>()
  for (let at = 0; at < 20_000; at += 1) seen.add(hashOf(`order-${at}`))
  assert.ok(seen.size >= 19_998, `${seen.size} of 20,000`)
  for (const hash of seen) assert.ok(Number.isInteger(hash) && hash >= 0 && hash < 2 ** 32)
})

test('its lowest bits are spread, which tables in memory go by', () => {
  const slots = new Array<number>(256).fill(0)
  for (let at = 0; at < 25_600; at += 1) slots[hashOf(`actor-${at}`) & 255]! += 1
  assert.ok(Math.max(...slots) < 200 && Math.min(...slots) > 40, String(slots))
})

test('it stays what it is: hashes stand in store files', () => {
  assert.deepEqual(
    ['', 'a', 'order-7', 'ü'].map(hashOf),
    [1_572_119_809, 2_156_595_625, 3_304_707_453, 2_623_175_509],
  )
})

test('of the bytes of a text it is the same, where they are ASCII', () => {
  for (const text of ['', 'a', 'order-7', '7f3c1c52-8f64-4d0e-9a0b-2f6f1f0f2d11']) {
    const bytes = Buffer.from(`<${text}>`)
    assert.equal(hashOfAscii(bytes, 1, bytes.length - 1), hashOf(text))
  }
  const bytes = Buffer.from('bücher')
  assert.equal(hashOfAscii(bytes, 0, bytes.length), -1)
})

test('of digits that stand as half as many bytes it is that of the text', () => {
  for (const text of ['', '00', '0123456789abcdef0123456789abcdef', 'fedcba98765432100123456789abcdef']) {
    const bytes = Buffer.from(`00${text}00`, 'hex')
    assert.equal(hashOfDigits(bytes, 1, text.length, 0), hashOf(text))
  }
  const uuid = '7f3c1c52-8f64-4d0e-9a0b-2f6f1f0f2d11'
  const bytes = Buffer.from(uuid.replaceAll('-', ''), 'hex')
  assert.equal(hashOfDigits(bytes, 0, uuid.length, 0b101_0101_0000), hashOf(uuid))
})
