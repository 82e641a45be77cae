// How Postgres looks for what is asked by its key: row by row, by the index of the primary key, and never through all rows of a table,
// whenever the server has counted them. A plan that a session has prepared goes on until they are counted anew, so it is looked at as it
// is made when there are none, one, and few; and what is planned each time, when there are many and the server does not know.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { commitStatements } from '../../src/stores/postgres/commit.ts'
import type { Connection, Statement, Value } from '../../src/stores/postgres/connection.ts'
import { Database } from '../../src/stores/postgres/database.ts'
import { PostgresStore } from '../../src/stores/postgres/index.ts'
import { loadRows } from '../../src/stores/postgres/loads.ts'
import { outboxRows } from '../../src/stores/postgres/outbox.ts'
import { outcomeRows } from '../../src/stores/postgres/outcomes.ts'
import { settledOptions } from '../../src/stores/sql/options.ts'
import type { Row } from '../../src/stores/sql/rows.ts'
import { actorId, commitOf, envelopeOf, factOf, SYSTEM } from '../../src/testing/statestore-fixture.ts'
import { endPostgres, postgresServer } from '../servers/postgres.ts'

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
    return super.persist((connection) => {
      const query = (statement: Statement, values: readonly Value[]): Promise<readonly Row[]> =>
        this.#explain(connection, statement, values)
      return work(Object.create(connection, { query: { value: query } }) as Connection)
    })
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
    return (
      index === `${table}_pkey` && keys[table]?.every((column) => condition.includes(`${column} = `)) === true
    )
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
    outcomes: () => outcomeRows(database).find(outcomes),
    envelopes: () =>
      outboxRows(database).byId(
        SYSTEM,
        envelopes.map(({ id }) => id),
      ),
    'what stands of a group': () => commitStatements(database).standing({ actors, envelopes, outcomes }),
  }
}

test('what is asked by its key is looked up one by one, by the primary key, whatever the server knows', async () => {
  const server = await (await postgresServer()).takeDatabase()
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
  const counts = async (): Promise<void> => {
    for (const table of ['actors', 'outcomes', 'outbox']) await server.query(`VACUUM ANALYZE spawn.${table}`)
  }
  await check('never counted', ['generic'])
  let stand = 0
  for (const upTo of [0, 1, 40]) {
    await grow(store, stand, (stand = upTo))
    await counts()
    await check(`counted with ${upTo}`, ['generic'])
  }
  await grow(store, stand, MANY)
  await check('counted with few when there are many', ['generic', 'custom'])
  await counts()
  await check('counted with many', ['generic', 'custom'])
  await store.stop()
  await server.release()
})
