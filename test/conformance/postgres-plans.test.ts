// How Postgres looks for what is asked by its key: row by row, by the index of the primary key, and never through all rows of a table,
// whenever the server has counted them. A plan that a session has prepared goes on until they are counted anew, so it is looked at as it
// is made when there are none, one, and few; and what is planned for some values, when there are many and the server does not know.
// Plans in functions cannot be seen: of those the server says how much they read.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { commitStatements } from '../../src/stores/postgres/commit.ts'
import type { Connection, Statement, Value } from '../../src/stores/postgres/connection.ts'
import { Database } from '../../src/stores/postgres/database.ts'
import { PostgresStore } from '../../src/stores/postgres/index.ts'
import { listingRows } from '../../src/stores/postgres/listing.ts'
import { loadRows } from '../../src/stores/postgres/loads.ts'
import { outboxRows } from '../../src/stores/postgres/outbox.ts'
import { outcomeRows } from '../../src/stores/postgres/outcomes.ts'
import type { GroupPlan } from '../../src/stores/sql/group-plan.ts'
import { settledOptions } from '../../src/stores/sql/options.ts'
import type { Row } from '../../src/stores/sql/rows.ts'
import { actorId, commitOf, envelopeOf, factOf, SYSTEM } from '../../src/testing/statestore-fixture.ts'
import { standIn } from '../servers/postgres-sessions.ts'
import { endPostgres, postgresServer, type TestDatabase } from '../servers/postgres.ts'

after(endPostgres)

const MANY = 5_000
const AT_ONCE = 250

interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'Index Cond'?: string
  readonly Plans?: readonly PlanNode[]
}

/** Of a statement that is prepared, the plan that goes for all values; of any, the one for these. */
type Kind = 'generic' | 'custom'

/** What is asked of it is not done: it answers nothing, and keeps the plans. */
class Explaining extends Database {
  readonly plans: { readonly kind: Kind; readonly root: PlanNode }[] = []
  #count = 0

  override persist<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result> {
    return super.persist((connection) =>
      work(standIn(connection, (statement, values) => this.#explain(connection, statement, values))),
    )
  }

  async #explain(
    connection: Connection,
    { name, text }: Statement,
    values: readonly Value[],
  ): Promise<Row[]> {
    const note = async (kind: Kind, explained: string, given: readonly Value[]): Promise<void> => {
      const [row = []] = await connection.query(
        { name: '', text: `EXPLAIN (FORMAT JSON) ${explained}` },
        given,
      )
      // As Postgres documents it.
      const [{ Plan: root }] = JSON.parse(String(row[0])) as [{ Plan: PlanNode }]
      this.plans.push({ kind, root })
    }
    await note('custom', text, values)
    if (name === '') return []
    this.#count += 1
    const prepared = `plan_${this.#count}`
    await connection.run(`PREPARE ${prepared} AS ${text}; SET plan_cache_mode = force_generic_plan`)
    await note('generic', `EXECUTE ${prepared} (${values.map(() => 'NULL').join(', ')})`, [])
    return []
  }
}

function nodesOf(root: PlanNode): PlanNode[] {
  return [root, ...(root.Plans ?? []).flatMap(nodesOf)]
}

/** How tables are looked into, where that is not by all columns of their primary keys. */
function detours(root: PlanNode): string[] {
  const keys: Readonly<Record<string, readonly string[]>> = {
    actors: ['system', 'parent', 'name'],
    outcomes: ['system', 'parent', 'name', 'key'],
    outbox: ['system', 'id'],
  }
  const isByKey = (node: PlanNode): boolean => {
    const { 'Index Cond': condition = '', 'Index Name': index, 'Relation Name': table = '' } = node
    const isAsked = (column: string): boolean => new RegExp(`\\b${column} >?= `).test(condition)
    return index === `${table}_pkey` && keys[table]?.every(isAsked) === true
  }
  const looks = nodesOf(root).filter((node) => node['Relation Name'] !== undefined)
  assert.ok(looks.length > 0, 'a table is looked into')
  return looks
    .filter((node) => !isByKey(node))
    .map(
      (node) =>
        `${node['Node Type']} on ${node['Relation Name']} by ${node['Index Name']} ${node['Index Cond']}`,
    )
}

const KEPT = { key: 'k', reply: null, expiresAtMs: Number.MAX_SAFE_INTEGER }

async function grow(store: PostgresStore, from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += AT_ONCE) {
    const numbers = Array.from({ length: Math.min(AT_ONCE, to - at) }, (_none, more) => at + more)
    const verdicts = await store.commit(
      numbers.map((number) =>
        commitOf(`a-${number}`, 0, {
          outcomes: [KEPT],
          sends: [factOf(`${number}`), envelopeOf(`e-${number}`)],
        }),
      ),
    )
    assert.ok(verdicts.every((verdict) => verdict === 'committed'))
  }
}

