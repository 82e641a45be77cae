import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { type DatabasePlan, type StorePlan, usualDatabase } from './store-plan.ts'
import { completed, readStoreUrl, storeText } from './store-url.ts'

function planOf(text: string): StorePlan {
  const reading = readStoreUrl(text)
  assert.ok('plan' in reading, 'problem' in reading ? reading.problem : '')
  return reading.plan
}

function databaseOf(text: string): DatabasePlan {
  const plan = planOf(text)
  assert.ok(plan.kind === 'postgres' || plan.kind === 'mariadb')
  return plan
}

function problemOf(text: string): string {
  const reading = readStoreUrl(text)
  assert.ok('problem' in reading, `${text} was taken`)
  return reading.problem
}

describe('the URL of a store', () => {
  test('names memory and files', () => {
    assert.deepEqual(planOf('memory'), { kind: 'memory' })
    for (const file of ['shop.db', '/data/shop.db', '../a b.db', 'what?.db', 'C:\\x.db', '///data/shop.db'])
      assert.deepEqual(planOf(`sqlite:${file}`), { kind: 'sqlite', file })
  })

  test('names databases by all of their parts', () => {
    const usual = usualDatabase('postgres')
    assert.deepEqual(planOf('postgres://ada:s%40cret@db.example:6432/shop'), {
      ...usual,
      host: 'db.example',
      port: 6432,
      user: 'ada',
      password: 's@cret',
      database: 'shop',
    })
    assert.deepEqual(planOf('postgresql://ada@[::1]/shop'), {
      ...usual,
      host: '::1',
      user: 'ada',
      database: 'shop',
    })
    assert.deepEqual(planOf('mysql://ada:x@db/shop'), planOf('MariaDB://ada:x@db:3306/shop'))
    assert.equal(databaseOf('mariadb://ada@db/shop').port, 3306)
    assert.deepEqual(planOf('postgres:///shop'), { ...usual, database: 'shop' })
  })

  test('takes what people write into passwords, as long as it is clear', () => {
    assert.equal(databaseOf('postgres://ada:a:b@c@db/shop').password, 'a:b@c')
    assert.equal(databaseOf('postgres://ada:%2F%3F%23%25@db/shop').password, '/?#%')
  })

  test('takes a Unix socket by its path', () => {
    const { host } = databaseOf('postgres://ada@/shop?host=/cloudsql/a:b:c')
    assert.equal(host, '/cloudsql/a:b:c')
    assert.equal(
      databaseOf('mariadb://ada@localhost/shop?socket=/run/mysqld/mysqld.sock').host,
      '/run/mysqld/mysqld.sock',
    )
    assert.equal(databaseOf('postgres://ada@%2Frun%2Fpostgresql/shop').host, '/run/postgresql')
  })

  test('names several servers of one database, as libpq does', () => {
    const { host, others, port } = databaseOf(
      'postgres://ada@db1,[::2]:6432,db3/shop?target_session_attrs=read-write',
    )
    assert.deepEqual([host, port], ['db1', 5432])
    assert.deepEqual(others, [
      { host: '::2', port: 6432 },
      { host: 'db3', port: 5432 },
    ])
    assert.deepEqual(databaseOf('mariadb://ada@db1,db2:3307/shop?targetServerType=primary').others, [
      { host: 'db2', port: 3307 },
    ])
  })

  test('says TLS as the tools of each database do', () => {
    const tls = (query: string) => databaseOf(`postgres://ada@db/shop${query}`).tls
    const checked = { verify: true, caFile: null, serverName: null }
    const encrypted = { ...checked, verify: false }
    assert.equal(tls(''), null)
    for (const query of ['?sslmode=disable', '?ssl=false', '?ssl-mode=DISABLED', '?ssl=true&sslmode=disable'])
      assert.equal(tls(query), null, query)
    for (const query of ['?sslmode=require', '?ssl-mode=REQUIRED', '?sslMode=trust', '?ssl=on&ssl_verify=0'])
      assert.deepEqual(tls(query), encrypted, query)
    for (const query of [
      '?ssl=true',
      '?sslmode=verify-full',
      '?ssl-mode=VERIFY_IDENTITY',
      '?sslmode=verify-ca',
    ])
      assert.deepEqual(tls(query), checked, query)
    // As with libpq: whoever names whom to trust wants it checked.
    for (const query of ['?sslrootcert=/ca.pem', '?sslmode=require&sslrootcert=/ca.pem', '?ssl-ca=%2Fca.pem'])
      assert.deepEqual(tls(query), { ...checked, caFile: '/ca.pem' }, query)
    assert.deepEqual(tls('?ssl=1&sslservername=db.internal'), { ...checked, serverName: 'db.internal' })
  })

  test('reaches every other setting', () => {
    const plan = databaseOf(
      'mariadb://ada@db/shop?pool_size=20&outage=1m&request_timeout=500ms&migration_timeout=3h&migrate=false',
    )
    assert.deepEqual([plan.poolSize, plan.outageMs, plan.requestMs, plan.migrates], [20, 60_000, 500, false])
    assert.equal(plan.migrationMs, 3 * 3_600_000)
    assert.equal(databaseOf('postgres://ada@db/shop?outage=0').outageMs, 0)
    assert.equal(databaseOf('postgres://ada@db/shop?connection_limit=3').poolSize, 3)
  })

  test('is shown as it could be written, without its password', () => {
    for (const text of [
      'memory',
      'sqlite:/data/x y.db',
      'postgres://ada@db.example/shop',
      'mariadb://ada@[::1]:3307/s%2Fp?sslmode=require'.replace('s%2Fp', 's%20p'),
      'postgres://a%40b@db/shop?sslmode=verify-full&sslrootcert=%2Fca.pem&sslservername=x&pool_size=3&outage=1m&request_timeout=1s&migration_timeout=1h&migrate=false',
      'postgres://ada@db1,[::2]:6432,db3/shop?pool_size=3',
      'postgres://ada@/shop?socket=%2Frun%2Fpostgresql',
    ]) {
      assert.equal(storeText(planOf(text)), text)
      assert.deepEqual(planOf(storeText(planOf(text))), planOf(text))
    }
    assert.equal(storeText(planOf('postgres://ada:hunter2@db/shop')), 'postgres://ada:***@db/shop')
  })

  test('may leave to others who connects', () => {
    const plan = planOf('postgres://db/shop')
    assert.match(
      JSON.stringify(completed(plan, {})),
      /names no user: postgres:\/\/user:password@host\/database/,
    )
    const whole = completed(plan, { user: 'ada', password: 'x' })
    assert.deepEqual(whole, { plan: { ...plan, user: 'ada', password: 'x' } })
    const own = planOf('postgres://eve:y@db/shop')
    assert.deepEqual(completed(own, { user: 'ada', password: 'x' }), { plan: own })
    assert.deepEqual(completed({ kind: 'memory' }, {}), { plan: { kind: 'memory' } })
  })
})

