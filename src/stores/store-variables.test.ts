import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { usualDatabase } from './store-plan.ts'
import { readStoreVariables, STORE_VARIABLES } from './store-variables.ts'

const read = (env: Readonly<Record<string, string>>) => readStoreVariables(new Map(Object.entries(env)))

describe("the variables of Spawn's own proxy", () => {
  test('mean nothing without a type', () => {
    const { plan, unused } = read({ PROXY_DATABASE_HOST: 'db', HOME: '/root' })
    assert.equal(plan, null)
    assert.deepEqual(unused, ['PROXY_DATABASE_HOST'])
  })

  test('mean memory and files', () => {
    assert.deepEqual(read({ PROXY_DATABASE_TYPE: 'Memory' }).plan, { kind: 'memory' })
    const sqlite = read({
      PROXY_DATABASE_TYPE: 'sqlite',
      PROXY_DATABASE_NAME: '/a?b.db',
      PROXY_DATABASE_PORT: '1',
    })
    assert.deepEqual(sqlite.plan, { kind: 'sqlite', file: '/a?b.db' })
    assert.deepEqual(sqlite.unused, ['PROXY_DATABASE_PORT'])
    assert.equal(read({ PROXY_DATABASE_TYPE: 'sqlite' }).plan, null)
  })

  test('mean a database with the defaults of a Spawn manifest', () => {
    for (const [type, kind] of [
      ['postgres', 'postgres'],
      ['PostgreSQL', 'postgres'],
      ['mariadb', 'mariadb'],
      ['mysql', 'mariadb'],
    ] as const) {
      assert.deepEqual(read({ PROXY_DATABASE_TYPE: type }).plan, {
        ...usualDatabase(kind),
        database: 'eigr-functions-db',
        user: 'admin',
        password: 'admin',
      })
    }
  })

  test('say everything of a database', () => {
    const env = {
      PROXY_DATABASE_TYPE: 'postgres',
      PROXY_DATABASE_NAME: 'shop',
      PROXY_DATABASE_USERNAME: 'ada',
      PROXY_DATABASE_SECRET: 'p@ss:/?#%',
      PROXY_DATABASE_HOST: 'db.example',
      PROXY_DATABASE_PORT: '6432',
      PROXY_DATABASE_SSL: 'true',
      PROXY_DATABASE_SSL_CA: '/ca.pem',
      PROXY_DATABASE_SSL_SERVER_NAME: 'db.internal',
      PROXY_DATABASE_SSL_VERIFY: 'false',
      PROXY_DATABASE_POOL_SIZE: '20',
      PROXY_DATABASE_OUTAGE: '1m',
      PROXY_DATABASE_REQUEST_TIMEOUT: '10s',
      PROXY_DATABASE_MIGRATION_TIMEOUT: '20m',
      PROXY_DATABASE_MIGRATE: 'off',
    }
    assert.deepEqual(Object.keys(env).toSorted(), STORE_VARIABLES.toSorted(), 'all that there are')
    assert.deepEqual(read(env).plan, {
      kind: 'postgres',
      host: 'db.example',
      port: 6432,
      others: [],
      database: 'shop',
      user: 'ada',
      password: 'p@ss:/?#%',
      tls: { verify: false, caFile: '/ca.pem', serverName: 'db.internal' },
      poolSize: 20,
      outageMs: 60_000,
      requestMs: 10_000,
      migrationMs: 20 * 60_000,
      migrates: false,
    })
  })

  test('check the certificate when they switch TLS on, and leave it off when they say so', () => {
    const tls = (env: Readonly<Record<string, string>>) => {
      const { plan } = read({ PROXY_DATABASE_TYPE: 'mariadb', ...env })
      return plan?.kind === 'mariadb' ? plan.tls : undefined
    }
    assert.deepEqual(tls({ PROXY_DATABASE_SSL: 'true' }), { verify: true, caFile: null, serverName: null })
    assert.equal(tls({ PROXY_DATABASE_SSL: 'false', PROXY_DATABASE_SSL_VERIFY: 'true' }), null)
  })

  test('are told all at once when they are wrong, without their values', () => {
    const { mistakes, plan } = read({
      PROXY_DATABASE_TYPE: 'postgres',
      PROXY_DATABASE_HOST: 'hunter2:5432@',
      PROXY_DATABASE_PORT: 'hunter2',
      PROXY_DATABASE_SSL: 'hunter2',
      PROXY_DATABASE_POOL_SIZE: '0',
    })
    assert.equal(plan, null)
    assert.deepEqual(
      mistakes.map(({ where }) => where.replace('PROXY_DATABASE_', '')),
      ['PORT', 'HOST', 'SSL', 'POOL_SIZE'],
    )
    assert.doesNotMatch(JSON.stringify(mistakes), /hunter2/)
    const { mistakes: unknown } = read({ PROXY_DATABASE_TYPE: 'redis' })
    assert.deepEqual(unknown, [
      { where: 'PROXY_DATABASE_TYPE', problem: 'must be memory, sqlite, postgres or mariadb' },
    ])
  })
})
