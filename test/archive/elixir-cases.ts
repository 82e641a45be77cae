// What must come along from a database of Spawn's Elixir runtime, and what must be told. For each kind of database.

import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import type { SpawnNotice } from '../../src/archive/index.ts'
import { isSpawnError } from '../../src/base/index.ts'
import type { ActorId } from '../../src/protocol/index.ts'
import type { MemoryStore } from '../../src/stores/memory/index.ts'
import { readAll } from '../../src/testing/statestore-archive-fixture.ts'
import { cli } from '../cli/cli.ts'
import { createProject } from '../cli/project.ts'
import { type ElixirDatabase, KEY, NOON_MS, saved, sealed, stateOf, takeOver, TYPE } from './elixir.ts'
import { emptyMemory } from './fixture.ts'

const idOf = (name: string, system = 'eigr-system'): ActorId => ({ system, parent: '', name })

async function stateIn(store: MemoryStore, name: string): Promise<string | null> {
  const [actor] = await store.load([idOf(name)])
  return actor?.state === null || actor === null || actor === undefined
    ? null
    : Buffer.from(actor.state.value).toString()
}

const text = (actor: string, revision: number): string => stateOf(actor, revision).toString()

const pastOf = async (store: MemoryStore, name: string): Promise<number[]> =>
  (await store.revisions(idOf(name), 100)).map(({ revision }) => revision)

const told = (notices: readonly SpawnNotice[]): unknown[] =>
  notices.map(({ actor, kind, reason, revision }) => [kind, actor, revision, reason.replace(/[:,].*/, '')])

const refused =
  (pattern: RegExp) =>
  (thrown: unknown): boolean => {
    assert.ok(isSpawnError(thrown), String(thrown))
    assert.match(thrown.message, pattern)
    return true
  }

