// Rows of a store file that cannot be read: they stop the actor that they belong to, and nobody who is asked for together with it.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { actor, isSpawnError, type System, system } from 'spawn-mesh'
import { familyHash } from '../../src/stores/sqlite/dictionary.ts'
import { actorHash, hashIn } from '../../src/stores/sqlite/outcome-table.ts'
import { RunWriter } from '../../src/stores/sqlite/run-writer.ts'

const folder = mkdtempSync(join(tmpdir(), 'spawn-damaged-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const counter = actor('counter', {
  kind: 'unnamed',
  state: { total: 0 },
  actions: {
    add: (ctx) => {
      ctx.state = { total: ctx.state.total + 1 }
      return ctx.state.total
    },
  },
})

const NAMES = ['a', 'b', 'c'] as const
const KEY = 'k'

/** Calls all of them in one moment; answers what became of it, by their names. */
async function addToAll(running: System, idempotencyKey?: string): Promise<unknown[]> {
  const calls = NAMES.map((name) => running.invoke(name, { ref: 'counter', action: 'add', idempotencyKey }))
  const ends: PromiseSettledResult<unknown>[] = await Promise.allSettled(calls)
  return ends.map((end): unknown => {
    if (end.status === 'fulfilled') return end.value
    const reason: unknown = end.reason
    return isSpawnError(reason) ? reason.code : reason
  })
}

test('a row of an actor that is damaged stops that actor alone', async () => {
  const file = join(folder, 'actor.db')
  const options = { actors: [counter], store: `sqlite:${file}` } as const
  {
    await using running = await system('damaged', options).start()
    assert.deepEqual(await addToAll(running), [1, 1, 1])
  }
  const database = new DatabaseSync(file)
  database.exec(`UPDATE actors SET tags = 'no JSON' WHERE name = 'b'`)
  database.close()
  await using again = await system('damaged', options).start()
  assert.deepEqual(await addToAll(again), [2, 'STATE_UNREADABLE', 2])
})

test('a row of outcomes that is damaged stops calls with their keys, and no others', async () => {
  const file = join(folder, 'outcome.db')
  const options = { actors: [counter], store: `sqlite:${file}` } as const
  for (const key of [KEY, 'another key']) {
    await using running = await system('damaged', options).start()
    await addToAll(running, key)
  }
  const database = new DatabaseSync(file)
  // Keys that are not in the index yet would be read on opening.
  const hash = familyHash({ system: 'damaged', parent: 'counter' })
  const entries = NAMES.flatMap((name) =>
    [KEY, 'another key'].map((key, at) => [hashIn(actorHash({ hash }, name), key), at + 1] as const),
  )
  const writer = new RunWriter(database, { number: 1, firstRow: 1 })
  for (const [keyHash, row] of entries.toSorted(([left], [right]) => left - right)) writer.add(keyHash, row)
  writer.end(2)
  database.exec(`UPDATE folded SET outcome = 2; UPDATE outcomes SET kept = x'05' WHERE id = 1`)
  database.close()
  await using again = await system('damaged', options).start()
  const unreadable = NAMES.map(() => 'STATE_UNREADABLE')
  assert.deepEqual(await addToAll(again, KEY), unreadable)
  assert.deepEqual(await addToAll(again, 'another key'), [2, 2, 2])
  assert.deepEqual(await addToAll(again, 'a fresh key'), [3, 3, 3])
  assert.deepEqual(await addToAll(again, KEY), unreadable)
})