/** Each look-up by keys, with so many of them. */
function lookUps(database: Database, count: number): Readonly<Record<string, () => Promise<unknown>>> {
  const numbers = Array.from({ length: count }, (_none, at) => at * 3)
  const actors = numbers.map((number) => actorId(`a-${number}`))
  const outcomes = actors.map((id) => ({ id, key: 'k', nowMs: 0 }))
  const envelopes = numbers.map((number) => ({ system: SYSTEM, id: `e-${number}` }))
  return {
    actors: () => loadRows(database)(actors),
    'a page of a list': () => listingRows(database).actors(SYSTEM, actors),
    outcomes: () => outcomeRows(database).find(outcomes),
    envelopes: () =>
      outboxRows(database).byId(
        SYSTEM,
        envelopes.map(({ id }) => id),
      ),
    'what stands of a group': () => commitStatements(database).standing({ actors, envelopes, outcomes }),
  }
}

const TABLES = ['actors', 'past', 'outcomes', 'outbox']

async function counts({ query }: TestDatabase): Promise<void> {
  for (const table of TABLES) await query(`VACUUM ANALYZE spawn.${table}`)
}

for (const few of [0, 1, 40]) {
  test(`what is asked by its key is looked up one by one, by the primary key, whatever the server knows: of ${few}`, async () => {
    const server = await (await postgresServer()).takeDatabase()
    await server.forget()
    const store = new PostgresStore(server.options)
    await store.start()
    const check = async (when: string, kinds: readonly Kind[]): Promise<void> => {
      const database = new Explaining(settledOptions({ ...server.options, poolSize: 1 }))
      database.open()
      for (const count of [1, 3, 256]) {
        for (const [what, ask] of Object.entries(lookUps(database, count))) {
          await ask()
          for (const { kind, root } of database.plans.splice(0))
            if (kinds.includes(kind))
              assert.deepEqual(detours(root), [], `${what} by ${count}, ${when}, ${kind}`)
        }
      }
      await database.close()
    }
    await check('never counted', ['generic'])
    await grow(store, 0, few)
    await counts(server)
    await check('counted', ['generic'])
    await grow(store, few, MANY)
    await check('counted before there were many', ['generic', 'custom'])
    await counts(server)
    await check('counted with many', ['generic', 'custom'])
    await store.stop()
    await server.release()
  })
}

/** How many pages a commit reads of each index: also of those in which it finds nothing. */
class Counting extends Database {
  readonly pages = new Map<string, number>()

  override use<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result> {
    return super.use((connection) =>
      work(
        standIn(connection, async (statement, values) => {
          await connection.run('BEGIN')
          let end = 'ROLLBACK'
          try {
            const before = await pagesRead(connection)
            const rows = await connection.query(statement, values)
            for (const [index, count] of await pagesRead(connection))
              this.pages.set(index, count - (before.get(index) ?? 0))
            end = 'COMMIT'
            return rows
          } finally {
            await connection.run(end)
          }
        }),
      ),
    )
  }
}

async function pagesRead(connection: Connection): Promise<Map<string, number>> {
  const text = `SELECT relname, pg_stat_get_xact_blocks_fetched(oid)::int8 FROM pg_class
    WHERE relkind = 'i' AND relnamespace = 'spawn'::regnamespace`
  const rows = await connection.query({ name: '', text }, [])
  return new Map(rows.map(([index, count]) => [String(index), Number(count)]))
}

/** Of each kind, in one group. */
const GROUP = 16
/** Pages of an index that are read and written for each row of a group, where it has two levels. It has many more. */
const MOST_PAGES: Readonly<Record<string, number>> = {
  actors_pkey: 5,
  outbox_by_due: 3,
  outbox_facts: 1,
  outbox_pkey: 11,
  outcomes_by_expiry: 3,
  outcomes_pkey: 9,
  past_by_expiry: 3,
  past_of_actor_by_expiry: 7,
  past_pkey: 18,
}
const KEPT_REVISIONS = 3

/** Rows by number: an actor with a past that has expired in part, an outcome, and envelopes to take, to renew and to sweep. */
const ROWS = [
  `INSERT INTO spawn.actors (system, parent, name, revision, birth, epoch, committed_at_ms, has_past)
    SELECT 's', '', ('a' || n)::bytea, 9, 1, 1, 0, true FROM numbers`,
  `INSERT INTO spawn.past (system, parent, name, revision, birth, epoch, committed_at_ms, replaced_at_ms, expires_at_ms,
      is_counted)
    SELECT 's', '', ('a' || n)::bytea, r, 1, 1, 0, 0, CASE WHEN r < 3 THEN 50 ELSE 1000 END, r > 8 - ${KEPT_REVISIONS}
    FROM numbers, generate_series(1, 8) AS r`,
  `INSERT INTO spawn.outcomes (system, parent, name, key, expires_at_ms) SELECT 's', '', ('a' || n)::bytea, 'k', 50 FROM numbers`,
  `INSERT INTO spawn.outbox (system, id, place, box, due_at_ms, header)
    SELECT 's', (kind || n)::bytea, nextval('spawn.place'), 0, 7, 'before' FROM numbers, unnest(ARRAY['take ', 'renew ', 'sweep ']) AS kind`,
]

