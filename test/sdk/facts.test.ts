// Facts as an application reads them: typed, in order, behind a position that it has kept over a restart, followed while turns
// commit; and gone with an actor that is erased.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { describe, test } from 'node:test'

import {
  actor,
  type ActorDefinition,
  type FactOf,
  isSpawnError,
  type Statestore,
  system,
  Value,
} from 'spawn-mesh'
import { temporaryFolder } from '../conformance/temporary-store.ts'
import { Packed } from '../../src/protocol/index.ts'
import { MemoryStore } from '../../src/stores/memory/index.ts'
import { until } from '../../src/testing/index.ts'

interface Cart {
  readonly items: readonly string[]
}

const cart = actor('cart', {
  kind: 'unnamed',
  state: (): Cart => ({ items: [] }),
  sourceable: true,
  actions: {
    put: (ctx, item: string) => Value.of({ items: [...ctx.state.items, item] }),
    count: { handler: (ctx) => Value.of().response(ctx.state.items.length), query: true },
  },
})
const till = actor('till', {
  state: { sum: 0 },
  sourceable: { duration: 3_600_000 },
  actions: { add: (ctx, by: number) => Value.of({ sum: ctx.state.sum + by }) },
})
const plain = actor('plain', { state: { n: 0 }, actions: { add: (ctx) => Value.of({ n: ctx.state.n + 1 }) } })

const shop = (store: string | Statestore) => system('shop', { actors: [cart, till, plain], store })

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the known way to compare two types exactly
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function same<A, B>(_: Same<A, B>): void {}

async function all<State>(facts: AsyncIterable<FactOf<State>>): Promise<FactOf<State>[]> {
  const read: FactOf<State>[] = []
  for await (const fact of facts) read.push(fact)
  return read
}

const told = (facts: readonly FactOf<unknown>[]): string[] =>
  facts.map(
    ({ action, actor: { name }, revision, stateJson }) =>
      `${name} ${action} ${revision} ${JSON.stringify(stateJson)}`,
  )

describe('facts', () => {
  test('have the type of the definition, or of the ref, that they are asked of', async () => {
    await using running = await shop(new MemoryStore()).start()
    await running.ref(cart, 'c-1').put('tea')
    const [ofDefinition = assert.fail()] = await all(running.facts({ definition: cart }))
    same<typeof ofDefinition.state, Cart>(true)
    assert.deepEqual(ofDefinition.state.items, ['tea'])
    const [ofRef = assert.fail()] = await all(running.facts({ actor: running.ref(cart, 'c-1') }))
    same<typeof ofRef.state, Cart>(true)
    assert.deepEqual(ofRef, ofDefinition)
    const [any = assert.fail()] = await all(running.facts())
    same<typeof any.state, unknown>(true)
    // @ts-expect-error -- a duration is a number
    assert.throws(() => actor('x', { state: 1, sourceable: { duration: '1h' }, actions: {} }), isSpawnError)
  })

  test('go on behind a position, in a system that has started anew', async (context) => {
    const folder = await temporaryFolder()
    context.after(() => folder.remove())
    const store = `sqlite:${join(folder.path, 'shop.db')}`
    let after: number
    {
      await using running = await shop(store).start()
      const started = await all(running.facts())
      assert.deepEqual(told(started), [])
      await Promise.all(['a', 'b', 'c'].map((item) => running.ref(cart, 'c-1').put(item)))
      await running.ref(till).add(5)
      await running.ref(plain).add()
      assert.equal(await running.ref(cart, 'c-1').count(), 3)
      const facts = await all(running.facts())
      assert.deepEqual(told(facts), [
        'c-1 put 1 {"items":["a"]}',
        'c-1 put 2 {"items":["a","b"]}',
        'c-1 put 3 {"items":["a","b","c"]}',
        'till add 1 {"sum":5}',
      ])
      after = facts[2]?.position ?? assert.fail()
    }
    await using running = await shop(store).start()
    await running.ref(till).add(1)
    assert.deepEqual(told(await all(running.facts({ after }))), [
      'till add 1 {"sum":5}',
      'till add 2 {"sum":6}',
    ])
    assert.deepEqual(told(await all(running.facts({ after, limit: 1 }))), ['till add 1 {"sum":5}'])
    assert.deepEqual(told(await all(running.facts({ actor: 'till', limit: 1 }))), ['till add 1 {"sum":5}'])
  })

  test('come to who follows them, until they are left', async () => {
    await using running = await shop(new MemoryStore()).start()
    const seen: number[] = []
    const given = new AbortController()
    const { signal } = given
    const end = (async () => {
      for await (const { state } of running.facts({ definition: till, follow: true, signal }))
        seen.push(state.sum)
    })()
    for (let at = 0; at < 20; at += 1) await running.ref(till).add(1)
    await until('all of them', () => seen.length === 20)
    assert.deepEqual(
      seen,
      Array.from({ length: 20 }, (_, at) => at + 1),
    )
    given.abort()
    await end
    for await (const { position } of running.facts({ follow: true })) {
      assert.ok(position > 0)
      break
    }
  })

  test('say what is wrong with what is asked, at once', async () => {
    await using running = await shop(new MemoryStore()).start()
    const wrong: readonly [object, RegExp][] = [
      [{ since: 1 }, /^facts of system "shop" has an unknown setting "since"/],
      [{ after: -1 }, /after must be a whole number from 0, not -1/],
      [{ limit: 0 }, /limit must be a whole number from 1, not 0/],
      [{ follow: 'yes' }, /follow must be true or false, not "yes"/],
      [{ definition: 7 }, /definition must be a definition, or the name of one, not 7/],
      [{ signal: {} }, /signal must be an AbortSignal, not an object/],
      [{ actor: running.ref(till), definition: till }, /definition has no effect beside a ref/],
      [{ actor: 7 }, /needs an actor: a name, or what system.ref\(\.\.\.\) answered/],
    ]
    for (const [options, message] of wrong)
      assert.throws(() => running.facts(options), { code: 'INVALID_ARGUMENT', message })
  })
})

