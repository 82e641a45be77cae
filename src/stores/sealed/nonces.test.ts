// That no nonce comes twice: within a prefix, and when the counting begins again.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Nonces } from './nonces.ts'

const text = (nonce: Uint8Array): string => Buffer.from(nonce).toString('hex')

test('nonces count on behind random bits', () => {
  const nonces = new Nonces()
  const seen = new Set(Array.from({ length: 1_000 }, () => text(nonces.next())))
  assert.equal(seen.size, 1_000)
  assert.equal(new Set([...seen].map((nonce) => nonce.slice(0, 16))).size, 1, 'one draw')
  assert.notEqual(text(new Nonces().next()), text(new Nonces().next()), 'another process has others')
})

test('nonces draw anew when all counts are used up', () => {
  let draws = 0
  const drawn = (count: number): Uint8Array => new Uint8Array(count).fill((draws += 1))
  const nonces = new Nonces(drawn, 2 ** 32 - 2)
  const given = [1, 2, 3, 4].map(() => text(nonces.next()))
  assert.deepEqual(given, [
    '0101010101010101fffffffe',
    '0101010101010101ffffffff',
    '020202020202020200000000',
    '020202020202020200000001',
  ])
})
