// Facts in the servers: what is committed meanwhile comes behind what is not committed yet, and however many facts there are,
// nothing goes through them: how many rows a server reads is counted by itself.

import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { type Envelope, FOR_EVER_MS, type Statestore } from '../../src/ports/index.ts'
import { MariadbStore } from '../../src/stores/mariadb/index.ts'
import { PostgresStore } from '../../src/stores/postgres/index.ts'
import { COUNTS as MARIADB_COUNTS } from '../../src/stores/mariadb/holdings.ts'
import { COUNTS as POSTGRES_COUNTS } from '../../src/stores/postgres/holdings.ts'
import type { DatabaseOptions } from '../../src/stores/sql/options.ts'
import { until } from '../../src/testing/index.ts'
import { archiveOf } from '../../src/testing/statestore-archive-fixture.ts'
import {
  commitOf,
  envelopeOf,
  factOf,
  NOON_MS,
  outsideCommit,
  SYSTEM,
} from '../../src/testing/statestore-fixture.ts'
import { PrivateMariadb } from '../servers/mariadb.ts'
import { EarlierPostgresStore } from '../servers/postgres-sessions.ts'
import { endPostgres, postgresServer } from '../servers/postgres.ts'

interface Database {
  readonly options: DatabaseOptions
  readonly query: (sql: string) => Promise<readonly unknown[]>
  readonly isAlone: () => Promise<void>
  readonly release: () => Promise<void>
}

interface Vendor {
  readonly take: () => Promise<Database>
  readonly open: (options: DatabaseOptions) => Statestore
  /** Inserts the envelope "held", in a transaction that stays open. */
  readonly hold: string
  /** A row for each session that waits for a lock. */
  readonly waiting: string
  /** As a member of schema 1. */
  readonly openBefore: (options: DatabaseOptions) => Statestore
  /** Makes of the tables those of schema 1. */
  readonly goBack: readonly string[]
  /** What is to be done then. */
  readonly pending: readonly number[]
  /** Whether a member of schema 1 can be played, also where it sends. */
  readonly sendsBefore: boolean
  /** Has the server count what stands, for its plans. */
  readonly analyze: string
  /** One field: how many rows of the outbox, and of its indexes, were ever read. */
  readonly rowsRead: string
  /** What counts all that stands. */
  readonly counts: string
  /** Its plan where envelopes are counted by an index alone. */
  readonly countsPlan: RegExp
  /** For that: what the server does by itself in time, and that it is no reason against it that rows are small here. */
  readonly settle: readonly string[]
}

let mariadb: PrivateMariadb | null = null
after(async () => {
  await mariadb?.end()
  await endPostgres()
})

const VENDORS: Readonly<Record<string, Vendor>> = {
  postgres: {
    take: async () => (await postgresServer()).takeDatabase(),
    open: (options) => new PostgresStore(options),
    hold: `BEGIN; INSERT INTO spawn.outbox (system, id, place, box, due_at_ms, header)
      VALUES ('${SYSTEM}', 'held', 1000000, 0, 0, '')`,
    waiting: `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    openBefore: (options) => new EarlierPostgresStore(options),
    goBack: [
      'DROP INDEX spawn.outbox_facts',
      'DROP FUNCTION spawn.commit_2, spawn.recount_2',
      'DELETE FROM spawn.migrations WHERE version > 1',
    ],
    pending: [2, 3],
    sendsBefore: true,
    analyze: 'ANALYZE spawn.outbox',
    rowsRead: `SELECT pg_stat_clear_snapshot(), t.seq_tup_read + (SELECT sum(i.idx_tup_read) FROM pg_stat_user_indexes i
      WHERE i.relid = t.relid) AS count FROM pg_stat_user_tables t WHERE t.relid = 'spawn.outbox'::regclass`,
    settle: ['VACUUM spawn.outbox', 'SET enable_seqscan = off'],
    counts: POSTGRES_COUNTS.text,
    countsPlan: /Index Only Scan using outbox_by_due on outbox/,
  },
  mariadb: {
    async take() {
      mariadb ??= await PrivateMariadb.start()
      return mariadb.takeDatabase()
    },
    open: (options) => new MariadbStore(options),
    hold: `INSERT INTO spawn_outbox (system, id, place, box, due_at_ms, header) VALUES ('${SYSTEM}', 'held', 1000000, 0, 0, '')`,
    waiting: `SELECT 1 FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'`,
    openBefore: (options) => new MariadbStore(options),
    goBack: [
      'ALTER TABLE spawn_places DROP COLUMN last_fact_place',
      'DELETE FROM spawn_migrations WHERE version > 1',
    ],
    pending: [2],
    sendsBefore: false,
    analyze: 'ANALYZE TABLE spawn_outbox',
    rowsRead: `SELECT SUM(variable_value) FROM information_schema.global_status WHERE variable_name LIKE 'HANDLER\\_READ%'`,
    settle: [],
    counts: MARIADB_COUNTS,
    countsPlan: /"spawn_outbox",[^\]]*"by_due",[^\]]*"Using index"/,
  },
}