describe('what is wrong with a URL', () => {
  const cases: readonly [text: string, expected: RegExp][] = [
    ['', /^must be memory, sqlite:<path>, postgres:\/\/… or mariadb:\/\/…$/],
    ['hunter2', /^must be memory/],
    ['redis://hunter2@db/0', /^must be memory/],
    ['postgress://hunter2@db/x', /did you mean postgres\?/],
    ['sqlite:', /the path is missing/],
    ['sqlite::memory:', /to keep nothing, say memory/],
    ['sqlite://hunter2.db', /without \/\/ before the path/],
    ['postgres:hunter2@db/x', /must have \/\/ behind postgres:/],
    ['postgres://ada:hunter2@db', /names no database: postgres:\/\/user:password@host\/database/],
    ['postgres://ada:hunter2@db/?ssl=true', /names no database/],
    ['postgres://ada:hunter2@db:0/x', /has a port that is no number from 1 to 65535/],
    ['postgres://ada:hunter2@db:70000/x', /has a port/],
    ['postgres://ada:hunter2@db1,,db2/x', /has several hosts, one of which is empty or a path/],
    ['postgres://ada:hunter2@db1,%2Fhunter2/x', /has several hosts, one of which is empty or a path/],
    ['postgres://ada:hunter2@db1,db2:5432,db1:5432/x', /names a host twice/],
    ['postgres://ada:hunter2@db1,db2/x?host=/hunter2', /socket that must be the path of a Unix socket/],
    ['postgres://ada:hunter2@db1,db2/x?target_session_attrs=any', /must be read-write or primary/],
    ['postgres://ada:hunter2@d b/x', /has a host that is none/],
    ['postgres://ada:hunter2%@db/x', /has a password that cannot be read; .* are written %2F %3F %23/],
    ['postgres://%zz:hunter2@db/x', /has a user that cannot be read/],
    ['postgres://ada:hunter2@db/%zz', /has a database that cannot be read/],
    ['postgres://ada:hunter2@db/a/b', /has a database that cannot be read/],
    ['postgres://ada:hunt#hunter2@db/x', /must not have a #; .* %23/],
    // The rest of such a password looks like another part.
    ['postgres://ada:12/hunter2@db/x', /has a database that cannot be read; in a name or password/],
    ['postgres://ada:hunter2/x@db/y', /has a port that is no number .*; in a name or password/],
    ['postgres://ada:1?hunter2=x@db/x', /has a parameter that there is not; known are ssl, sslmode/],
    ['postgres://ada:hunter2@db/x?slmode=hunter2', /a parameter that there is not; did you mean sslmode\?/],
    ['postgres://ada:hunter2@db/x?sslmode=hunter2', /a parameter sslmode that must be disable, require/],
    ['postgres://ada:hunter2@db/x?sslmode=prefer', /prefer and allow promise nothing/],
    [
      'postgres://ada:hunter2@db/x?sslmode=disable&sslrootcert=/hunter2',
      /says sslrootcert, and that the con/,
    ],
    ['postgres://ada:hunter2@db/x?ssl=1&SSL=0', /says ssl twice/],
    ['postgres://ada:hunter2@db/x?host=hunter2', /socket that must be the path of a Unix socket/],
    ['postgres://ada:hunter2@db/x?pool=0', /pool_size that must be a number of connections from 1 to 1000/],
    ['postgres://ada:hunter2@db/x?outage=hunter2', /outage that must be a time from 0 to 1h/],
    ['postgres://ada:hunter2@db/x?migrate=hunter2', /migrate that must be true or false/],
    ['postgres://ada:hunter2@db/x?ssl=%zz', /has parameters that cannot be read/],
  ]
  for (const [text, expected] of cases) {
    test(text === '' ? 'nothing' : text, () => {
      assert.match(problemOf(text), expected)
      assert.doesNotMatch(problemOf(text), /hunter2/)
    })
  }
})

describe('a password of any characters', () => {
  // Six characters that stand in no message of ours.
  const password = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).map((text) => `Qj9#${text}Xz`)

  test('is read as it was, when it is encoded, and never shown', () => {
    fc.assert(
      fc.property(password, fc.constantFrom('postgres', 'mariadb'), (secret, kind) => {
        const plan = databaseOf(`${kind}://ada:${encodeURIComponent(secret)}@db/shop?ssl=true`)
        assert.equal(plan.password, secret)
        assert.equal(storeText(plan), `${kind}://ada:***@db/shop?sslmode=verify-full`)
      }),
    )
  })

  test('is in no problem, however it stands there', () => {
    const places = [
      'ada:P@db/shop',
      'P',
      'P@db/shop',
      'ada:x@P/shop',
      'ada:x@db:P/shop',
      'ada:x@db/P',
      'ada:x@db/s?P',
      'ada:x@db/s?ssl=P',
    ]
    fc.assert(
      fc.property(password, fc.constantFrom(...places), fc.boolean(), (secret, place, isBare) => {
        const text = isBare ? secret : `postgres://${place.replace('P', () => secret)}`
        const reading = readStoreUrl(text)
        if ('problem' in reading) assert.ok(!/Qj9|Xz/.test(reading.problem), reading.problem)
      }),
      { numRuns: 1_000 },
    )
  })
})
