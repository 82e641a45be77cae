// Which texts are keys, and that what is wrong with one is told without any of it.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { keyIdOf, readStateKeys } from './state-keys.ts'

const base64 = (bytes = 32): string => randomBytes(bytes).toString('base64')

function problemOf(text: string): string {
  const reading = readStateKeys(text)
  assert.ok('problem' in reading, 'it was read')
  return reading.problem
}

test('one key needs no id, and always gets the same', () => {
  const text = base64()
  const secret = Buffer.from(text, 'base64')
  const reading = readStateKeys(` ${text}\n`)
  assert.ok('plan' in reading)
  assert.deepEqual(reading.plan.keys, [{ id: keyIdOf(secret), secret: new Uint8Array(secret) }])
  assert.match(keyIdOf(secret), /^[0-9a-f]{8}$/)
})

test('several keys come in their order, URL-safe and without padding, too', () => {
  const keys = [randomBytes(32), randomBytes(32), randomBytes(32)] as const
  const text = `2026:${keys[0].toString('base64')}, 2025:${keys[1].toString('base64url')},${keys[2].toString('base64')}`
  const reading = readStateKeys(text)
  assert.ok('plan' in reading)
  assert.deepEqual(
    reading.plan.keys.map(({ id, secret }) => [id, Buffer.from(secret).toString('hex')]),
    ['2026', '2025', keyIdOf(keys[2])].map((id, at) => [id, keys[at]?.toString('hex')]),
  )
})

test('what was never sealed is read when the last entry says so', () => {
  const reading = readStateKeys(`a:${base64()}, plain`)
  assert.ok('plan' in reading)
  assert.deepEqual([reading.plan.keys.length, reading.plan.readsPlain], [1, true])
  const without = readStateKeys(base64())
  assert.ok('plan' in without && !without.plan.readsPlain)
  assert.match(problemOf('plain'), /^"plain" seals nothing: it comes last/)
  assert.match(problemOf(`plain,a:${base64()}`), /^"plain" seals nothing/)
})

test('what is wrong is told', () => {
  assert.match(problemOf(base64(31)), /^has 31 bytes; it must have 32: `openssl rand -base64 32` makes one$/)
  assert.match(problemOf(`a:${base64()},b:${base64(16)}`), /^key 2 of 2 \("b"\) has 16 bytes/)
  assert.match(problemOf(`a:${base64()},`), /^key 2 of 2 is empty/)
  assert.match(problemOf('a:'), /^\("a"\) is empty/)
  assert.match(problemOf('not a key'), /^is no base64; it must be <base64> or <id>:<base64> of 32 bytes/)
  assert.match(problemOf(`a:${base64()},a:${base64()}`), /^key 2 of 2 has the id "a", which another one has/)
  assert.match(problemOf(`:${base64()}`), /^has an id that is not/)
  assert.match(problemOf(Buffer.alloc(32).toString('base64')), /^is the same byte over and over/)
})

test('nothing of a key is in a problem', () => {
  const secrets = Array.from({ length: 20 }, () => base64(33))
  for (const secret of secrets) {
    for (const text of [
      secret,
      `a:${secret}`,
      `${secret}:a`,
      `${secret}:${secret}`,
      `x y${secret}`,
      `${base64()},${secret}`,
    ]) {
      const problem = problemOf(text)
      for (let at = 0; at + 6 <= secret.length; at += 1)
        assert.ok(!problem.includes(secret.slice(at, at + 6)), problem)
    }
  }
})