/** MariaDB says the same again to who asks sooner. */
const PATIENCE = { pauseMs: 150 } as const

const FACTS = 20_000
/** Of other envelopes, in each box. */
const OTHERS = 20
const PENDING = 4_000
/** Each with an envelope of two boxes. */
const FEW_SYSTEMS = 100
/** What a request of a page, or of a group, may read. */
const PAGE = 10
const MOST_READ = 1_500

const facts = (from: number, count: number, more: (at: number) => Partial<Envelope>): Envelope[] =>
  Array.from({ length: count }, (_none, at) => factOf(String(from + at), more(from + at)))

async function send(store: Statestore, envelopes: readonly Envelope[]): Promise<void> {
  for (let from = 0; from < envelopes.length; from += 1_000) {
    const sends = envelopes.slice(from, from + 1_000)
    assert.deepEqual(await store.commit([outsideCommit({ sends })]), ['committed'])
  }
}

async function fill(store: Statestore): Promise<void> {
  const boxes = ['delivery', 'schedule', 'dead'] as const
  const others = boxes.flatMap((box) =>
    Array.from({ length: OTHERS }, (_none, at) => envelopeOf(`${box} ${at}`, { box, dueAtMs: NOON_MS + at })),
  )
  // Half of them are kept for ever, the others are over one by one.
  const dueAtMs = (at: number): number => (at % 2 === 0 ? FOR_EVER_MS : NOON_MS + at)
  await send(store, [...others, ...facts(0, FACTS, (at) => ({ dueAtMs: dueAtMs(at) }))])
}

/** Where a reading of the archive goes on, behind its first envelopes. */
async function behindFirst(store: Statestore): Promise<string> {
  for (let after: string | undefined; ;) {
    const { next, rows } = await archiveOf(store).read({ limit: PAGE, ...(after !== undefined && { after }) })
    assert.ok(next !== null, 'there are more of them')
    if (rows.some(({ kind }) => kind === 'envelope')) return next
    after = next
  }
}