const encryption = { keys: `2026:${randomBytes(32).toString('base64')}` }
const person = actor('person', {
  kind: 'unnamed',
  erasable: true,
  sourceable: true,
  state: { notes: 0 },
  actions: { note: (ctx) => Value.of({ notes: ctx.state.notes + 1 }) },
})

test('an erased actor leaves none, however many there were, and the others keep theirs', async () => {
  const definitions: readonly ActorDefinition[] = [person]
  const store = new MemoryStore()
  await using running = await system('people', { actors: definitions, store, encryption }).start()
  const note = (name: string): Promise<unknown> => running.ref(person, name).note()
  await note('bob')
  await Promise.all(Array.from({ length: 2_500 }, () => note('ann')))
  await note('bob')
  assert.equal((await all(running.facts())).length, 2_502)
  const read = countingFacts(store)
  await running.erase('ann', { ref: 'person' })
  assert.equal(read.count, 2_502, 'they are looked through once')
  assert.ok(read.most <= 100, `${read.most} at once: so long others wait for the store, and for this thread`)
  assert.deepEqual(told(await all(running.facts())), ['bob note 1 {"notes":1}', 'bob note 2 {"notes":2}'])
  await note('ann')
  assert.equal((await all(running.facts())).length, 3, 'a new life begins with new facts')
})

test('an erased actor leaves none that who follows is shown from memory', async () => {
  const definitions: readonly ActorDefinition[] = [person]
  const store = new MemoryStore()
  await using running = await system('people', { actors: definitions, store, encryption }).start()
  for (const name of ['ann', 'bob', 'ann', 'bob']) await running.ref(person, name).note()
  const read = countingFacts(store)
  const followed = (limit: number) => all(running.facts({ follow: true, limit }))
  assert.equal((await followed(4)).length, 4)
  assert.equal((await followed(3)).length, 3)
  assert.equal(read.count, 4, 'what was read last is kept in memory')
  await running.erase('ann', { ref: 'person' })
  assert.deepEqual(told(await followed(2)), ['bob note 1 {"notes":1}', 'bob note 2 {"notes":2}'])
})

/** How many facts a store answers from now on, and the most at once. */
function countingFacts(store: MemoryStore): { count: number; most: number } {
  const read = { count: 0, most: 0 }
  const [facts, listEnvelopes] = [store.facts.bind(store), store.listEnvelopes.bind(store)]
  store.facts = async (...asked) => {
    const page = await facts(...asked)
    read.count += page.facts.length
    read.most = Math.max(read.most, page.facts.length)
    return page
  }
  store.listEnvelopes = async (...asked) => {
    const page = await listEnvelopes(...asked)
    read.count += page.envelopes.filter(({ box }) => box === 'fact').length
    return page
  }
  return read
}

test('an erased actor leaves none that cannot be read, either', async () => {
  const definitions: readonly ActorDefinition[] = [person]
  const store = new MemoryStore()
  await using running = await system('people', { actors: definitions, store, encryption }).start()
  for (const name of ['ann', 'bob', 'ann', 'ann']) await running.ref(person, name).note()
  const { facts } = await store.facts('people', 0, 10)
  const [damaged] = facts
  assert.ok(damaged?.payload)
  const value = new Uint8Array(damaged.payload.value)
  value[value.length - 1] = (value.at(-1) ?? 0) ^ 1
  const payload = new Packed(damaged.payload.typeUrl, value)
  await store.archive.write([{ kind: 'envelope', system: 'people', envelope: { ...damaged, payload } }])
  await assert.rejects(all(running.facts()), { code: 'STATE_UNREADABLE' })
  await running.erase('ann', { ref: 'person' })
  assert.deepEqual(told(await all(running.facts())), ['bob note 1 {"notes":1}'])
})

test('an actor that was deleted keeps its facts, and is erased with them', async () => {
  const definitions: readonly ActorDefinition[] = [person]
  const store = new MemoryStore()
  await using running = await system('people', { actors: definitions, store, encryption }).start()
  await running.ref(person, 'eve').note()
  await running.delete('eve', { ref: 'person' })
  assert.deepEqual(told(await all(running.facts())), ['eve note 1 {"notes":1}'])
  await running.erase('eve', { ref: 'person' })
  assert.deepEqual(await all(running.facts()), [])
  assert.deepEqual((await store.facts('people', 0, 10)).facts, [])
})