export function elixirCases(name: string, open: () => Promise<ElixirDatabase>): void {
  describe(`tables of Spawn in ${name}`, () => {
    let database: ElixirDatabase
    let store: MemoryStore
    beforeEach(async () => {
      database = await open()
      store = await emptyMemory()
    })
    afterEach(() => database.end())

    test('actors come along with state, tags, revision, times and past', async () => {
      for (let revision = 1; revision <= 4; revision += 1)
        await database.save(
          saved(11, 'long', revision, { tags: { of: `r${revision}`, 'ü "x"': '\u{1f600}' } }),
        )
      await database.save(saved(134_217_727, 'other', 1, { system: 'other', atMs: NOON_MS }))
      await database.save(saved(5, 'no state', 1, { data: null, dataType: null, tags: null }))
      await database.save(saved(6, 'new', 0))
      assert.deepEqual((await takeOver(database, store)).notices, [])
      const [long, other, none, fresh] = await store.load([
        idOf('long'),
        idOf('other', 'other'),
        idOf('no state'),
        idOf('new'),
      ])
      assert.deepEqual(
        [long?.revision, long?.state?.typeUrl, long?.committedAtMs],
        [4, TYPE, NOON_MS + 4_000],
      )
      assert.deepEqual(long?.tags, { of: 'r4', 'ü "x"': '\u{1f600}' })
      assert.equal(await stateIn(store, 'long'), text('long', 4))
      assert.deepEqual([other?.revision, other?.committedAtMs], [1, NOON_MS])
      assert.deepEqual([none?.state, none?.tags], [null, {}])
      assert.equal(fresh?.revision, 1)
      assert.deepEqual(await pastOf(store, 'long'), [4, 3, 2, 1])
      const then = await store.loadRevision(idOf('long'), { atMs: NOON_MS + 2_500 })
      assert.deepEqual([then?.revision, then?.tags['of']], [2, 'r2'])
      assert.equal(Buffer.from(then?.state?.value ?? []).toString(), text('long', 2))
    })

    test('encrypted states are opened, plain ones taken as they are', async () => {
      const other = Buffer.alloc(32, 'other key')
      await database.save(saved(1, 'first', 1, { data: sealed(stateOf('first', 1)) }))
      await database.save(saved(1, 'first', 2, { data: sealed(stateOf('first', 2), other) }))
      await database.save(saved(2, 'plain', 1))
      await database.save(saved(3, 'empty', 1, { data: sealed(Buffer.alloc(0)) }))
      assert.deepEqual((await takeOver(database, store, [other, KEY])).notices, [])
      assert.equal(await stateIn(store, 'first'), text('first', 2))
      assert.equal(await stateIn(store, 'plain'), text('plain', 1))
      assert.equal(await stateIn(store, 'empty'), '')
      const first = await store.loadRevision(idOf('first'), { revision: 1 })
      assert.equal(Buffer.from(first?.state?.value ?? []).toString(), text('first', 1))
    })

    test('without the key, or with a wrong one, nothing is taken over', async () => {
      for (let id = 1; id <= 30; id += 1)
        await database.save(saved(id, `actor ${id}`, 1, { data: sealed(stateOf('a', 1)) }))
      await assert.rejects(takeOver(database, store), refused(/no key is given: set SPAWN_STATESTORE_KEY/))
      const wrong = Buffer.alloc(32, 'wrong')
      await assert.rejects(takeOver(database, store, [wrong]), refused(/of 10 encrypted states none opens/))
      assert.deepEqual(await readAll(store), [])
    })

    test('a row that cannot be taken over is told, and the others come along', async () => {
      const altered = sealed(stateOf('altered', 1))
      altered[altered.length - 1] = (altered.at(-1) ?? 0) ^ 1
      await database.save(saved(1, 'good', 1, { data: sealed(stateOf('good', 1)) }))
      await database.save(saved(2, 'altered', 1, { data: altered }))
      await database.save(saved(3, 'short', 1, { data: altered.subarray(0, 30) }))
      await database.save(saved(4, 'alien', 1, { data: sealed(stateOf('alien', 1), Buffer.alloc(32, 'x')) }))
      await database.save(saved(5, 'untyped', 1, { dataType: null }))
      await database.save(saved(6, 'tagged', 1, { tags: { deep: { er: 1 } } }))
      await database.save(saved(7, 'listed', 1, { tags: ['a'] }))
      await database.save(saved(8, 'x', 1, { actor: null }))
      await database.save(saved(9, 'half', 1))
      await database.save(saved(9, 'half', 2, { data: altered }))
      const { notices } = await takeOver(database, store, [KEY])
      const closed = 'its state does not open with the key'
      assert.deepEqual(told(notices), [
        ['rejected', 'altered', 1, closed],
        ['rejected', 'short', 1, closed],
        ['rejected', 'alien', 1, closed],
        ['rejected', 'untyped', 1, 'it has a state without its type'],
        ['rejected', 'tagged', 1, 'its tags are no map of texts'],
        ['rejected', 'listed', 1, 'its tags are no map of texts'],
        ['rejected', null, 1, 'it names no actor'],
        ['rejected', 'half', 2, closed],
        ['rejected', 'half', 1, 'the row of its actor did not come along'],
      ])
      assert.equal((await readAll(store)).length, 1, 'an older state is never taken for the latest')
      assert.equal(await stateIn(store, 'good'), text('good', 1))
    })

    test('an actor whose row another one has overwritten is taken from its past', async () => {
      await database.save(saved(77, 'first', 1))
      await database.save(saved(77, 'first', 2))
      await database.save(saved(77, 'second', 1, { atMs: NOON_MS + 10_000 }))
      await database.save(saved(77, 'second', 2, { atMs: NOON_MS + 11_000 }))
      await database.save(saved(77, 'first', 3, { atMs: NOON_MS + 12_000 }))
      await database.save(saved(77, 'third', 1, { atMs: NOON_MS + 13_000 }))
      const { notices } = await takeOver(database, store)
      assert.deepEqual(told(notices), [
        ['recovered', 'first', 3, 'its row was overwritten by eigr-system third'],
        ['recovered', 'second', 2, 'its row was overwritten by eigr-system third'],
      ])
      assert.equal(await stateIn(store, 'third'), text('third', 1))
      assert.equal(await stateIn(store, 'first'), text('first', 3))
      assert.deepEqual(await pastOf(store, 'first'), [3, 2, 1])
      assert.deepEqual(await pastOf(store, 'second'), [2, 1])
    })

    test('of two actors of one name the one that was saved last comes along', async () => {
      await database.save(saved(1, 'same', 3, { atMs: NOON_MS + 5_000 }))
      await database.save(saved(2, 'same', 8, { atMs: NOON_MS + 9_000 }))
      await database.save(saved(2, 'same', 9, { atMs: NOON_MS + 9_500 }))
      await database.save(saved(3, 'same', 1, { atMs: NOON_MS + 1_000 }))
      await database.save(saved(3, 'same', 2, { atMs: NOON_MS + 2_000 }))
      const { notices } = await takeOver(database, store)
      assert.deepEqual(told(notices), [
        ['rejected', 'same', 3, 'another row has the same system and name'],
        ['rejected', 'same', 2, 'another row has the same system and name'],
        ['rejected', 'same', 1, 'it is of another actor of the same name'],
      ])
      assert.deepEqual(await pastOf(store, 'same'), [9, 8])
    })

    test('the past of a deleted actor is told, and not raised from the dead', async () => {
      await database.save(saved(4, 'gone', 1))
      await database.save(saved(4, 'gone', 2))
      await database.remove(4, NOON_MS + 8_000)
      await database.save(saved(5, 'here', 1))
      const { notices } = await takeOver(database, store)
      assert.ok(notices.length >= 1)
      assert.ok(notices.every(({ actor, reason }) => actor === 'gone' && reason === 'its actor was deleted'))
      assert.equal((await readAll(store)).length, 1)
    })

    test('a past that goes up, or was saved again as it was', async () => {
      for (const [at, revision] of [1, 2, 2, 5, 3, 6].entries()) {
        const data = stateOf('odd', revision)
        await database.save(saved(1, 'odd', revision, { data, atMs: NOON_MS + at * 1_000 }))
      }
      const { notices } = await takeOver(database, store)
      assert.deepEqual(told(notices), [['rejected', 'odd', 5, 'its revision is not below 3']])
      assert.deepEqual(await pastOf(store, 'odd'), [6, 3, 2, 1])
    })

    test('a database that keeps no past', async () => {
      await database.save(saved(1, 'one', 1))
      await database.save(saved(1, 'one', 2))
      await database.dropPast()
      assert.deepEqual((await takeOver(database, store)).notices, [])
      assert.deepEqual(await pastOf(store, 'one'), [2])
    })

    test('many rows, large and small, by the command', async () => {
      const key = KEY.toString('base64')
      for (let id = 1; id <= 700; id += 1) {
        const data = Buffer.alloc(id % 50 === 0 ? 300_000 : 50, id % 251)
        await database.save(saved(id, `actor ${id}`, 1, { data: sealed(data) }))
        if (id % 3 === 0) await database.save(saved(id, `actor ${id}`, 2, { data: sealed(data) }))
      }
      await database.save(saved(701, 'bad', 1, { data: sealed(Buffer.alloc(4), Buffer.alloc(32, 'y')) }))
      using project = createProject()
      const words = ['store', 'import-spawn', '--from', database.url, '--to', 'sqlite:to.db']
      const env = { SPAWN_STATESTORE_KEY: key }
      const { code, stderr, stdout } = await cli(words, { cwd: project.path, env })
      assert.match(
        stdout,
        /^rejected eigr-system bad, revision 1 \(id 701\): its state does not open with the key/,
      )
      assert.match(
        stderr,
        /^took over 700 actors, 233 past revisions, 0 outcomes, 0 messages, 0 facts\nwarning: 1 row did not/,
      )
      assert.equal(code, 1)
      const exported = await cli(['store', 'export', '-', '--store', 'sqlite:to.db'], {
        cwd: project.path,
        env,
      })
      const rows = exported.stdout
        .trimEnd()
        .split('\n')
        .map((line): unknown => JSON.parse(line))
      const actor = rows.find(
        (row) => typeof row === 'object' && row !== null && 'name' in row && row.name === 'actor 150',
      )
      assert.ok(typeof actor === 'object' && actor !== null && 'state' in actor)
      assert.deepEqual(actor.state, { type: TYPE, bytes: Buffer.alloc(300_000, 150).toString('base64') })
      const again = await cli(words, { cwd: project.path, env })
      assert.match(again.stderr, /sqlite:to\.db holds something already/)
      const other = await cli(words.with(5, 'sqlite:other.db'), { cwd: project.path })
      assert.equal(other.code, 1)
      assert.match(other.stderr, /the states there are encrypted, and no key is given/)
      assert.ok(!other.stderr.includes(key))
    })
  })
}