for (const [name, vendor] of Object.entries(VENDORS)) {
  describe(name, () => {
    test('what is committed while another group is, comes behind it, and nothing of that is read before', async () => {
      const database = await vendor.take()
      const stores = [1, 2, 3].map(() => vendor.open(database.options))
      const [one, other, reader] = stores
      assert.ok(one !== undefined && other !== undefined && reader !== undefined)
      await Promise.all(stores.map((store) => store.start()))
      const waits = (count: number) => async (): Promise<boolean> =>
        (await database.query(vendor.waiting)).length >= count
      const read = async (): Promise<string[]> => (await reader.facts(SYSTEM, 0, 9)).facts.map(({ id }) => id)
      if (name === 'mariadb') await database.query('START TRANSACTION')
      await database.query(vendor.hold)
      // Its fact has a place, and then it waits.
      const first = one.commit([commitOf('one', 0, { sends: [factOf('first'), envelopeOf('held')] })])
      await until('the first group to wait', waits(1), PATIENCE)
      let isSecondDone = false
      const second = other.commit([commitOf('two', 0, { sends: [factOf('second')] })])
      void second.then(() => (isSecondDone = true))
      await until(
        'the second group to wait or be done',
        async () => isSecondDone || (await waits(2)()),
        PATIENCE,
      )
      const before = await read()
      await database.query('ROLLBACK')
      assert.deepEqual(await Promise.all([first, second]), [['committed'], ['committed']])
      assert.deepEqual(before, [])
      assert.deepEqual(await read(), ['fact:first', 'fact:second'])
      await Promise.all(stores.map((store) => store.stop()))
      await database.release()
    })

    test('their schema is brought up to date beside a member that commits', async () => {
      const database = await vendor.take()
      const [running, starting] = [vendor.openBefore(database.options), vendor.open(database.options)]
      await running.start()
      let revision = 0
      const commit = async (sends: readonly Envelope[]): Promise<void> => {
        assert.deepEqual(await running.commit([commitOf('one', revision, { sends })]), ['committed'])
        revision += 1
      }
      await commit([envelopeOf('a')])
      for (const sql of vendor.goBack) await database.query(sql)
      const status = await starting.schema?.status()
      assert.deepEqual([status?.version, status?.pending.map(({ version }) => version)], [1, vendor.pending])
      let isUp = false
      const start = starting.start().finally(() => (isUp = true))
      while (!isUp) await commit(vendor.sendsBefore ? [envelopeOf(`b ${revision}`)] : [])
      await start
      await commit([envelopeOf('c'), factOf('of the one that runs')])
      const takes = outsideCommit({ sends: [factOf('of the one that starts')], takes: ['a'] })
      assert.deepEqual(await starting.commit([takes]), ['committed'])
      for (const store of [running, starting]) assert.equal((await store.facts(SYSTEM, 0, 9)).facts.length, 2)
      await Promise.all([running.stop(), starting.stop()])
      await database.release()
    })

    test('nothing that is asked goes through all facts, also where the server knows of few', async () => {
      const database = await vendor.take()
      const before = vendor.open(database.options)
      await before.start()
      for (let at = 0; at < FEW_SYSTEMS; at += 1) {
        const few = outsideCommit({ sends: [factOf('one'), envelopeOf('one')] })
        await before.commit([{ ...few, id: { ...few.id, system: `few ${at}` } }])
      }
      await database.query(vendor.analyze)
      await fill(before)
      const all = await before.facts(SYSTEM, 0, 1)
      const first = all.facts[0]?.place ?? 0
      const last = first + FACTS - 1
      const page = { limit: PAGE }
      const after = await behindFirst(before)
      const row = {
        kind: 'envelope',
        system: SYSTEM,
        envelope: { ...factOf('moved'), place: last + FACTS },
      } as const
      const asked: Readonly<Record<string, (store: Statestore) => Promise<unknown>>> = {
        'the first facts': (store) => store.facts(SYSTEM, 0, PAGE),
        'facts in the middle': (store) => store.facts(SYSTEM, first + FACTS / 2, PAGE),
        'the last facts': (store) => store.facts(SYSTEM, last - 3, 2),
        'facts behind all': (store) => store.facts(SYSTEM, last, PAGE),
        'what is due': (store) => store.due(SYSTEM, NOON_MS + OTHERS / 2, PAGE),
        'what is due later': (store) => store.due(SYSTEM, FOR_EVER_MS, PAGE),
        'a box': (store) => store.listEnvelopes(SYSTEM, 'dead', page),
        'the box of facts': (store) => store.listEnvelopes(SYSTEM, 'fact', page),
        'facts by id': (store) => store.envelopes(SYSTEM, ['fact:1', `fact:${FACTS}`, 'fact:never']),
        'the systems': (store) => store.systems(),
        'a group': (store) =>
          store.commit([outsideCommit({ sends: [factOf('new')], takes: ['delivery 0'] })]),
        'a page of the archive': (store) => archiveOf(store).read({ limit: PAGE, after }),
        'a row that comes into the archive': (store) => archiveOf(store).write([row]),
        'that nothing is over': (store) => store.prune(NOON_MS - 1, PAGE),
        'what is over': (store) => store.prune(NOON_MS + FACTS, PAGE),
      }
      const schedules = Array.from({ length: PENDING }, (_none, at) =>
        envelopeOf(`pending ${at}`, { box: 'schedule', dueAtMs: NOON_MS * 2 + at }),
      )
      const rowsRead = async (): Promise<number> => {
        await database.isAlone()
        const [row] = await database.query(vendor.rowsRead)
        return Number(Object.values(row as object).at(-1))
      }
      const check = async (what: string, ask: (store: Statestore) => Promise<unknown>): Promise<void> => {
        const from = await rowsRead()
        const store = vendor.open(database.options)
        await store.start()
        await ask(store)
        await store.stop()
        const count = (await rowsRead()) - from
        assert.ok(count < MOST_READ, `${what}: ${count} rows were read`)
      }
      await before.stop()
      for (const [what, ask] of Object.entries(asked)) await check(what, ask)
      for (const sql of vendor.settle) await database.query(sql)
      const plan = await database.query(`EXPLAIN ${vendor.counts}`)
      const lines = plan.map((row) => JSON.stringify(Object.values(row as object)))
      assert.match(lines.join('\n'), vendor.countsPlan, 'what stands is counted by an index')
      const later = vendor.open(database.options)
      await later.start()
      const behind = (await later.facts(SYSTEM, last, PAGE)).facts.at(-1)?.place ?? last
      await send(later, schedules)
      await later.stop()
      await check('facts behind the last, where much else is pending', (store) =>
        store.facts(SYSTEM, behind, PAGE),
      )
      await database.release()
    })

    test('systems are found in order, however many there are, of actors and of envelopes', async () => {
      const database = await vendor.take()
      const store = vendor.open(database.options)
      await store.start()
      const names = Array.from({ length: 205 }, (_none, at) => `s${at} ${at % 3 === 0 ? 'é' : ''}`)
      for (const [at, system] of names.entries()) {
        const ofActor = commitOf('one', 0, { id: { system, parent: '', name: 'one' } })
        const ofEnvelope = {
          ...outsideCommit({ sends: [factOf('one')] }),
          id: { system, parent: '', name: '' },
        }
        if (at % 5 !== 0) assert.deepEqual(await store.commit([ofActor]), ['committed'])
        if (at % 4 !== 0) assert.deepEqual(await store.commit([ofEnvelope]), ['committed'])
      }
      const stored = names.filter((_name, at) => at % 20 !== 0)
      assert.deepEqual(await store.systems(), stored.toSorted())
      await store.stop()
      await database.release()
    })
  })
}
