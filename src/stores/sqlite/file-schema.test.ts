// The tables of a store file before it is opened: looking changes nothing, and whoever may not migrate is told.

import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { SqliteStore } from './sqlite-store.ts'
import { StoreFile } from './store-file.ts'
import { NO_RUNS } from '../../../test/older-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'spawn-file-schema-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** A file as the first version left it. */
function firstVersion(name: string): string {
  const file = join(folder, name)
  new StoreFile(file).close()
  const database = new DatabaseSync(file)
  database.exec(
    `DROP TABLE outbox; DROP TABLE outcomes; ${NO_RUNS}
     CREATE TABLE outcomes (family INTEGER, name TEXT, key TEXT, expires_at_ms INTEGER, reply_type INTEGER, reply BLOB);
     ALTER TABLE folded DROP COLUMN place;
     ALTER TABLE folded DROP COLUMN outcome;
     ALTER TABLE journal DROP COLUMN places_given;
     PRAGMA user_version = 1`,
  )
  database.close()
  return file
}

describe('the schema of a store file, before it is opened', () => {
  test('of a file that is not there, or empty, is of version 0, and makes none', async () => {
    const file = join(folder, 'none.db')
    const { schema } = new SqliteStore({ file })
    const { newest, pending, version } = await schema.status()
    assert.deepEqual([version, pending.map((each) => each.version)], [0, [1, 2, 3, 4, 5, 6, 7, 8]])
    assert.equal(newest, 8)
    assert.ok(pending.every(({ statements, title }) => title !== '' && statements.length > 0))
    assert.equal(existsSync(file), false)
    writeFileSync(file, '')
    assert.equal((await schema.status()).version, 0)
    assert.equal(readFileSync(file).length, 0)
  })

  test('of an older version is shown as it is, and brought up to date when that is asked', async () => {
    const file = firstVersion('older.db')
    const before = readFileSync(file)
    const store = new SqliteStore({ file })
    const status = await store.schema.status()
    assert.deepEqual(
      [status.version, status.pending.map(({ version }) => version)],
      [1, [2, 3, 4, 5, 6, 7, 8]],
    )
    assert.match(status.pending[0]?.statements.join() ?? '', /CREATE TABLE outbox/)
    assert.deepEqual(readFileSync(file), before)
    assert.deepEqual(await store.schema.migrate(), status.pending)
    assert.deepEqual(await store.schema.status(), { version: 8, newest: 8, pending: [] })
    assert.deepEqual(await store.schema.migrate(), [])
    await store.start()
    await store.stop()
  })

  test('is brought up to date once by many', async () => {
    const file = firstVersion('many.db')
    const done = await Promise.all([1, 2, 3].map(() => new SqliteStore({ file }).schema.migrate()))
    assert.deepEqual(
      done.map(({ length }) => length).toSorted((left, right) => left - right),
      [0, 0, 7],
    )
  })

  test('that is behind is refused by a store that may not migrate, and left as it is', async () => {
    const file = firstVersion('refused.db')
    const before = readFileSync(file)
    const store = new SqliteStore({ file, migrates: false })
    const refused = { code: 'STORE_UNAVAILABLE', retryable: false }
    await assert.rejects(store.start(), { ...refused, message: /version 1.*needs 8.*`spawn store migrate`/ })
    assert.deepEqual(readFileSync(file), before)
    await store.schema.migrate()
    await store.start()
    await store.stop()
    const none = new SqliteStore({ file: join(folder, 'not-there.db'), migrates: false })
    await assert.rejects(none.start(), { ...refused, message: /version 0.*needs 8/ })
  })

  test('of a newer release is shown, and never touched', async () => {
    const file = firstVersion('newer.db')
    const database = new DatabaseSync(file)
    database.exec('PRAGMA user_version = 99')
    database.close()
    const { schema } = new SqliteStore({ file })
    assert.deepEqual(await schema.status(), { version: 99, newest: 8, pending: [] })
    await assert.rejects(schema.migrate(), { code: 'STORE_UNAVAILABLE', message: /newer release/ })
  })

  test('of another program, or of another process, is refused', async () => {
    const file = join(folder, 'other.db')
    const database = new DatabaseSync(file)
    database.exec('CREATE TABLE actors (name TEXT)')
    database.close()
    const { schema } = new SqliteStore({ file })
    await assert.rejects(schema.status(), { code: 'STORE_UNAVAILABLE', message: /another program/ })
    await assert.rejects(schema.migrate(), { code: 'STORE_UNAVAILABLE', message: /another program/ })
    const taken = new SqliteStore({ file: join(folder, 'taken.db') })
    await taken.start()
    const second = new SqliteStore({ file: taken.file, lockTimeoutMs: 10 })
    await assert.rejects(second.schema.status(), {
      code: 'STORE_UNAVAILABLE',
      message: /in use by this process itself/,
    })
    await taken.stop()
    assert.equal((await second.schema.status()).version, 8)
  })
})
