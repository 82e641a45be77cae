// The past of actors as an application visits it, by name and by ref, over every store that is durable, closed and opened in
// between; and two systems on one database that restore and write the same actor.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'

import { silentLogger, type Statestore } from '../../src/ports/index.ts'
import { actor, type ActorDefinition, isSpawnError, system, type System, Value } from '../../src/sdk/index.ts'
import { MariadbStore } from '../../src/stores/mariadb/index.ts'
import { PostgresStore } from '../../src/stores/postgres/index.ts'
import { SealedStore } from '../../src/stores/sealed/index.ts'
import { SqliteStore } from '../../src/stores/sqlite/index.ts'
import { until } from '../../src/testing/index.ts'
import { stateKey } from '../conformance/sealed-subject.ts'
import { endMariadb, mariadbServer } from '../servers/mariadb.ts'
import { endPostgres, postgresServer } from '../servers/postgres.ts'

interface Page {
  readonly text: string
  readonly words: readonly string[]
}

const page = actor('page', {
  kind: 'unnamed',
  state: (): Page => ({ text: '', words: [] }),
  history: { revisions: 3, duration: 60 * 86_400_000 },
  actions: {
    write: (_ctx, text: string) =>
      Value.of({ text, words: text.split(' ') }).tags({ length: String(text.length) }),
  },
})
const counter = actor('counter', {
  state: { n: 0 },
  history: 100,
  actions: { add: (ctx) => Value.of({ n: ctx.state.n + 1 }) },
})

/** A place for a store of its own. */
interface Place {
  readonly open: () => Statestore
  readonly release: () => Promise<void>
}

const sqlite = async (): Promise<Place> => {
  const folder = mkdtempSync(join(tmpdir(), 'spawn-past-'))
  const open = (): Statestore => new SqliteStore({ file: join(folder, 'past.db') })
  return { open, release: async () => rmSync(folder, { recursive: true, force: true }) }
}

const PLACES: Readonly<Record<string, () => Promise<Place>>> = {
  sqlite,
  'sqlite, sealed': async () => {
    const { open, release } = await sqlite()
    const keys = [stateKey('k')]
    return { open: () => new SealedStore(open(), { keys }), release }
  },
  postgres: async () => {
    const database = await (await postgresServer()).takeDatabase()
    return { open: () => new PostgresStore(database.options), release: database.release }
  },
  mariadb: async () => {
    const database = await (await mariadbServer()).takeDatabase()
    return { open: () => new MariadbStore(database.options), release: database.release }
  },
}
const DATABASES = ['postgres', 'mariadb']
after(() => Promise.all([endPostgres(), endMariadb()]))

const start = ({ open }: Place, actors: readonly ActorDefinition[] = [page, counter, log]): Promise<System> =>
  system('past', { actors, store: open(), logger: silentLogger }).start()

const log = actor('log', {
  state: (): { readonly lines: readonly string[] } => ({ lines: [] }),
  history: 200,
  actions: {
    add: (ctx, line: string) => {
      const lines = [...ctx.state.lines, line]
      return Value.of({ lines }, lines)
    },
  },
})

const code = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: unknown) => (isSpawnError(error) ? error.code : String(error)),
  )

