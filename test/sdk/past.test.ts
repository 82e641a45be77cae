// The past of actors as an application visits it, by name and by ref, over a file that is closed and opened in between.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

import { silentLogger } from '../../src/ports/index.ts'
import { actor, isSpawnError, system, type System, Value } from '../../src/sdk/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'spawn-past-'))
after(() => rmSync(folder, { recursive: true, force: true }))
import { until } from '../../src/testing/index.ts'

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

let files = 0
const start = (file: string): Promise<System> =>
  system('past', { actors: [page, counter], store: `sqlite:${file}`, logger: silentLogger }).start()
const aFile = (): string => join(folder, `${(files += 1)}.db`)

const code = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: unknown) => (isSpawnError(error) ? error.code : String(error)),
  )

test('by ref: what was, what changed, and back again', async () => {
  const file = aFile()
  await using running = await start(file)
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
})

test('by name and by time, after the file was closed and opened', async () => {
  const file = aFile()
  const times: number[] = []
  {
    await using running = await start(file)
    for (const text of ['a', 'b', 'c']) {
      await running.invoke('x', { ref: 'page', action: 'write', payload: text })
      const { committedAtMs } =
        (await running.history('x', { ref: 'page', limit: 1 })).revisions[0] ?? assert.fail()
      times.push(committedAtMs)
      await until('another millisecond', () => Date.now() > committedAtMs)
    }
  }
  await using running = await start(file)
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
})

test('restores and turns together: every one of them is in the history, in one order', async () => {
  await using running = await start(aFile())
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
})

test('deleting takes the past along, also for what is asked by ref', async () => {
  await using running = await start(aFile())
  const home = running.ref(page, 'home')
  await home.write('x')
  await running.delete(home)
  assert.equal(await code(running.history(home)), 'ACTOR_NOT_FOUND')
  assert.equal(await code(running.inspect(home)), 'ACTOR_NOT_FOUND')
  await running.spawn(home)
  assert.equal((await running.history(home)).revisions.length, 1)
})

test('what cannot be meant is told', async () => {
  await using running = await start(aFile())
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
  await assert.rejects(running.history(page), /needs an actor: a name, or what system.ref\(\.\.\.\) answered/)
  // @ts-expect-error misspelt
  await assert.rejects(running.history(home, { limt: 1 }), /"limt"; did you mean limit/)
  assert.equal(await code(running.restore(home, { revision: 9 })), 'INVALID_ARGUMENT')
  assert.equal(await code(running.restore(home, { revision: 1, follows: 7 })), 'STATE_CONFLICT')
})
