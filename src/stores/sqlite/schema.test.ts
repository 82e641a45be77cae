import assert from 'node:assert/strict'
import { mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { isSpawnError, type SpawnError } from '../../base/index.ts'
import { unpackEnvelopes } from '../frames/envelope-bytes.ts'
import { storeError } from './failures.ts'
import { packIds, unpackActors } from '../frames/rows.ts'
import { familyHash } from './dictionary.ts'
import { ENVELOPES } from './holdings.ts'
import { actorHash, hashIn } from './outcome-table.ts'
import { StoreFile } from './store-file.ts'
import { commitGroups } from '../../../test/commit-groups.ts'
import { NO_RUNS, ONE_INDEX } from '../../../test/older-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'spawn-schema-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const ID = { system: 's', parent: '', name: 'n' }

/** Outcomes as they were kept before version 3: a row for each. */
const SINGLE_OUTCOMES = `DROP TABLE outcomes;
  ${NO_RUNS}
  ALTER TABLE folded DROP COLUMN outcome;
  CREATE TABLE outcomes (
    family INTEGER NOT NULL,
    name TEXT NOT NULL,
    key TEXT NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    reply_type INTEGER,
    reply BLOB,
    PRIMARY KEY (family, name, key)
  ) WITHOUT ROWID;
  CREATE INDEX outcomes_by_expiry ON outcomes (expires_at_ms);`

const NOTHING = {
  birth: 1,
  epoch: 1,
  tags: {},
  state: null,
  committedAtMs: 1,
  history: { revisions: 0, durationMs: 0 },
  outcomes: [],
  sends: [],
  takes: [],
}

function failure(file: string, work: () => void): SpawnError {
  try {
    work()
  } catch (thrown) {
    return storeError(file, thrown)
  }
  return assert.fail('it did not fail')
}

function change(file: string, sql: string): void {
  const database = new DatabaseSync(file)
  database.exec(sql)
  database.close()
}

describe('the schema of a store file', () => {
  test('is made in a file that is new or empty, and found again', () => {
    const file = join(folder, 'new.db')
    change(file, 'VACUUM')
    for (let times = 0; times < 3; times += 1) new StoreFile(file).close()
    const database = new DatabaseSync(file)
    assert.deepEqual({ ...database.prepare('PRAGMA user_version').get() }, { user_version: 8 })
    assert.deepEqual({ ...database.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' })
    database.close()
  })

  test('of the first version is brought up to date, with what its journal has', () => {
    const file = join(folder, 'first.db')
    new StoreFile(file).close()
    change(
      file,
      `DROP TABLE outbox;
       ${SINGLE_OUTCOMES}
       ALTER TABLE folded DROP COLUMN place;
       ALTER TABLE journal DROP COLUMN places_given;
       PRAGMA user_version = 1;
       -- Version 1; no flags, family 0 is ("s", ""), name "n", follows 0, revision 1, birth 1, epoch 1, at 1.
       INSERT INTO journal (id, sequence, frame) VALUES (1, 1, x'010000017300016e0001010101')`,
    )
    const store = new StoreFile(file)
    const [actor] = unpackActors([ID], store.load(packIds([ID])))
    assert.equal(actor?.revision, 1)
    assert.deepEqual(unpackEnvelopes(store.envelopes('s', ['a'])), [null])
    store.close()
  })

  test('of the second version is brought up to date, with the outcomes of its actors', () => {
    const file = join(folder, 'second.db')
    new StoreFile(file).close()
    change(
      file,
      `DROP INDEX outbox_facts;
       ${SINGLE_OUTCOMES}
       INSERT INTO families (id, system, parent) VALUES (7, 's', ''), (8, 's', 'p');
       INSERT INTO types (id, url) VALUES (3, 't');
       WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 149)
         INSERT INTO outcomes SELECT 7 + n % 2, 'n', 'key-' || n, 1000 + n, 3, CAST('reply ' || n AS BLOB) FROM numbers;
       INSERT INTO outcomes VALUES (7, 'another', 'key-0', 5000, NULL, NULL);
       PRAGMA user_version = 2`,
    )
    for (let times = 0; times < 2; times += 1) {
      const store = new StoreFile(file)
      for (let n = 0; n < 150; n += 1) {
        const parent = n % 2 === 0 ? '' : 'p'
        const { expiresAtMs, reply } = store.loadOutcome({ ...ID, parent }, `key-${n}`) ?? {}
        assert.deepEqual([expiresAtMs, reply?.typeUrl], [1_000 + n, 't'])
        assert.equal(Buffer.from(reply?.value ?? []).toString(), `reply ${n}`)
        assert.equal(store.loadOutcome({ ...ID, parent: 'pp'.slice(parent.length * 2) }, `key-${n}`), null)
      }
      assert.equal(store.loadOutcome({ ...ID, name: 'another' }, 'key-0')?.reply, null)
      assert.equal(store.outcomeKeys(ID, 100)?.length, 75)
      store.close()
    }
    const store = new StoreFile(file)
    assert.equal(store.prune(1_099, 1_000), 100)
    assert.equal(store.prune(10_000, 1_000), 51)
    assert.equal(store.loadOutcome(ID, 'key-0'), null)
    store.close()
    const database = new DatabaseSync(file)
    const left = 'SELECT (SELECT count(*) FROM outcomes) + (SELECT count(*) FROM key_runs) AS rows'
    assert.deepEqual({ ...database.prepare(left).get() }, { rows: 0 })
    database.close()
  })

  test('of the third version is brought up to date: a key that it has is refused, in the index and behind it', () => {
    const file = join(folder, 'third.db')
    const commitOf = (name: string, follows: number, key: string): number[] | undefined => {
      const outcomes = [{ key, reply: null, expiresAtMs: 1_000 }]
      const commit = { ...NOTHING, id: { ...ID, name }, follows, revision: follows + 1, outcomes }
      return commitGroups(store, [commit])[0]
    }
    let store = new StoreFile(file)
    for (const [at, key] of ['a', 'b', 'c'].entries()) assert.deepEqual(commitOf('n', at, key), [])
    store.close()
    // Version 3 had all keys in the index at once.
    change(file, ONE_INDEX)
    const database = new DatabaseSync(file)
    const rows = database.prepare('SELECT id FROM outcomes').all()
    assert.equal(rows.length, 1)
    const actor = actorHash({ hash: familyHash({ system: ID.system, parent: ID.parent }) }, 'n')
    const add = database.prepare('INSERT INTO outcome_keys VALUES (?, ?)')
    for (const key of ['a', 'b', 'c']) add.run(hashIn(actor, key), Number(rows[0]?.['id']))
    // And each row was of one actor.
    database
      .prepare(
        `UPDATE outcomes SET actor = ?, name = 'n', kept = x'0161e807000162e807000163e80700',
           family = (SELECT id FROM families WHERE system = ? AND parent = ?)`,
      )
      .run(actor, ID.system, ID.parent)
    database.close()
    change(file, 'DROP INDEX outbox_facts; ALTER TABLE folded DROP COLUMN outcome; PRAGMA user_version = 3')
    for (let times = 0; times < 2; times += 1) {
      store = new StoreFile(file)
      for (const key of ['a', 'b', 'c']) assert.deepEqual(commitOf('n', 3 + times, key), [0], key)
      assert.deepEqual(commitOf('n', 3 + times, `d${times}`), [])
      assert.equal(store.outcomeKeys(ID, 10)?.length, 4 + times)
      store.close()
    }
  })

  test('of the seventh version is brought up to date: the index that it has, whatever its size', () => {
    const KEYS = 3_000
    const file = join(folder, 'seventh.db')
    let store = new StoreFile(file)
    for (let at = 0; at < KEYS; at += 60) {
      const outcomes = Array.from({ length: 60 }, (_none, of) => ({
        key: `key-${at + of}`,
        reply: null,
        expiresAtMs: 1_000,
      }))
      const commit = { ...NOTHING, id: ID, follows: at / 60, revision: at / 60 + 1, outcomes }
      assert.deepEqual(commitGroups(store, [commit])[0], [])
    }
    const rows = new Map<string, number>()
    store.close()
    const database = new DatabaseSync(file)
    database.exec(ONE_INDEX)
    const actor = actorHash({ hash: familyHash({ system: ID.system, parent: ID.parent }) }, 'n')
    const add = database.prepare('INSERT INTO outcome_keys VALUES (?, ?)')
    for (const { id, kept } of database.prepare('SELECT id, kept FROM outcomes').all()) {
      for (const [key = ''] of Buffer.from(kept as Uint8Array)
        .toString('latin1')
        .matchAll(/key-\d+/g)) {
        rows.set(key, Number(id))
        add.run(hashIn(actor, key), Number(id))
      }
    }
    assert.equal(rows.size, KEYS)
    database.exec('UPDATE folded SET outcome = (SELECT max(id) FROM outcomes); PRAGMA user_version = 7')
    database.close()
    for (let times = 0; times < 2; times += 1) {
      store = new StoreFile(file)
      for (const key of rows.keys()) assert.equal(store.loadOutcome(ID, key)?.key, key)
      assert.equal(store.loadOutcome(ID, 'key-x'), null)
      assert.equal(store.outcomeKeys(ID, 10_000)?.length, KEYS)
      store.close()
    }
  })

  test('of a newer release is refused, and left as it is', () => {
    const file = join(folder, 'newer.db')
    new StoreFile(file).close()
    change(file, 'PRAGMA user_version = 99')
    const error = failure(file, () => new StoreFile(file))
    assert.deepEqual(
      [error.code, error.retryable, error.details['version']],
      ['STORE_UNAVAILABLE', false, 99],
    )
    assert.match(error.message, /newer release/)
    change(file, 'PRAGMA user_version = 8')
    new StoreFile(file).close()
  })

  test('of another program is refused, and left as it is', () => {
    const file = join(folder, 'other.db')
    change(file, 'CREATE TABLE actors (name TEXT)')
    const error = failure(file, () => new StoreFile(file))
    assert.equal(error.code, 'STORE_UNAVAILABLE')
    assert.ok(error.message.includes(file) && /another program/.test(error.message), error.message)
    const database = new DatabaseSync(file)
    assert.deepEqual({ ...database.prepare('PRAGMA journal_mode').get() }, { journal_mode: 'delete' })
    assert.deepEqual({ ...database.prepare('PRAGMA application_id').get() }, { application_id: 0 })
    database.close()
  })

  const plans = (file: string): { database: DatabaseSync; planOf: (sql: string) => string } => {
    new StoreFile(file).close()
    const database = new DatabaseSync(file)
    const planOf = (sql: string): string =>
      String(
        database
          .prepare(`EXPLAIN QUERY PLAN ${sql}`)
          .all()
          .map((row) => row['detail']),
      )
    return { database, planOf }
  }

  test('what is due is a range of an index, from any position', () => {
    const { database, planOf } = plans(join(folder, 'due.db'))
    const begin = 'SELECT due_at_ms, place FROM outbox WHERE system = ? AND box = ? AND'
    const index = 'SEARCH outbox USING COVERING INDEX outbox_by_due'
    assert.equal(
      planOf(`${begin} due_at_ms = ? AND place > ? ORDER BY place`),
      `${index} (system=? AND box=? AND due_at_ms=? AND rowid>?)`,
    )
    assert.equal(
      planOf(`${begin} due_at_ms > ? AND due_at_ms <= ? ORDER BY due_at_ms, place`),
      `${index} (system=? AND box=? AND due_at_ms>? AND due_at_ms<?)`,
    )
    database.close()
  })

  test('envelopes are counted by indexes alone: all others by a range, without the facts', () => {
    const { database, planOf } = plans(join(folder, 'counted.db'))
    const [facts = '', others = ''] = ENVELOPES.map((statement) => planOf(statement))
    assert.match(facts, /SCAN outbox USING COVERING INDEX outbox_facts/)
    assert.equal(
      others,
      'SCAN families,SEARCH outbox USING COVERING INDEX outbox_by_due (system=? AND box<?)',
      'without a sort',
    )
    database.close()
  })

  test('facts are a range of an index of their own, and those that are over one of what is due', () => {
    const { database, planOf } = plans(join(folder, 'facts.db'))
    assert.equal(
      planOf(
        'SELECT place FROM outbox INDEXED BY outbox_facts WHERE system = ? AND box = 4 AND place > ? ORDER BY place',
      ),
      'SEARCH outbox USING COVERING INDEX outbox_facts (system=? AND rowid>?)',
    )
    const over = `SELECT place FROM outbox INDEXED BY outbox_by_due WHERE system = ? AND box = 4 AND due_at_ms <= ?
      ORDER BY due_at_ms LIMIT ?`
    assert.equal(
      planOf(`DELETE FROM outbox WHERE place IN (${over})`),
      'SEARCH outbox USING INTEGER PRIMARY KEY (rowid=?),LIST SUBQUERY 1,' +
        'SEARCH outbox USING COVERING INDEX outbox_by_due (system=? AND box=? AND due_at_ms<?)',
    )
    const others = (range: string): string =>
      `SELECT id FROM outbox INDEXED BY outbox_by_id WHERE system = ? AND id ${range}`
    for (const [range, plan] of [
      ['< ?', 'id<?'],
      ['>= ?', 'id>?'],
    ] as const)
      assert.equal(
        planOf(others(range)),
        `SEARCH outbox USING COVERING INDEX outbox_by_id (system=? AND ${plan})`,
      )
    database.close()
  })

  test('the statements for the past use its indexes', () => {
    const { database, planOf } = plans(join(folder, 'plans.db'))
    const expired =
      'DELETE FROM revisions WHERE family = ? AND name = ? AND counted = 0 AND expires_at_ms <= ?'
    assert.match(planOf(expired), /SEARCH revisions USING (COVERING )?INDEX revisions_of_actor_by_expiry/)
    const first = 'SELECT id FROM outcomes WHERE expires_at_ms <= ? ORDER BY expires_at_ms LIMIT 1'
    assert.match(planOf(first), /SEARCH outcomes USING (COVERING )?INDEX outcomes_by_first_expiry/)
    const due =
      'SELECT revision FROM revisions WHERE counted = 0 AND expires_at_ms <= ? ORDER BY expires_at_ms LIMIT ?'
    assert.match(planOf(due), /SEARCH revisions USING (COVERING )?INDEX revisions_by_expiry/)
    database.close()
  })
})

describe('a store file that is damaged', () => {
  test('stops the actor with an error, and is never replaced by nothing', () => {
    const file = join(folder, 'damaged.db')
    const store = new StoreFile(file)
    const names = Array.from({ length: 2_000 }, (_none, at) => `actor-${at}`)
    const rest = { ...NOTHING, follows: 0, revision: 1 }
    commitGroups(
      store,
      names.map((name) => ({ id: { system: 's', parent: '', name }, ...rest })),
    )
    store.close()
    const fd = openSync(file, 'r+')
    const garbage = Buffer.alloc(4_096, 0xa5)
    for (let at = 12 * 4_096; at < statSync(file).size; at += 4_096) writeSync(fd, garbage, 0, 4_096, at)
    const error = failure(file, () => {
      const again = new StoreFile(file)
      try {
        again.load(packIds(names.map((name) => ({ system: 's', parent: '', name }))))
      } finally {
        again.close()
      }
    })
    assert.equal(error.code, 'STATE_UNREADABLE', error.message)
    assert.ok(isSpawnError(error) && error.message.includes(file))
  })

  test('stops on a journal that it cannot read', () => {
    const file = join(folder, 'journal.db')
    new StoreFile(file).close()
    change(file, "INSERT INTO journal (id, sequence, frame) VALUES (1, 1, x'63')")
    const error = failure(file, () => new StoreFile(file))
    assert.equal(error.code, 'STATE_UNREADABLE')
    assert.match(error.message, /row 1 of the journal/)
  })
})
