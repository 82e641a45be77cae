import assert from 'node:assert/strict'
import { test } from 'node:test'
import { below, hashOf, seededRandom } from '../../base/index.ts'
import { fields } from './dictionary.ts'
import type { OutcomeTable } from './outcome-table.ts'
import { newFile, opened, outcomeOf } from '../../../test/outcome-tables.ts'

const keysOf = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_none, at) => `key-${from + at}`)

test('outcomes are found by actor and key, before the filter is filled and after', () => {
  const { change, database, family, table } = opened(undefined, 1_000)
  for (const [at, name] of ['a', 'b'].entries()) {
    for (let from = 0; from < 3_000; from += 60)
      change(() =>
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
  const { change, database, family, table } = opened()
  change(() =>
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
    change(() => {
      table.remove(family, 'a', 'key-3')
      assert.equal(table.prune(100, 1), 1)
      throw new Error('the disk is full')
    }),
  )
  for (const key of keysOf(5)) assert.notEqual(table.find(family, 'a', key), null)
  change(() => table.remove(family, 'a', 'key-3'))
  assert.deepEqual(
    keysOf(5).map((key) => table.find(family, 'a', key) !== null),
    [true, true, true, false, true],
  )
  database.close()
})

test('several actors share a row, and what becomes of one of them is nothing to the others', () => {
  const names = keysOf(20)
  const { change, database, family, file, table } = opened(undefined, 1_000)
  change(() => {
    for (const [at, name] of names.entries())
      table.write(family, name, [outcomeOf('k', 100 + at), outcomeOf(`l of ${name}`, 200)])
  })
  assert.deepEqual(fields([database.prepare('SELECT count(*), max(family) FROM outcomes').get()])[0], [1, 0])
  const standing = (at: OutcomeTable): string[] =>
    names.flatMap((name) => ['k', `l of ${name}`].filter((key) => at.find(family, name, key)?.key === key))
  assert.equal(standing(table).length, 40)
  assert.equal(table.find(family, 'key-1', 'l of key-2'), null)
  change(() => table.remove(family, 'key-3', 'k'))
  change(() => table.delete(family, 'key-5'))
  assert.ok(change(() => table.replace(family, 'key-7', 'k', (kept) => ({ ...kept, reply: null }))))
  assert.equal(table.find(family, 'key-7', 'k')?.reply, null)
  assert.notEqual(table.find(family, 'key-8', 'k')?.reply, null)
  // What expires until then is of the first ten, without what is gone already.
  assert.equal(
    change(() => table.prune(109, 100)),
    8,
  )
  assert.equal(standing(table).length, 40 - 1 - 2 - 8)
  assert.deepEqual(table.keys(family, 'key-5', 9), [])
  database.close()
  const again = opened(file)
  assert.equal(standing(again.table).length, 40 - 1 - 2 - 8)
  assert.equal(
    again.change(() => again.table.prune(200, 100)),
    29,
  )
  assert.deepEqual(fields([again.database.prepare('SELECT count(*) FROM outcomes').get()])[0], [0])
  again.database.close()
})

test('a row is pruned in part, in the order of what expires', () => {
  const { change, database, family, table } = opened()
  change(() => {
    table.write(family, 'a', [outcomeOf('early', 10), outcomeOf('late', 50), outcomeOf('middle', 30)])
    table.write(family, 'b', [outcomeOf('early', 20)])
  })
  assert.deepEqual(
    [9, 30, 30].map((nowMs) => change(() => table.prune(nowMs, 2))),
    [0, 2, 1],
  )
  assert.equal(table.find(family, 'a', 'late')?.expiresAtMs, 50)
  change(() => table.delete(family, 'a'))
  assert.deepEqual(table.keys(family, 'a', 9), [])
  database.close()
})

test('each outcome is there until it expires, and gone then, though rows that are written together expire together in the index', () => {
  const random = seededRandom(7)
  const { change, database, family, table } = opened()
  const expiries = new Map<string, number>()
  // Rows about a second, and some outcomes of a row far behind its others; written in no order of time.
  for (let row = 0; row < 200; row += 1) {
    const outcomes = keysOf(1 + below(random, 4), row * 10).map((key) =>
      outcomeOf(key, 10_000 + below(random, 1_500) + (below(random, 5) === 0 ? 3_000 : 0)),
    )
    change(() => table.write(family, 'a', outcomes))
    for (const { key, expiresAtMs } of outcomes) expiries.set(key, expiresAtMs)
  }
  const [times, rows] =
    fields([database.prepare('SELECT count(DISTINCT expires_at_ms), count(*) FROM outcomes').get()])[0] ?? []
  assert.ok(Number(times) < 100 && rows === 200, `${String(times)} times of ${String(rows)} rows`)
  const check = (nowMs: number): void => {
    for (const [key, expiresAtMs] of expiries)
      assert.equal(table.find(family, 'a', key) !== null, expiresAtMs > nowMs, `${key} at ${nowMs}`)
  }
  let gone = 0
  for (let nowMs = 9_990; nowMs < 15_000; nowMs += 1 + below(random, 60)) {
    gone += change(() => table.prune(nowMs, 100_000))
    assert.equal(gone, [...expiries.values()].filter((expiresAtMs) => expiresAtMs <= nowMs).length)
    check(nowMs)
  }
  assert.equal(gone, expiries.size)
  database.close()
})

test('pruning looks at so many rows in vain in one go, where the index has found them too early', () => {
  const { change, database, family, table, writeRow } = opened()
  const names = keysOf(5_000)
  change(() => {
    for (const [at, name] of names.entries())
      writeRow(family, name, [outcomeOf('k', at === 0 ? 100 : 101 + (at % 800))])
  })
  const found = (): unknown =>
    fields([database.prepare('SELECT count(*) FROM outcomes WHERE expires_at_ms <= 100').get()])[0]?.[0]
  assert.equal(found(), 5_000, 'all of them stand under one time')
  const pruned = (nowMs: number, limit: number): number => change(() => table.prune(nowMs, limit))
  assert.equal(pruned(100, 10), 1)
  assert.equal(found(), 5_000 - 1 - 4_096)
  for (const [at, name] of names.entries()) assert.equal(table.find(family, name, 'k') !== null, at > 0)
  assert.equal(pruned(100, 10), 0)
  assert.equal(found(), 0)
  assert.deepEqual([pruned(1_000, 10), pruned(1_000, 10_000)], [10, 4_989])
  database.close()
})

test('what has expired behind rows that are found too early goes with them, up to the limit', () => {
  const { change, database, family, table, writeRow } = opened()
  change(() => {
    for (const [at, name] of keysOf(20).entries())
      writeRow(family, name, [outcomeOf('k', at < 10 ? 500 - at : 100)])
  })
  assert.deepEqual(
    [1, 8, 8].map((limit) => change(() => table.prune(100, limit))),
    [1, 8, 1],
  )
  database.close()
})

test('a row never gets the number of one whose keys the index has, so its own are read after a crash', () => {
  const { change, database, family, file, table } = opened(undefined, 4)
  for (const from of [0, 4, 8]) {
    change(() =>
      table.write(
        family,
        'gone',
        keysOf(4, from).map((key) => outcomeOf(key)),
      ),
    )
  }
  const [mark] = fields([database.prepare('SELECT outcome FROM folded').get()])[0] ?? []
  assert.ok(Number(mark) > 0, 'the index has followed')
  change(() => table.delete(family, 'gone'))
  database.close()
  const again = opened(file, 4)
  again.change(() => again.table.write(again.family, 'new', [outcomeOf('k')]))
  again.database.close()
  const { database: last, family: found, table: reread } = opened(file, 4)
  assert.equal(reread.find(found, 'new', 'k')?.key, 'k')
  last.close()
})

test('keys stand and are gone as they should, while the index follows, through failures, and in every image of a crash', () => {
  const random = seededRandom(11)
  const actors = ['a', 'b', 'c', 'd', 'e']
  const file = newFile()
  let { change, database, family, table } = opened(file, 50)
  /** Actor and key of what stands, and when it expires. */
  let standing = new Map<string, number>()
  const used: [name: string, key: string][] = []
  let atMs = 0
  let indexed = 0
  const check = (): void => {
    for (const [name, key] of used)
      assert.equal(
        table.find(family, name, key)?.expiresAtMs,
        standing.get(`${name} ${key}`),
        `${name} ${key}`,
      )
    for (const name of actors) {
      const keys = new Set(table.keys(family, name, 10_000))
      for (const [of, key] of used)
        if (of === name && standing.has(`${name} ${key}`)) assert.ok(keys.has(hashOf(key)), `${name} ${key}`)
    }
  }
  /** A few changes, as they are to be in the end. */
  const someChanges = (): Map<string, number> => {
    const after = new Map(standing)
    for (let left = 1 + below(random, 3); left > 0; left -= 1) {
      const name = actors[below(random, actors.length)]!
      const kind = below(random, 20)
      if (kind < 14) {
        atMs += 1
        const outcomes = Array.from({ length: 1 + below(random, 6) }, (_none, at) =>
          outcomeOf(`${atMs}-${at}`, atMs),
        )
        table.write(family, name, outcomes)
        for (const { key } of outcomes) used.push([name, key])
        for (const { key } of outcomes) after.set(`${name} ${key}`, atMs)
      } else if (kind < 17 && used.length > 0) {
        const [of, key] = used[below(random, used.length)]!
        table.remove(family, of, key)
        after.delete(`${of} ${key}`)
      } else if (kind < 19) {
        const nowMs = atMs - 120
        table.prune(nowMs, 10_000)
        for (const [each, expiresAtMs] of after) if (expiresAtMs <= nowMs) after.delete(each)
      } else if (below(random, 4) === 0) {
        table.delete(family, name)
        for (const each of after.keys()) if (each.startsWith(`${name} `)) after.delete(each)
      }
    }
    return after
  }
  for (let round = 0; round < 400; round += 1) {
    const isToFail = below(random, 4) === 0
    try {
      standing = change(() => {
        const after = someChanges()
        if (isToFail) throw new Error('the disk is full')
        return after
      })
    } catch (thrown) {
      assert.ok(isToFail, String(thrown))
    }
    if (round % 7 === 0) check()
    if (round % 23 === 0) while (table.hasWork) table.fillFilter()
    if (round % 31 !== 0) continue
    database.close()
    ;({ change, database, family, table } = opened(file, 50))
    const [mark] = fields([database.prepare('SELECT outcome FROM folded').get()])[0] ?? []
    if (Number(mark) > indexed) indexed = Number(mark)
    check()
  }
  assert.ok(indexed > 100, `the index followed to row ${indexed} only`)
  assert.ok(used.length > 800 && standing.size > 100, `${standing.size} of ${used.length}`)
  change(() => table.prune(atMs, 10_000))
  const [rows] =
    fields([
      database.prepare('SELECT (SELECT count(*) FROM outcomes) + (SELECT count(*) FROM key_runs)').get(),
    ])[0] ?? []
  assert.equal(rows, 0, 'and leave nothing behind')
  database.close()
})
