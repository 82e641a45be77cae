import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import { describe, test } from 'node:test'

import { isSpawnError } from '../base/index.ts'
import { MemoryStore } from '../stores/memory/index.ts'
import { actor } from './actor.ts'
import { planOf } from './system-options.ts'

const one = actor('one', { actions: {} })

describe('the plan of a system', () => {
  test('is an SQLite file named after it, no port, and what its actors say', () => {
    assert.deepEqual(planOf('my-system', { actors: [one] }), {
      name: 'my-system',
      actors: [one],
      store: { kind: 'sqlite', file: 'my-system.db' },
      sealing: null,
      cluster: null,
      workers: 1,
      http: null,
      logger: undefined,
      limits: {},
      clock: undefined,
      random: undefined,
    })
  })

  test('has as many workers as it says, or as there are cores', () => {
    const workers = (given: number | 'auto'): number => planOf('s', { actors: [], workers: given }).workers
    assert.equal(workers(1), 1)
    assert.equal(workers(4), 4)
    assert.equal(workers('auto'), availableParallelism())
    for (const wrong of [0, 1.5, 1_000, 'all'] as const) {
      const message =
        /^system "s" has a bad setting: workers must be 'auto', or a whole number from 1 to 128, not /
      assert.throws(() => workers(wrong as number), { code: 'INVALID_ARGUMENT', message })
    }
  })

  test('keeps the file in the working directory, whatever the name', () => {
    const files = ['../up', 'a/b', '.', 'ä b', 'A_1', 'con:1'].map(
      (name) => planOf(name, { actors: [] }).store,
    )
    assert.deepEqual(
      files.map((store) => store.kind === 'sqlite' && store.file),
      ['%2E%2E%2Fup.db', 'a%2Fb.db', '%2E.db', '%C3%A4%20b.db', 'A_1.db', 'con%3A1.db'],
    )
  })

  test('takes stores by name, by path and as they are', () => {
    const own = new MemoryStore()
    assert.deepEqual(planOf('s', { actors: [], store: 'memory' }).store, { kind: 'memory' })
    assert.deepEqual(planOf('s', { actors: [], store: 'sqlite:/var/x.db' }).store, {
      kind: 'sqlite',
      file: '/var/x.db',
    })
    assert.deepEqual(planOf('s', { actors: [], store: own }).store, { kind: 'own', store: own })
    const database = planOf('s', { actors: [], store: 'postgres://ada:x@db/shop?sslmode=verify-full' }).store
    assert.ok(database.kind === 'postgres')
    assert.deepEqual([database.user, database.tls?.verify], ['ada', true])
  })

  test('takes a port, an address, or the usual one', () => {
    const http = (setting: Parameters<typeof planOf>[1]['http']) =>
      planOf('s', { actors: [], http: setting }).http
    const usual = { port: 9001, host: undefined, allowedHosts: [] }
    assert.deepEqual(http(8080), { ...usual, port: 8080 })
    assert.deepEqual(http(0), { ...usual, port: 0 })
    assert.deepEqual(http(true), usual)
    assert.deepEqual(http({ host: '::1' }), { ...usual, host: '::1' })
    assert.deepEqual(http({ allowedHosts: ['a.example'] }), { ...usual, allowedHosts: ['a.example'] })
    assert.equal(http(false), null)
  })

  test('takes limits by name', () => {
    const shorter = { maxDeliveryBackoffMs: 1 }
    assert.deepEqual(planOf('s', { actors: [], limits: shorter }).limits, shorter)
    assert.deepEqual(planOf('s', { actors: [], limits: { residentActors: 10 } }).limits, {
      residentActors: 10,
    })
  })

  const refused: [what: string, options: unknown, message: RegExp][] = [
    ['no options', undefined, /needs an object of settings/],
    [
      'names that are none',
      { actors: [], http: { allowedHosts: 'a' } },
      /allowedHosts must be an array of host/,
    ],
    ['a misspelt one', { actors: [], stor: 'memory' }, /unknown setting "stor"; did you mean store\?/],
    ['no actors', {}, /actors must be an array of definitions, not undefined/],
    [
      'what is no definition',
      { actors: [one, { name: 'x' }] },
      /actors\[1\] must be a definition that actor\(\.\.\.\) made/,
    ],
    [
      'two of one name',
      { actors: [one, actor('one', { actions: {} })] },
      /actors\[1\] has the name "one", which another one has/,
    ],
    [
      'a store',
      { actors: [], store: 'redis://x' },
      /store must be memory, sqlite:<path>, postgres:\/\/… or mariadb:\/\/…$/,
    ],
    [
      'a URL without a user, and never a password',
      { actors: [], store: 'postgres://db/shop' },
      /store names no user: postgres:\/\/user:password@host/,
    ],
    ['a path that is empty', { actors: [], store: 'sqlite:' }, /store must be/],
    [
      'a port',
      { actors: [], http: 70_000 },
      /http must be a port from 0 \(any that is free\) to 65535, not 70000/,
    ],
    [
      'a part of http',
      { actors: [], http: { prot: 1 } },
      /http has an unknown setting "prot"; did you mean port\?/,
    ],
    [
      'a port as a text',
      { actors: [], http: '9001' },
      /http must be a port, \{ port, host \}, or true for 9001, not "9001"/,
    ],
    ['a host', { actors: [], http: { host: '' } }, /host must be an address/],
    [
      'a limit',
      { actors: [], limits: { residentActors: 0 } },
      /residentActors must be a whole number from 1, not 0/,
    ],
    [
      'an unknown limit',
      { actors: [], limits: { residents: 1 } },
      /limits has an unknown setting "residents"/,
    ],
    [
      'a limit that others rely on',
      { actors: [], limits: { payloadBytes: 16_777_216 } },
      /limits\.payloadBytes is 8388608 for everyone, .*leave it out$/,
    ],
    [
      'a limit of a definition',
      { actors: [], limits: { idleTimeoutMs: 1_000 } },
      /limits\.idleTimeoutMs is each definition's own: actor\(name, \{ deactivateTimeout \}\)/,
    ],
    [
      'a limit beyond what stores take',
      { actors: [], limits: { commitGroup: 2_000 } },
      /commitGroup must be a whole number from 1 to 1024, not 2000/,
    ],
    [
      'a pause that is longer than the longest',
      { actors: [], limits: { deliveryBackoffMs: 90_000 } },
      /deliveryBackoffMs is 90000, longer than maxDeliveryBackoffMs, which is 60000/,
    ],
    [
      'a logger',
      { actors: [], logger: { info() {} } },
      /logger must have the methods debug, info, warn, error; "debug" is missing/,
    ],
  ]
  for (const [what, options, message] of refused) {
    test(`is refused for ${what}`, () => {
      assert.throws(
        () => planOf('s', options as never),
        (error) => isSpawnError(error) && error.code === 'INVALID_ARGUMENT' && message.test(error.message),
      )
    })
  }
})

test('a member of a cluster shares its store with the others', () => {
  const cluster = 'nats://one'
  for (const store of ['memory', 'sqlite:a.db'] as const) {
    assert.throws(() => planOf('shop', { actors: [], cluster, store }), {
      code: 'INVALID_ARGUMENT',
      message: /cluster needs a store that all members share/,
    })
  }
  const { cluster: plan } = planOf('shop', { actors: [], cluster, store: 'postgres://ada@db/shop' })
  assert.deepEqual(plan?.nats.servers, ['one:4222'])
})
