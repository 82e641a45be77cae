// Which source counts, and that every mistake is told at once, where it stands, without a secret.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { LIMITS, SETTABLE_LIMITS } from '../../base/index.ts'
import { usualDatabase } from '../../stores/store-plan.ts'
import { DEFAULTS, type ProxyConfig } from './proxy-config.ts'
import { type ConfigSources, readProxyConfig } from './read.ts'
import { SETTING_KEYS, SETTINGS } from './settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'spawn-config-'))
after(() => rmSync(folder, { recursive: true }))

function fileWith(content: unknown): string {
  const path = join(folder, 'proxy.json')
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

const read = (sources: Partial<ConfigSources>) =>
  readProxyConfig({ flags: {}, env: {}, file: undefined, ...sources })

function good(sources: Partial<ConfigSources>) {
  const result = read(sources)
  assert.ok(result.config !== undefined, JSON.stringify(result.mistakes))
  return result
}

const configOf = (sources: Partial<ConfigSources>): ProxyConfig => good(sources).config

function mistakesOf(sources: Partial<ConfigSources>): readonly string[] {
  const { mistakes } = read(sources)
  return (mistakes ?? []).map(({ problem, where }) => `${where.replace(`${folder}/`, '')}: ${problem}`)
}

test('nothing said: the defaults', () => {
  assert.deepEqual(configOf({}), DEFAULTS)
})

describe('what counts', () => {
  const file = { listen: { port: 1, host: '10.0.0.1' }, system: 'of-file', drain: '5s' }
  const env = { PROXY_HTTP_PORT: '2', PROXY_ACTOR_SYSTEM_NAME: 'of-env', PROXY_APP_NAME: '' }

  test('flags over environment over file over defaults, each setting by itself', () => {
    const { config, shown } = good({ file: fileWith(file), env, flags: { port: '3' } })
    assert.deepEqual(config.listen, { host: '10.0.0.1', port: 3, allowedHosts: [] })
    assert.equal(config.system, 'of-env')
    assert.equal(config.drainMs, 5_000)
    assert.equal(config.appName, DEFAULTS.appName)
    const from = Object.fromEntries(shown.map((one) => [one.key, one.from.replace(folder, '')]))
    assert.deepEqual(
      [from['listen.port'], from['listen.host'], from['system'], from['drain'], from['appName']],
      ['--port', '/proxy.json', 'PROXY_ACTOR_SYSTEM_NAME', '/proxy.json', 'default'],
    )
  })

  test('the file that the flag names, else the one that the environment names', () => {
    const path = fileWith({ system: 'of-file' })
    assert.equal(configOf({ env: { PROXY_CONFIG: path } }).system, 'of-file')
    assert.equal(configOf({ env: { PROXY_CONFIG: '/nowhere' }, file: path }).system, 'of-file')
  })

  test('the store is named after the system, unless it is said', () => {
    const file = (system: string) => configOf({ flags: { system } }).store
    assert.deepEqual(file('shop'), { kind: 'sqlite', file: 'shop.db' })
    assert.deepEqual(file('a/b'), { kind: 'sqlite', file: 'a%2Fb.db' })
    assert.deepEqual(configOf({ flags: { store: 'memory' } }).store, { kind: 'memory' })
  })

  test('a key with dots and a group say the same', () => {
    const spelt = configOf({ file: fileWith({ 'hosts.whenNone': 'wait', 'hosts.probeEvery': 250 }) })
    const grouped = configOf({ file: fileWith({ hosts: { whenNone: 'wait', probeEvery: '250ms' } }) })
    assert.deepEqual(spelt, grouped)
    assert.deepEqual([spelt.hosts.whenNone, spelt.hosts.probeEveryMs], ['wait', 250])
  })
})

describe('the names that an operator knows', () => {
  test('databases, with the defaults of a manifest', () => {
    assert.deepEqual(configOf({ env: { PROXY_DATABASE_TYPE: 'memory' } }).store, { kind: 'memory' })
    const sqlite = { PROXY_DATABASE_TYPE: 'sqlite', PROXY_DATABASE_NAME: '/data/a.db' }
    assert.deepEqual(configOf({ env: sqlite }).store, { kind: 'sqlite', file: '/data/a.db' })
    const { config, shown, unused } = good({
      env: { PROXY_DATABASE_TYPE: 'mariadb', PROXY_DATABASE_SECRET: 'hunter2', PROXY_DATABASE_HOST: 'db' },
    })
    assert.deepEqual(config.store, {
      ...usualDatabase('mariadb'),
      host: 'db',
      database: 'eigr-functions-db',
      user: 'admin',
      password: 'hunter2',
    })
    assert.deepEqual(unused, [])
    assert.equal(shown.find(({ key }) => key === 'store')?.value, 'mariadb://admin:***@db/eigr-functions-db')
    assert.deepEqual(mistakesOf({ env: { PROXY_DATABASE_TYPE: 'redis' } }), [
      'PROXY_DATABASE_TYPE: must be memory, sqlite, postgres or mariadb',
    ])
  })

  test('a URL may leave it to the variables who connects, wherever it stands', () => {
    const url = 'postgres://db/shop'
    const env = { PROXY_DATABASE_USERNAME: 'ada', PROXY_DATABASE_SECRET: 'hunter2' }
    const expected = {
      ...usualDatabase('postgres'),
      host: 'db',
      database: 'shop',
      user: 'ada',
      password: 'hunter2',
    }
    for (const sources of [
      { env, flags: { store: url } },
      { env: { ...env, PROXY_STORE: url } },
      { env, file: fileWith({ store: url }) },
    ]) {
      const { config, unused } = good(sources)
      assert.deepEqual(config.store, expected)
      assert.deepEqual(unused, [])
    }
    assert.match(mistakesOf({ flags: { store: url } }).join(), /^--store: names no user/)
    assert.match(mistakesOf({ file: fileWith({ store: url }) }).join(), /store: names no user/)
    assert.deepEqual(good({ env, flags: { store: 'memory' } }).unused, Object.keys(env).toSorted())
  })

  test('a store of our own words makes the database of a manifest mean nothing, and that is told', () => {
    const env = { PROXY_DATABASE_TYPE: 'postgres', PROXY_DATABASE_NAME: 'x' }
    for (const sources of [{ env, flags: { store: 'memory' } }, { env: { ...env, PROXY_STORE: 'memory' } }]) {
      const { config, unused } = good(sources)
      assert.deepEqual(config.store, { kind: 'memory' })
      assert.deepEqual(unused, ['PROXY_DATABASE_NAME', 'PROXY_DATABASE_TYPE'])
    }
  })

  test('a Unix socket is used when its switch is on, whatever the port is', () => {
    const env = { PROXY_UDS_ENABLED: 'true', PROXY_UDS_ADDRESS: '/run/a.sock', PROXY_HTTP_PORT: '9001' }
    const { config, unused } = good({ env })
    assert.deepEqual(config.listen, { socket: '/run/a.sock' })
    assert.deepEqual(unused, ['PROXY_HTTP_PORT'])
    assert.deepEqual(configOf({ env: { PROXY_UDS_ENABLED: 'true' } }).listen, {
      socket: '/var/run/spawn.sock',
    })
    const off = good({ env: { ...env, PROXY_UDS_ENABLED: 'false' } })
    assert.deepEqual(off.config.listen, DEFAULTS.listen)
    assert.deepEqual(off.unused, ['PROXY_UDS_ADDRESS'])
    assert.deepEqual(configOf({ env, flags: { port: '1' } }).listen, { ...DEFAULTS.listen, port: 1 })
  })

  test('the switch of the metrics says the opposite, and levels of other loggers are known', () => {
    const env = { SPAWN_DISABLE_METRICS: 'true', SPAWN_PROXY_LOGGER_LEVEL: 'warning' }
    assert.equal(configOf({ env }).metrics, false)
    assert.equal(configOf({ env: { SPAWN_DISABLE_METRICS: 'false' } }).metrics, true)
    assert.equal(configOf({ env }).logLevel, 'warn')
  })

  test('what is not there yet is named, once, and starts', () => {
    const env = {
      PROXY_GRPC_PORT: '9980',
      PROXY_DATABASE_SECRET: 'hunter2',
      SPAWN_USE_INTERNAL_NATS: 'true',
      SPAWN_PUBSUB_NATS_AUTH_PASS: 'hunter2',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://otel',
      HOME: '/root',
    }
    const { shown, unused } = good({ env })
    assert.deepEqual(
      unused,
      Object.keys(env)
        .filter((name) => name !== 'HOME')
        .toSorted(),
    )
    assert.doesNotMatch(JSON.stringify(shown), /hunter2/)
  })

  test('a name that is misspelt is told; one that is somebody else’s is not', () => {
    const env = { PROXY_HTTP_PROT: '1', SPAWN_DISABLE_METRIC: 'x', PROXY_SERVICE_HOST: 'a', SPAWN_CI: 'b' }
    assert.deepEqual(good({ env }).misspelt, [
      { name: 'PROXY_HTTP_PROT', meant: 'PROXY_HTTP_PORT' },
      { name: 'SPAWN_DISABLE_METRIC', meant: 'SPAWN_DISABLE_METRICS' },
    ])
  })

  test('the keys that states are encrypted with are read, and never shown', () => {
    const secret = Buffer.from('what is kept here is kept in jar')
    const env = { SPAWN_STATESTORE_KEY: `2026:${secret.toString('base64')}` }
    const { config, shown } = good({ env })
    assert.deepEqual(config.sealing, {
      keys: [{ id: '2026', secret: new Uint8Array(secret) }],
      readsPlain: false,
    })
    assert.doesNotMatch(JSON.stringify(shown), /2026|what is kept/)
    assert.equal(configOf({ env: {} }).sealing, null)
  })

  test('a key that is none is a mistake, told without it', () => {
    assert.deepEqual(mistakesOf({ env: { SPAWN_STATESTORE_KEY: 'c2VjcmV0' } }), [
      'SPAWN_STATESTORE_KEY: has 6 bytes; it must have 32: `openssl rand -base64 32` makes one',
    ])
  })
})

describe('mistakes', () => {
  test('are told all at once, each with its place', () => {
    const file = fileWith({
      listen: { prot: 1, port: 'x' },
      hosts: 5,
      system: '',
      drain: '1 week',
      metrics: 'yes',
      durabilty: 'turn',
    })
    assert.deepEqual(
      mistakesOf({
        file,
        env: { USER_FUNCTION_PORT: '0', SPAWN_DISABLE_METRICS: 'maybe' },
        flags: { port: '65536', 'when-no-host': 'wiat' },
      }),
      [
        'proxy.json listen.prot: there is no such setting; did you mean listen.port?',
        'proxy.json hosts: must be an object of settings: whenNone, concurrency, queue, timeout, connectTimeout, probeEvery',
        'proxy.json durabilty: there is no such setting; did you mean durability?',
        'proxy.json listen.port: must be a whole number from 0 to 65535, not "x"',
        'proxy.json system: the system name must be a non-empty string',
        'proxy.json drain: must be a time from 1ms to 1d, such as 500ms, 30s or 5m, not "1 week"',
        'proxy.json metrics: must be true or false, not "yes"',
        'USER_FUNCTION_PORT: must be a whole number from 1 to 65535, not "0"',
        'SPAWN_DISABLE_METRICS: must be on or off (or true or false), not "maybe"',
        '--port: must be a whole number from 0 to 65535, not "65536"',
        '--when-no-host: must be fail or wait, not "wiat"',
      ],
    )
  })

  test('of a file: missing, no JSON, no object, a key twice, a key in no group', () => {
    assert.deepEqual(mistakesOf({ file: join(folder, 'none.json') }), ['none.json: there is no such file'])
    assert.deepEqual(mistakesOf({ file: folder }), [`${folder}: is a folder`])
    assert.deepEqual(mistakesOf({ file: fileWith('{\n "system": "a",\n}') }), [
      'proxy.json: is no JSON: line 3, column 1 should have a key in double quotes',
    ])
    assert.deepEqual(mistakesOf({ file: fileWith([]) }), ['proxy.json: must have an object of settings'])
    assert.deepEqual(mistakesOf({ file: fileWith({ listen: { port: 1 }, 'listen.port': 2 }) }), [
      'proxy.json listen.port: is there twice, in a group and by its full key',
    ])
    assert.deepEqual(mistakesOf({ file: fileWith({ whenNone: 'wait' }) }), [
      'proxy.json whenNone: there is no such setting; did you mean hosts.whenNone?',
    ])
  })

  test('a value that has no effect beside another', () => {
    assert.deepEqual(mistakesOf({ flags: { socket: '/a', port: '1' } }), [
      '--port: has no effect beside --socket',
    ])
    assert.deepEqual(mistakesOf({ file: fileWith({ listen: { socket: '/a', host: 'b' } }) }), [
      `proxy.json listen.host: has no effect beside ${folder}/proxy.json listen.socket`,
    ])
    assert.deepEqual(mistakesOf({ env: { PROXY_SNAPSHOT_INTERVAL: '2s' } }), [
      'PROXY_SNAPSHOT_INTERVAL: has no effect while durability is turn: every turn is durable before its reply',
    ])
    const snapshot = { durability: 'snapshot', 'snapshot-interval': '2s' }
    assert.equal(configOf({ flags: snapshot }).snapshotTimeoutMs, 2_000)
  })

  test('never quote what may be a password', () => {
    for (const sources of [
      { flags: { store: 'postgres://admin:hunter2@db:x' } },
      { env: { PROXY_STORE: 'mysql://admin:hunter2@db/x?ssl=hunter2' } },
      { file: fileWith({ store: 'redis://admin:hunter2@db/x' }) },
      { file: fileWith('{ "store": hunter2 }') },
      { file: fileWith({ databse: { secret: 'hunter2' } }) },
    ]) {
      const mistakes = mistakesOf(sources).join('\n')
      assert.notEqual(mistakes, '')
      assert.doesNotMatch(mistakes, /hunter2/)
    }
  })
})

test('what is shown is what can be written: by flags it gives the same configuration', () => {
  const flags = {
    system: 'shop',
    'app-name': 'till',
    host: '::1',
    port: '0',
    'allowed-hosts': 'spawn,proxy.local',
    'user-function-host': '10.0.0.2',
    'user-function-port': '8091',
    store: 'postgres://ada@db/shop',
    cluster: 'nats://one,two:4333?nkey=%2Fkey.nk',
    'cluster-name': 'shops',
    node: 'a',
    zone: 'north',
    labels: 'disk=fast,gpu=none',
    capacity: '2',
    lease: '3s',
    durability: 'snapshot',
    'snapshot-interval': '1500',
    'history-revisions': '10',
    'history-duration': '30d',
    'when-no-host': 'wait',
    'host-concurrency': '7',
    'host-queue': '8',
    'host-timeout': '90s',
    'host-connect-timeout': '1s',
    'host-probe-every': '2m',
    'call-timeout': '5s',
    'resident-actors': '1000',
    'resident-bytes': '64MiB',
    'commit-group': '100',
    'commit-group-bytes': '32MiB',
    'load-group': '50',
    'turn-sends': '10',
    'turn-send-bytes': '1MiB',
    hops: '3',
    deliveries: '64',
    'delivery-bytes': '1GiB',
    'delivery-attempts': '4',
    'delivery-backoff': '20ms',
    'max-delivery-backoff': '1s',
    'outcome-retention': '7d',
    'body-limit': '1MiB',
    drain: '1h',
    metrics: 'off',
    'log-level': 'debug',
    module: 'actors.ts',
  }
  assert.equal(Object.keys(flags).length, SETTING_KEYS.length - 1, 'all but the socket')
  const { config, shown } = good({ flags })
  const again = Object.fromEntries(shown.map(({ key, value }) => [SETTINGS[key].flag, value]))
  assert.deepEqual(configOf({ flags: again }), config)
  assert.equal(again['snapshot-interval'], '1500ms')
})

describe('limits', () => {
  test('are those that a system may set, and no more than works', () => {
    const keys = SETTING_KEYS.filter((key) => key.startsWith('limits.'))
    const flags = Object.fromEntries(keys.map((key) => [SETTINGS[key].flag, '1']))
    const { limits } = configOf({ flags })
    assert.deepEqual(Object.keys(limits), Object.keys(SETTABLE_LIMITS))
    for (const [name, most] of Object.entries(SETTABLE_LIMITS)) {
      const key = keys.find((one) => name.startsWith(one.slice('limits.'.length)))
      const mistakes = mistakesOf({ file: fileWith({ [key ?? '']: most + 1 }) })
      assert.match(mistakes.join(), /: must be a (whole number|size|time) from /, name)
    }
  })

  test('come from a file and the environment, and are shown where somebody has set one', () => {
    const file = fileWith({ limits: { residentBytes: '256MiB', deliveryAttempts: 3 } })
    const { config, shown } = good({ file, env: { PROXY_LIMITS_CALL_TIMEOUT: '5s' } })
    assert.deepEqual(config.limits, { callTimeoutMs: 5_000, residentBytes: 2 ** 28, deliveryAttempts: 3 })
    assert.deepEqual(
      shown.filter(({ key }) => key.startsWith('limits.')).map(({ key, value }) => `${key} ${value}`),
      ['limits.callTimeout 5s', 'limits.residentBytes 256MiB', 'limits.deliveryAttempts 3'],
    )
  })

  test('that cannot be are mistakes that say what can', () => {
    const env = { PROXY_LIMITS_COMMIT_GROUP: '2000', PROXY_LIMITS_DELIVERY_BACKOFF: '2m' }
    const file = fileWith({ limits: { callTimeoutMs: 5, hops: 0 } })
    assert.deepEqual(mistakesOf({ file, env }), [
      'proxy.json limits.callTimeoutMs: there is no such setting; did you mean limits.callTimeout?',
      'proxy.json limits.hops: must be a whole number from 1 to 1000000000, not 0',
      `PROXY_LIMITS_COMMIT_GROUP: must be a whole number from 1 to ${LIMITS.commitGroup}, not "2000"`,
      'PROXY_LIMITS_DELIVERY_BACKOFF: must be no longer than limits.maxDeliveryBackoff, which is 1m',
    ])
    const longer = { ...env, PROXY_LIMITS_COMMIT_GROUP: '', PROXY_LIMITS_MAX_DELIVERY_BACKOFF: '3m' }
    assert.deepEqual(mistakesOf({ env: longer }), [])
    assert.deepEqual(mistakesOf({ flags: { 'max-delivery-backoff': '1ms' } }), [])
  })
})

describe('a cluster', () => {
  const store = 'postgres://ada@db/shop'
  test('needs a store that is shared', () => {
    const flags = { cluster: 'nats://one', store: 'sqlite:a.db' }
    assert.match(
      mistakesOf({ flags }).join('\n'),
      /^--cluster: needs a store that all members share.*is sqlite$/,
    )
  })
  test('is what makes settings of a member count', () =>
    assert.deepEqual(mistakesOf({ flags: { node: 'a', store } }), [
      '--node: has no effect without --cluster',
    ]))
  test('is meant by the variables of a manifest, if the store is shared', () => {
    const env = { SPAWN_USE_INTERNAL_NATS: 'true', SPAWN_INTERNAL_NATS_HOSTS: 'nats://one' }
    assert.deepEqual(configOf({ env, flags: { store } }).cluster?.nats.servers, ['one:4222'])
    const alone = good({ env })
    assert.equal(alone.config.cluster, null)
    assert.deepEqual(alone.unused, ['SPAWN_INTERNAL_NATS_HOSTS'])
  })
  test('never shows its password', () => {
    const { shown } = good({ flags: { cluster: 'nats://ada:hunter2@one', store } })
    assert.doesNotMatch(JSON.stringify(shown), /hunter2/)
  })
})
