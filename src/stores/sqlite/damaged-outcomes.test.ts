// Rows of kept outcomes that cannot be read: who is told, what else goes on, and what becomes of them when their actors go.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Family, fields } from './dictionary.ts'
import { storeError } from './failures.ts'
import { actorHash, type OutcomeTable } from './outcome-table.ts'
import { opened, outcomeOf } from '../../../test/outcome-tables.ts'

/** Three names whose actors have one hash in the index. */
function alike(family: Family): [string, string, string] {
  const byHash = new Map<number, string[]>()
  for (let at = 0; ; at += 1) {
    const hash = actorHash(family, `n-${at}`)
    const names = byHash.get(hash) ?? []
    byHash.set(hash, names)
    names.push(`n-${at}`)
    const [one, other, third] = names
    if (one !== undefined && other !== undefined && third !== undefined) return [one, other, third]
  }
}

test('a row that is damaged stops who asks for it, and says so', () => {
  for (const gathered of [undefined, 1]) {
    const { change, database, family, file, table } = opened(undefined, gathered)
    for (const name of ['a', 'b']) change(() => table.write(family, name, [outcomeOf('k')]))
    database.prepare("UPDATE outcomes SET kept = x'05' WHERE id = 1").run()
    database.close()
    const codeOf = (work: () => unknown): string => {
      try {
        work()
      } catch (thrown) {
        return storeError(file, thrown).code
      }
      return 'none'
    }
    if (gathered === undefined) {
      // Its keys are not in the index of the file yet.
      assert.throws(() => opened(file), { code: 'STATE_UNREADABLE' })
      continue
    }
    const again = opened(file)
    assert.equal(again.table.find(again.family, 'b', 'k')?.key, 'k')
    assert.equal(
      codeOf(() => again.table.find(again.family, 'a', 'k')),
      'STATE_UNREADABLE',
    )
    again.database.close()
  }
})

for (const [what, damage, gathered] of [
  ['that is damaged', () => Uint8Array.of(5)],
  ['that is damaged, with its keys in the file,', () => Uint8Array.of(5), 1],
  // The number of its family stands behind the mark.
  ['of nobody', (kept: Uint8Array) => kept.with(2, 99)],
] as const) {
  test(`a row ${what} keeps no other one from expiring, and goes with its actor`, () => {
    const { change, database, family, file, table } = opened(undefined, gathered)
    for (const [at, name] of ['a', 'b', 'c'].entries())
      change(() => table.write(family, name, [outcomeOf('k', 100 + at), outcomeOf('l', 100 + at)]))
    const [kept] = fields([database.prepare('SELECT kept FROM outcomes WHERE id = 1').get()])[0] ?? []
    database.prepare('UPDATE outcomes SET kept = ? WHERE id = 1').run(damage(kept as Uint8Array))
    const pruned = (nowMs: number): number => change(() => table.prune(nowMs, 10))
    assert.equal(pruned(101), 2)
    assert.throws(() => table.find(family, 'a', 'k'), /kept replies \(row 1 .* cannot be read/)
    assert.equal(pruned(200), 2)
    change(() => table.delete(family, 'a'))
    assert.equal(table.find(family, 'a', 'k'), null)
    while (table.hasWork) table.fillFilter()
    assert.deepEqual(table.keys(family, 'a', 10).length, 2, 'they may be of another actor')
    // What else was in it nobody knows: it stays, and is not looked at any more.
    assert.deepEqual(fields(database.prepare('SELECT id, expires_at_ms FROM outcomes').all()), [
      [1, Number.MAX_SAFE_INTEGER],
    ])
    database.close()
    if (gathered === undefined) return
    const again = opened(file, gathered)
    assert.equal(again.table.find(again.family, 'a', 'k'), null)
    again.database.close()
  })
}

test('who is deleted takes nothing of a damaged row along that may be of an actor with the same hash', () => {
  for (const gathered of [undefined, 1]) {
    const { change, database, family, file, table } = opened(undefined, gathered)
    const [one, other, third] = alike(family)
    change(() => {
      for (const name of [one, other]) table.write(family, name, [outcomeOf('k'), outcomeOf('l')])
    })
    change(() => table.write(family, third, [outcomeOf('k')]))
    database.prepare("UPDATE outcomes SET kept = x'05' WHERE id = 1").run()
    const check = (now: OutcomeTable, ...gone: readonly string[]): void => {
      for (const name of [one, other])
        for (const key of ['k', 'l']) {
          if (gone.includes(name)) assert.equal(now.find(family, name, key), null)
          else assert.throws(() => now.find(family, name, key), /kept replies \(row 1 .* cannot be read/)
        }
    }
    check(table)
    change(() => table.delete(family, third))
    assert.equal(table.find(family, third, 'k'), null)
    check(table)
    change(() => table.delete(family, one))
    check(table, one)
    while (table.hasWork) table.fillFilter()
    check(table, one)
    // It lives again, and what it keeps then stands in another row.
    change(() => table.write(family, one, [outcomeOf('k')]))
    assert.equal(table.find(family, one, 'k')?.key, 'k')
    database.close()
    if (gathered === undefined) continue
    const again = opened(file, gathered)
    assert.equal(again.table.find(family, one, 'k')?.key, 'k')
    assert.equal(again.table.find(family, one, 'l'), null)
    assert.throws(() => again.table.find(family, other, 'k'), /cannot be read/)
    again.database.close()
  }
})
