// Commits that a store was told to expect: they count, and can be seen, from when they are committed, and not before.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Packed } from '../../src/protocol/index.ts'
import { actor, system, Value } from '../../src/sdk/index.ts'
import { SqliteStore } from '../../src/stores/sqlite/index.ts'
import { actorId, commitOf, envelopeOf, json, NOON_MS, SYSTEM } from '../../src/testing/statestore-fixture.ts'
import { temporaryFolder } from './temporary-store.ts'
import { Watched } from './watched-store.ts'

let folder = ''
let remove = (): Promise<void> => Promise.resolve()
before(async () => {
  const made = await temporaryFolder()
  folder = made.path
  remove = made.remove
})
after(() => remove())

async function storeIn(file: string): Promise<SqliteStore> {
  const store = new SqliteStore({ file: join(folder, file) })
  await store.start()
  return store
}

const first = commitOf('a', 0, {
  sends: [envelopeOf('one')],
  outcomes: [{ key: 'k', reply: json('said'), expiresAtMs: NOON_MS * 2 }],
})

/** The revision of "a", whether its key is taken, and what is due. */
async function seen(store: SqliteStore): Promise<unknown[]> {
  const [[stored], outcome, due] = await Promise.all([
    store.load([actorId('a')]),
    store.loadOutcome(actorId('a'), 'k', NOON_MS),
    store.due(SYSTEM, NOON_MS, 10),
  ])
  return [stored?.revision, outcome?.expiresAtMs, due.envelopes.map(({ id }) => id)]
}

const NOTHING = [undefined, undefined, []]
const ALL = [1, NOON_MS * 2, ['one']]

test('what is expected is seen by nobody before it is committed, and then as it was expected', async () => {
  const store = await storeIn('seen.db')
  store.expect([first])
  assert.deepEqual(await store.load([actorId('a')]), [null])
  assert.deepEqual(await store.commit([first, commitOf('b', 0)]), ['committed', 'committed'])
  assert.deepEqual(await seen(store), ALL)
  const second = commitOf('a', 1, { takes: ['one'] })
  store.expect([second])
  assert.deepEqual(await seen(store), ALL)
  store.expect([commitOf('b', 1)])
  assert.deepEqual(await store.commit([second]), ['committed'])
  assert.deepEqual(await seen(store), [2, NOON_MS * 2, []])
  await store.stop()
})

test('what is expected in vain keeps nobody from committing, and leaves nothing', async () => {
  const store = await storeIn('vain.db')
  store.expect([first])
  const other = commitOf('a', 0, { outcomes: first.outcomes, epoch: 7 })
  assert.deepEqual(await store.commit([other]), ['committed'])
  assert.deepEqual(await store.commit([first]), ['conflict'])
  assert.deepEqual(await seen(store), [1, NOON_MS * 2, []])
  const next = commitOf('a', 1, { sends: [envelopeOf('two')] })
  store.expect([next])
  assert.ok(await store.delete(actorId('a'), 1, other.birth))
  assert.deepEqual(await store.commit([next]), ['conflict'])
  assert.deepEqual(await seen(store), NOTHING)
  await store.stop()
})

test('what cannot be packed, or is large, is not told of, and its group comes whole', async () => {
  const store = await storeIn('whole.db')
  store.expect([first])
  const bad = { ...commitOf('b', 0), committedAtMs: -1 }
  store.expect([commitOf('c', 0), bad])
  await assert.rejects(store.commit([first, bad]), RangeError)
  store.expect([first])
  store.expect([commitOf('c', 0), bad])
  const large = commitOf('d', 0, { state: new Packed('t', new Uint8Array(100_000)) })
  assert.deepEqual(await store.commit([first, large]), ['committed', 'committed'])
  assert.deepEqual(await seen(store), ALL)
  const [next, larger] = [commitOf('a', 1), { ...large, follows: 1, revision: 2 }]
  store.expect([next])
  store.expect([larger])
  assert.deepEqual(await store.commit([next, larger]), ['committed', 'committed'])
  const stored = await store.load([actorId('a'), actorId('c'), actorId('d')])
  assert.deepEqual(
    stored.map((one) => one?.revision),
    [2, undefined, 2],
  )
  await store.stop()
})

test('a thread that dies takes what it expected along, and the next one is told all', async () => {
  const store = await storeIn('dead.db')
  store.expect([first])
  await store.killThread()
  assert.deepEqual(await seen(store), NOTHING)
  store.expect([first])
  await store.killThread()
  assert.deepEqual(await store.commit([first, commitOf('b', 0)]), ['committed', 'committed'])
  assert.deepEqual(await seen(store), ALL)
  await store.stop()
})

const COUNTERS = 100

const counter = actor('counter', {
  kind: 'unnamed',
  state: { total: 0 },
  actions: {
    add: (ctx) =>
      Value.of()
        .state({ total: ctx.state.total + 1 })
        .response(ctx.state.total + 1),
    pass: (ctx) =>
      Value.of()
        .state({ total: ctx.state.total + 1 })
        .pipe(`${ctx.self.name} too`, 'add', { ref: 'counter' }),
  },
})

test('turns with keys and with messages are expected while others of their group are under way', async () => {
  const store = new Watched({ file: join(folder, 'turns.db') })
  await using app = await system('expecting', { actors: [counter], store }).start()
  const names = Array.from({ length: COUNTERS }, (_none, at) => `c-${at}`)
  const called = (action: string, key?: string) =>
    Promise.all(
      names.map((name) =>
        app.invoke(name, { ref: 'counter', action, ...(key === undefined ? {} : { idempotencyKey: key }) }),
      ),
    )
  const all = (value: number): number[] => names.map(() => value)
  assert.deepEqual(await called('add', 'once'), all(1))
  assert.deepEqual(await called('add', 'once'), all(1))
  assert.deepEqual(await called('pass'), all(1))
  assert.deepEqual(await called('add'), all(3))
  // Of a hundred actors that are loaded first not all are there at once.
  assert.ok(store.met >= COUNTERS / 2, `${store.met} were expected`)
  assert.equal(store.inVain, 0)
})
