import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { OutcomeRecord } from '../../ports/index.ts'
import { Packed } from '../../protocol/packed.ts'
import { Database } from './database.ts'
import { Dictionary } from './dictionary.ts'
import { storeError } from './failures.ts'
import { OutcomeTable } from './outcome-table.ts'

const folder = mkdtempSync(join(tmpdir(), 'spawn-outcomes-'))
after(() => rmSync(folder, { recursive: true, force: true }))
let files = 0

function opened(file = join(folder, `${(files += 1)}.db`)) {
  const database = new Database(file)
  const dictionary = new Dictionary(database)
  const table = new OutcomeTable(database, dictionary)
  return { file, database, table, family: dictionary.family({ system: 's', parent: 'p' }) }
}

const outcomeOf = (key: string, expiresAtMs = 100): OutcomeRecord => {
  return { key, expiresAtMs, reply: new Packed('t', Buffer.from(`reply to ${key}`)) }
}
const keysOf = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_none, at) => `key-${from + at}`)

test('outcomes are found by actor and key, before the filter is filled and after', () => {
  const { database, family, table } = opened()
  for (const [at, name] of ['a', 'b'].entries()) {
    for (let from = 0; from < 3_000; from += 60)
      database.durably(() =>
        table.write(
          family,
          name,
          keysOf(60, from + at * 3_000).map((key) => outcomeOf(key)),
        ),
      )
  }
  const check = (): void => {
    for (const key of keysOf(6_000)) {
      const isOfA = Number(key.slice(4)) < 3_000
      assert.equal(table.find(family, isOfA ? 'a' : 'b', key)?.key, key)
      assert.equal(table.find(family, isOfA ? 'b' : 'a', key), null)
    }
  }
  check()
  assert.ok(table.hasWork)
  let slices = 0
  for (; table.hasWork; slices += 1) table.fillFilter()
  assert.ok(slices > 2, `${slices} slices`)
  check()
  assert.equal(table.keys(family, 'a', 10_000).length, 3_000)
  assert.equal(table.keys(family, 'a', 10).length, 10)
  database.close()
})

test('what is removed in a transaction that fails is found again', () => {
  const { database, family, table } = opened()
  database.durably(() =>
    table.write(
      family,
      'a',
      keysOf(5).map((key) => outcomeOf(key)),
    ),
  )
  assert.notEqual(table.find(family, 'a', 'key-0'), null)
  table.fillFilter()
  assert.ok(!table.hasWork)
  assert.throws(() =>
    database.durably(() => {
      table.remove(family, 'a', 'key-3')
      assert.equal(table.prune(100, 1), 1)
      throw new Error('the disk is full')
    }),
  )
  table.settle(false)
  for (const key of keysOf(5)) assert.notEqual(table.find(family, 'a', key), null)
  database.durably(() => table.remove(family, 'a', 'key-3'))
  table.settle(true)
  assert.deepEqual(
    keysOf(5).map((key) => table.find(family, 'a', key) !== null),
    [true, true, true, false, true],
  )
  database.close()
})

test('a row is pruned in part, in the order of what expires', () => {
  const { database, family, table } = opened()
  database.durably(() => {
    table.write(family, 'a', [outcomeOf('early', 10), outcomeOf('late', 50), outcomeOf('middle', 30)])
    table.write(family, 'b', [outcomeOf('early', 20)])
  })
  assert.deepEqual(
    [9, 30, 30].map((nowMs) => database.durably(() => table.prune(nowMs, 2))),
    [0, 2, 1],
  )
  assert.equal(table.find(family, 'a', 'late')?.expiresAtMs, 50)
  database.durably(() => table.delete(family, 'a'))
  assert.deepEqual(table.keys(family, 'a', 9), [])
  database.close()
})

test('a row that is damaged stops who asks for it, and says so', () => {
  const { database, family, file, table } = opened()
  database.durably(() => table.write(family, 'a', [outcomeOf('k')]))
  database.close()
  const damage = new DatabaseSync(file)
  damage.exec("UPDATE outcomes SET kept = x'05'")
  damage.close()
  const again = opened(file)
  let error: unknown = null
  try {
    again.table.find(again.family, 'a', 'k')
  } catch (thrown) {
    error = thrown
  }
  assert.equal(storeError(file, error).code, 'STATE_UNREADABLE')
  again.database.close()
})
