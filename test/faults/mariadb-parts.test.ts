// A group that is larger than a packet goes to MariaDB in parts of one transaction, all of them at once. So a part must do
// nothing unless the one before it is done: when that one was refused, when it did not get a lock, when it was stopped in the
// middle, when it never came.

import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { type Connection, createConnection } from 'mariadb'
import type { Commit, Statestore } from '../../src/ports/index.ts'
import { actorId, BIRTH, commitOf } from '../../src/testing/statestore-fixture.ts'
import { until } from '../../src/testing/index.ts'
import { endMariadb } from '../servers/mariadb.ts'
import type { Fault } from './link.ts'
import { mariadbSubject } from './mariadb-subject.ts'
import { groupOfParts, NAMES, type PartName, PARTS, revisionsOf, sweepParts } from './parts-sweep.ts'
import type { FaultDatabase } from './subject.ts'
import { PATIENCE } from './world.ts'

after(endMariadb)

/** A lock that does not come is given up after half of it. */
const REQUEST_MS = 4_000
/** These take no time; half of them are met, in each run others; in test/slow/ all of them, and more. */
const QUICK: readonly Fault[] = ['cutBefore', 'cutWithin', 'cutBehind', 'loseAnswer', 'late', 'refuse']
const MET = 3
/** Of the statements, in each run others. */
const EVERY_NTH = PARTS
const ALL = NAMES.map(() => 'committed')
const [BEFORE, BEHIND] = [NAMES.map(() => 1), NAMES.map(() => 2)]

interface Scene {
  readonly store: Statestore
  /** Somebody else's session. */
  readonly other: Connection
  readonly database: FaultDatabase
}

/**
 * With the actors of the group at revision 1, and a session that has prepared what its parts need: so a part is done as soon as the
 * server is through with the one before it, even if the session is given up by then.
 */
async function scene(body: (scene: Scene) => Promise<void>): Promise<void> {
  const database = await mariadbSubject.takeDatabase()
  const { database: name, host, password, port, user } = database.options
  const other = await createConnection({ host, port, user, password, database: name, bigIntAsNumber: true })
  const store = mariadbSubject.open({ ...database.options, requestMs: REQUEST_MS, outageMs: 120_000 })
  try {
    await store.start()
    assert.deepEqual(await store.commit(groupOfParts(1)), ALL)
    await body({ store, other, database })
  } finally {
    await store.stop()
    await other.end()
    await database.release()
  }
}

/** Nobody else changes that actor until `other` rolls back. */
async function lock(other: Connection, name: PartName): Promise<void> {
  await other.query('START TRANSACTION')
  await other.query('SELECT revision FROM spawn_actors WHERE name = ? FOR UPDATE', [name])
}

/** The sessions of the store that wait for a lock. The server looks anew only when nobody has asked for a tenth of a second. */
const SELDOM = { timeoutMs: 60_000, pauseMs: 150 } as const
async function waiting({ database, other }: Scene): Promise<number[]> {
  const rows: { id: number }[] = await other.query(
    `SELECT p.id AS id FROM information_schema.innodb_trx AS t
      JOIN information_schema.processlist AS p ON p.id = t.trx_mysql_thread_id
      WHERE t.trx_state = 'LOCK WAIT' AND p.db = ?`,
    [database.options.database],
  )
  return rows.map(({ id }) => id)
}

/** The session of the store that cannot read a table, because `other` has it for itself. */
async function shutOut({ database, other }: Scene): Promise<number | undefined> {
  const rows: { id: number }[] = await other.query(
    "SELECT id FROM information_schema.processlist WHERE db = ? AND state = 'Waiting for table metadata lock'",
    [database.options.database],
  )
  return rows[0]?.id
}

const isNew = ({ id }: Commit): boolean => id.name === 'first' || id.name === 'tail'

describe('parts of a group that are sent at once', () => {
  for (const refused of ['first', 'middle'] satisfies PartName[])
    test(`what the ${refused} one needs does not stand: its commit is a conflict, the others are committed`, () =>
      scene(async ({ store }) => {
        assert.deepEqual(await store.commit([commitOf(refused, 1)]), ['committed'])
        const expected = NAMES.map((name) => (name === refused ? 'conflict' : 'committed'))
        assert.deepEqual(await store.commit(groupOfParts(2)), expected)
        assert.deepEqual(await revisionsOf(store), BEHIND)
      }))

  test('the middle one does not get a lock in time: nothing is done, and all of it when it is free', () =>
    scene(async (all) => {
      const { other, store } = all
      await lock(other, 'middle')
      const committed = store.commit(groupOfParts(2))
      const first = await until('the lock to be asked for', async () => (await waiting(all))[0], SELDOM)
      const isOther = async (): Promise<boolean> => (await waiting(all)).some((session) => session !== first)
      await until('it to be asked for again', isOther, SELDOM)
      assert.deepEqual(await revisionsOf(store), BEFORE)
      await other.query('ROLLBACK')
      assert.deepEqual(await committed, ALL)
      assert.deepEqual(await revisionsOf(store), BEHIND)
    }))

  test('the middle one is stopped behind its actors: nothing is done, and then all of it', () =>
    scene(async (all) => {
      const { other, store } = all
      // Who replaces a state looks for the past of its actor, behind it. The first one and the tail are new, and do not.
      for (const name of ['first', 'tail'] satisfies PartName[])
        assert.equal(await store.delete(actorId(name), 1, BIRTH), 'committed')
      const group = groupOfParts(2).map((commit) =>
        isNew(commit) ? { ...commit, follows: 0, revision: 1 } : commit,
      )
      await other.query('LOCK TABLES spawn_past WRITE')
      const committed = store.commit(group)
      const session = await until('it to be behind its actors', () => shutOut(all), PATIENCE)
      await other.query(`KILL QUERY ${session}`)
      const isOther = async (): Promise<boolean> => ![undefined, session].includes(await shutOut(all))
      await until('it to be there again', isOther, PATIENCE)
      assert.deepEqual(await revisionsOf(store), [0, 1, 1, 0])
      await other.query('UNLOCK TABLES')
      assert.deepEqual(await committed, ALL)
      assert.deepEqual(await revisionsOf(store), [1, 2, 2, 1])
    }))

  test('meet a fault: nobody hears of it, and the group is committed once', async (context) => {
    const from = 1 + randomInt(PARTS)
    const first = randomInt(QUICK.length)
    const faults = [...QUICK, ...QUICK].slice(first, first + MET)
    const met = await sweepParts(mariadbSubject, { faults, from, step: EVERY_NTH })
    context.diagnostic(`from ${from}: ${met} faults, ${faults.join(', ')}`)
    assert.ok(met >= MET, `only ${met} statements have met a fault`)
  })
})