const CASES: Readonly<Record<string, (place: Place) => Promise<void>>> = {
  'by ref: what was, what changed, and back again': async (place) => {
    await using running = await start(place)
    const home = running.ref(page, 'home')
    for (const text of ['one', 'one two', 'one three']) await home.write(text)
    const { id, policy, revisions } = await running.history(home)
    assert.deepEqual(id, { system: 'past', parent: 'page', name: 'home' })
    assert.deepEqual(policy, { revisions: 3, durationMs: 60 * 86_400_000 })
    assert.deepEqual(
      revisions.map(({ revision, tags }) => [revision, tags['length']]),
      [
        [3, '9'],
        [2, '7'],
        [1, '3'],
      ],
    )
    const second = await running.inspect(home, { revision: 2 })
    assert.equal(second.state.text, 'one two')
    assert.ok(second.committedAtMs > 0)
    assert.deepEqual((await running.diff(home)).state, [
      { path: ['text'], kind: 'changed', before: 'one two', after: 'one three' },
      { path: ['words', 1], kind: 'changed', before: 'two', after: 'three' },
    ])
    assert.deepEqual(await running.restore(home, { revision: 1, follows: 3 }), { id, from: 1, revision: 4 })
    assert.equal((await home.get()).text, 'one')
    assert.equal((await running.inspect(home)).state.text, 'one')
    await running.spawn(home, { revision: 3 })
    assert.equal((await home.get()).text, 'one three')
  },

  'by name and by time, after the file was closed and opened': async (place) => {
    const times: number[] = []
    {
      await using running = await start(place)
      for (const text of ['a', 'b', 'c']) {
        await running.invoke('x', { ref: 'page', action: 'write', payload: text })
        const { committedAtMs } =
          (await running.history('x', { ref: 'page', limit: 1 })).revisions[0] ?? assert.fail()
        times.push(committedAtMs)
        await until('another millisecond', () => Date.now() > committedAtMs)
      }
    }
    await using running = await start(place)
    const [first = 0, second = 0] = times
    const of = { ref: 'page' }
    const at = (time: Date | number) => running.inspect('x', { ...of, at: time })
    assert.equal((await at(new Date(first))).revision, 1)
    assert.equal((await at(second + 0.5)).revision, 2)
    assert.equal((await running.diff('x', { ...of, from: new Date(first), to: 2 })).to.revision, 2)
    assert.equal((await running.restore('x', { ...of, at: new Date(second) })).from, 2)
    assert.deepEqual(await running.ref(page, 'x').get(), { text: 'b', words: ['b'] })
    const { next, revisions } = await running.history('x', { ...of, limit: 3 })
    assert.deepEqual(
      revisions.map(({ revision }) => revision),
      [4, 3, 2],
    )
    const rest = await running.history('x', { ...of, after: next ?? '' })
    assert.deepEqual(
      rest.revisions.map(({ revision }) => revision),
      [1],
    )
  },

  'restores and turns together: every one of them is in the history, in one order': async (place) => {
    await using running = await start(place)
    const one = running.ref(counter)
    await one.add()
    const all: Promise<unknown>[] = []
    for (let at = 0; at < 60; at += 1)
      all.push(at % 5 === 0 ? running.restore(one, { revision: 1 }) : one.add())
    await Promise.all(all)
    const { revisions } = await running.history(one, { limit: 100 })
    const numbers = [1]
    for (let at = 0; at < 60; at += 1) numbers.push(at % 5 === 0 ? 1 : (numbers.at(-1) ?? 0) + 1)
    // The first restore finds what it restores standing.
    numbers.splice(1, 1)
    const found: number[] = []
    for (const { revision } of revisions.toReversed())
      found.push((await running.inspect(one, { revision })).state.n)
    assert.deepEqual(found, numbers)
  },

  'deleting takes the past along, also for what is asked by ref': async (place) => {
    await using running = await start(place)
    const home = running.ref(page, 'home')
    await home.write('x')
    await running.delete(home)
    assert.equal(await code(running.history(home)), 'ACTOR_NOT_FOUND')
    assert.equal(await code(running.inspect(home)), 'ACTOR_NOT_FOUND')
    await running.spawn(home)
    assert.equal((await running.history(home)).revisions.length, 1)
  },

  'a past of another shape is shown, compared and restored in the shape of now': async (place) => {
    const old = actor('note', {
      state: { text: '' },
      history: 10,
      actions: { write: (_ctx, text: string) => Value.of({ text }) },
    })
    const note = actor('note', {
      version: 1,
      state: { words: [] as readonly string[] },
      history: 10,
      upgrade: { 1: ({ text }: { text: string }) => ({ words: text.split(' ') }) },
      actions: { add: (ctx, word: string) => Value.of({ words: [...ctx.state.words, word] }) },
    })
    {
      await using before = await start(place, [old])
      for (const text of ['a b', 'a b c']) await before.ref(old).write(text)
    }
    {
      await using running = await start(place, [note])
      const mine = running.ref(note)
      await mine.add('d')
      assert.deepEqual((await running.inspect(mine, { revision: 1 })).state, { words: ['a', 'b'] })
      assert.deepEqual((await running.diff(mine, { from: 1, to: 3 })).state, [
        { path: ['words', 2], kind: 'added', after: 'c' },
        { path: ['words', 3], kind: 'added', after: 'd' },
      ])
      assert.equal((await running.restore(mine, { revision: 1 })).revision, 4)
      assert.deepEqual(await mine.get(), { words: ['a', 'b'] })
    }
    // What was written by the new code is not for the old one.
    await using back = await start(place, [old])
    assert.equal(await code(back.inspect('note', { revision: 4 })), 'STATE_UNREADABLE')
    assert.equal((await back.restore('note', { revision: 2 })).revision, 5)
    assert.deepEqual(await back.ref(old).get(), { text: 'a b c' })
  },

  'what cannot be meant is told': async (place) => {
    await using running = await start(place)
    const home = running.ref(page, 'home')
    await home.write('x')
    // @ts-expect-error no revision
    const unsaid = running.restore(home, {})
    await assert.rejects(unsaid, /restore of "home" needs to know which revision: one of revision and at/)
    // @ts-expect-error both
    await assert.rejects(running.restore(home, { revision: 1, at: 5 }), /has both revision and at/)
    await assert.rejects(
      running.inspect(home, { revision: 1.5 }),
      /revision must be a whole number from 1, not 1.5/,
    )
    await assert.rejects(running.inspect(home, { at: new Date(Number.NaN) }), /at must be a valid Date/)
    await assert.rejects(running.inspect(home, { ref: 'page' }), /ref has no effect on a ref/)
    await assert.rejects(running.diff(home, { from: 0 }), /from must be a whole number from 1, not 0/)
    // @ts-expect-error no actor
    const ofNobody = running.history(page)
    await assert.rejects(ofNobody, /needs an actor: a name, or what system.ref\(\.\.\.\) answered/)
    // @ts-expect-error misspelt
    await assert.rejects(running.history(home, { limt: 1 }), /"limt"; did you mean limit/)
    assert.equal(await code(running.restore(home, { revision: 9 })), 'INVALID_ARGUMENT')
    assert.equal(await code(running.restore(home, { revision: 1, follows: 7 })), 'STATE_CONFLICT')
  },
}