async function put({ query }: TestDatabase, from: number, to: number): Promise<void> {
  const numbers = `WITH numbers AS (SELECT n FROM generate_series(${from}, ${to - 1}) AS n)`
  for (const insert of ROWS) await query(`${numbers} ${insert}`)
}

/** All that a group can do with such rows. */
function planOf(from: number, count: number): GroupPlan {
  const numbers = Array.from({ length: count }, (_none, at) => from + at)
  const system = 's'
  const key = (kind: string, dueAtMs: number | null) => (number: number) => ({
    system,
    id: `${kind} ${number}`,
    dueAtMs,
  })
  const idOf = (number: number) => ({ system, parent: '', name: `a${number}` })
  const history = { revisions: KEPT_REVISIONS, durationMs: 900 }
  return {
    verdicts: [],
    actors: numbers.map((number) => ({
      id: idOf(number),
      needs: { revision: 9, birth: 1 },
      writes: [commitOf(idOf(number), 9, { birth: 1, committedAtMs: 100, history })],
    })),
    outcomes: numbers.map((number) => ({
      id: idOf(number),
      outcome: { key: 'k', reply: null, expiresAtMs: 900 },
      staleAtMs: 100,
    })),
    taken: numbers.map(key('take', 7)),
    renewed: numbers.map(key('renew', null)),
    swept: numbers.map(key('sweep', null)),
    sends: numbers.map((number) => ({
      system,
      envelope: envelopeOf(`renew ${number}`, { header: 'after' }),
    })),
  }
}

/** What stands of such a row. */
async function standing({ query }: TestDatabase, number: number): Promise<unknown> {
  const revisions = `SELECT string_agg(revision || CASE WHEN is_counted THEN '+' ELSE '-' END, ' ' ORDER BY revision) AS past
    FROM spawn.past WHERE name = 'a${number}'`
  const envelopes = `SELECT string_agg(convert_from(id, 'UTF8') || ': ' || convert_from(header, 'UTF8'), ', ' ORDER BY id) AS sent
    FROM spawn.outbox WHERE id IN ('take ${number}', 'renew ${number}', 'sweep ${number}')`
  const outcome = `SELECT expires_at_ms::int4 AS expires FROM spawn.outcomes WHERE name = 'a${number}'`
  const stands = {}
  for (const text of [revisions, envelopes, outcome]) Object.assign(stands, ...(await query(text)))
  return stands
}

for (const few of [0, 1, 40]) {
  test(`a commit finds each of its rows by a few pages of an index, by whatever plan: counted with ${few}`, async () => {
    const server = await (await postgresServer()).takeDatabase()
    const store = new PostgresStore(server.options)
    await store.start()
    const session = () => {
      const database = new Counting(settledOptions({ ...server.options, poolSize: 1 }))
      database.open()
      return { database, commits: commitStatements(database) }
    }
    const check = async (
      { commits, database }: ReturnType<typeof session>,
      from: number,
      when: string,
    ): Promise<void> => {
      assert.equal(await commits.apply(planOf(from, GROUP)), 'applied')
      for (const [index, most] of Object.entries(MOST_PAGES)) {
        const pages = database.pages.get(index) ?? assert.fail(`there is no index ${index}`)
        assert.ok(pages <= most * GROUP, `${pages} pages of ${index}, ${when}`)
      }
      assert.deepEqual(await standing(server, from + 3), {
        past: '3- 4- 5- 6- 7+ 8+ 9+',
        sent: `renew ${from + 3}: after`,
        expires: 900,
      })
    }
    await put(server, 0, few)
    await counts(server)
    await put(server, few, few + 1)
    const [early, late] = [session(), session()]
    assert.equal(await early.commits.apply(planOf(few, 1)), 'applied')
    await put(server, few + 1, MANY)
    await check(early, 100, 'planned with few')
    await check(late, 200, 'planned with many that are not counted')
    await counts(server)
    await check(early, 300, 'planned with many')
    assert.equal(await early.commits.apply(planOf(300, 1)), 'refused')
    for (const { database } of [early, late]) await database.close()
    await store.stop()
    await server.release()
  })
}
