// What the option `encryption` and the environment say together, and how it reads when it is wrong.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { afterEach, describe, test } from 'node:test'
import { isSpawnError } from '../base/index.ts'
import { MemoryStore } from '../stores/memory/index.ts'
import type { EncryptionSetting } from './encryption-setting.ts'
import { planOf, type SystemOptions } from './system-options.ts'

const VARIABLE = 'SPAWN_STATESTORE_KEY'
const secret = new Uint8Array(randomBytes(32))
const base64 = Buffer.from(secret).toString('base64')
const key = { id: '2026', secret }

const sealingOf = (options: Partial<SystemOptions>) => planOf('s', { actors: [], ...options }).sealing
/** The environment and the option come from outside: what is wrong with them is no matter of types. */
const asSetting = (given: unknown) => given as EncryptionSetting

function faultOf(options: Partial<SystemOptions>): string {
  try {
    sealingOf(options)
  } catch (error) {
    assert.ok(isSpawnError(error) && error.code === 'INVALID_ARGUMENT')
    assert.ok(!error.message.includes(base64.slice(0, 8)), error.message)
    return error.message
  }
  return ''
}

describe('the encryption of a system', () => {
  afterEach(() => {
    delete process.env[VARIABLE]
  })

  test('takes keys as a text or as they are', () => {
    const sealing = { keys: [key], readsPlain: false, service: undefined, actorKeys: undefined }
    assert.deepEqual(sealingOf({ encryption: { keys: `2026:${base64}` } }), sealing)
    assert.deepEqual(sealingOf({ encryption: { keys: [key] } }), sealing)
    const lenient = { ...sealing, readsPlain: true }
    assert.deepEqual(sealingOf({ encryption: { keys: [key], readsPlain: true } }), lenient)
    assert.deepEqual(sealingOf({ encryption: { keys: `2026:${base64},plain` } }), lenient)
  })

  test('takes a key service in place of keys, or beside them', () => {
    const service = { name: 'kms', wrap: async (it: Uint8Array) => it, unwrap: async (it: Uint8Array) => it }
    assert.deepEqual(sealingOf({ encryption: { service } })?.service, service)
    assert.deepEqual(sealingOf({ encryption: { service, keys: [key] } })?.keys, [key])
    assert.match(faultOf({ encryption: asSetting({ service: { name: 'kms' } }) }), /service must have a name/)
  })

  test('takes another store for the keys of actors', () => {
    const plan = sealingOf({ encryption: { keys: [key], actorKeys: 'sqlite:keys.db' } })
    assert.deepEqual(plan?.actorKeys, { kind: 'sqlite', file: 'keys.db' })
    const text = faultOf({ encryption: { keys: [key], actorKeys: 'postgres://ada:hunter2@:x/' } })
    assert.match(text, /actorKeys/)
    assert.doesNotMatch(text, /hunter2/)
  })

  test('is what the environment says, unless the system or its own store is for itself', () => {
    assert.equal(sealingOf({}), null)
    process.env[VARIABLE] = `2026:${base64}`
    assert.deepEqual(sealingOf({}), { keys: [key], readsPlain: false })
    assert.deepEqual(sealingOf({ store: 'memory' })?.keys.length, 1)
    assert.equal(sealingOf({ encryption: false }), null)
    assert.equal(sealingOf({ store: new MemoryStore() }), null)
    const own = { id: 'own', secret: new Uint8Array(randomBytes(32)) }
    const store = new MemoryStore()
    assert.deepEqual(sealingOf({ store, encryption: { keys: [own] } })?.keys, [own])
    process.env[VARIABLE] = ''
    assert.equal(sealingOf({}), null)
  })

  test('tells what is wrong, and never a key', () => {
    const text = faultOf({ encryption: { keys: `2026:${base64.slice(0, 40)}` } })
    assert.match(text, /system "s" encryption.*keys \("2026"\) has 30 bytes; it must have 32/)
    process.env[VARIABLE] = base64.slice(0, 30)
    assert.match(faultOf({}), /^system "s": SPAWN_STATESTORE_KEY has 22 bytes/)
    const wrong = [
      {},
      { keys: [] },
      { keys: [{ id: '2026', secret: secret.subarray(1) }] },
      { keys: [{ id: 'a key', secret }] },
      { keys: [{ id: '2026', secret: base64 }] },
      { keys: 5 },
    ]
    for (const given of wrong)
      assert.match(faultOf({ encryption: asSetting(given) }), /keys.*must be a text such as/)
    assert.match(faultOf({ encryption: asSetting({ key: 'x' }) }), /unknown setting "key"/)
  })
})