for (const [name, take] of Object.entries(PLACES)) {
  void describe(`over ${name}`, () => {
    for (const [title, check] of Object.entries(CASES)) {
      void test(title, async () => {
        const place = await take()
        try {
          await check(place)
        } finally {
          await place.release()
        }
      })
    }
  })
}

for (const name of DATABASES) {
  void test(`two systems on one ${name} database restore and write the same actor: each of both is in one history`, async () => {
    const place = await (PLACES[name] ?? assert.fail())()
    try {
      await using one = await start(place)
      await using other = await start(place)
      await one.ref(log).add('first')
      /** By revision: what it was said to be. */
      const told = new Map<number, string>()
      const tell = (revision: number, text: string): void => {
        assert.ok(!told.has(revision), `revision ${revision} was told twice`)
        told.set(revision, text)
      }
      let conflicts = 0
      const work = async (running: System, who: string): Promise<void> => {
        const mine = running.ref(log)
        for (let at = 0; at < 40; at += 1) {
          try {
            if (at % 4 === 3) {
              const { revisions } = await running.history(mine, { limit: 5 })
              const { revision: from } = revisions.at(-1) ?? assert.fail('there is a past')
              const restored = await running.restore(mine, { revision: from })
              const { state } = await running.inspect(mine, { revision: from })
              if (restored.revision !== from) tell(restored.revision, JSON.stringify(state))
            } else {
              const { response, revision } = await mine.add(`${who} ${at}`, { receipt: true })
              tell(revision, JSON.stringify({ lines: response }))
            }
          } catch (thrown) {
            assert.ok(isSpawnError(thrown) && thrown.code === 'STATE_CONFLICT', String(thrown))
            conflicts += 1
          }
        }
      }
      await Promise.all([work(one, 'one'), work(other, 'other')])
      assert.ok(conflicts > 0, 'the two never met')
      const { revisions } = await one.history(one.ref(log), { limit: 200 })
      const known = revisions.filter(({ revision }) => told.has(revision))
      assert.equal(known.length, told.size, 'what was told is in the past')
      assert.ok(told.size > 20, `only ${told.size} of 80 were not refused`)
      for (const { revision } of known) {
        const { state } = await one.inspect(one.ref(log), { revision })
        assert.equal(JSON.stringify(state), told.get(revision), `revision ${revision}`)
      }
      // All but the first, and nothing that nobody was told of.
      assert.equal(revisions.length, told.size + 1)
    } finally {
      await place.release()
    }
  })
}
