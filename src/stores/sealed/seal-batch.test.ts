// That seals made in a batch are those that OpenSSL makes, byte for byte, whatever their lengths.
import assert from 'node:assert/strict'
import { createCipheriv, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { Key } from './key.ts'
import { Nonces } from './nonces.ts'
import { SealBatch } from './seal-batch.ts'

const HEAD = Uint8Array.of(1, 2, 3)
const NONCE_END = HEAD.length + 12

/** By OpenSSL alone, under the nonce that stands in `like`. */
function bySsl(secret: Uint8Array, bound: Uint8Array, plain: Uint8Array, like: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-gcm', secret, like.subarray(HEAD.length, NONCE_END))
  cipher.setAAD(bound)
  return Buffer.concat([
    like.subarray(0, NONCE_END),
    cipher.update(plain),
    cipher.final(),
    cipher.getAuthTag(),
  ])
}

test('they are the same bytes', () => {
  const secrets = [randomBytes(32), Buffer.alloc(32), Buffer.alloc(32, 0xff)]
  for (const secret of secrets) {
    const key = new Key(HEAD, secret)
    const nonces = new Nonces(undefined, 2 ** 32 - 500)
    const batch = new SealBatch(key, nonces)
    // One after the other, and many in one group: more than the first buffer has room for.
    for (const size of [1, 2, 300]) {
      const given = Array.from({ length: size }, (_each, at) => ({
        bound: randomBytes((at * 7) % 131),
        plain: at % 50 === 49 ? randomBytes(257 + at) : randomBytes(at % 257),
      }))
      const scratch = Buffer.alloc(200)
      const sealed = given.map(({ bound, plain }) => {
        // What is bound may be written over as soon as it was added.
        scratch.set(bound)
        return batch.add(scratch.subarray(0, bound.length), plain)
      })
      batch.finish()
      for (const [at, { bound, plain }] of given.entries()) {
        const one = sealed[at] ?? assert.fail()
        assert.deepEqual(Buffer.from(one), bySsl(secret, bound, plain, one), `${plain.length} bytes`)
        assert.deepEqual(key.open(bound, one), plain)
        assert.equal(key.open(Buffer.concat([bound, HEAD]), one), null)
      }
    }
  }
})

test('nonces differ over batches', () => {
  const nonces = new Nonces()
  const seen = new Set<string>()
  for (let round = 0; round < 3; round += 1) {
    const batch = new SealBatch(new Key(HEAD, randomBytes(32)), nonces)
    const sealed = Array.from({ length: 10 }, () => batch.add(HEAD, HEAD))
    batch.finish()
    for (const one of sealed) seen.add(Buffer.from(one.subarray(HEAD.length, NONCE_END)).toString('hex'))
  }
  assert.equal(seen.size, 30)
})
