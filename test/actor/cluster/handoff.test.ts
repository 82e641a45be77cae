// Actors that move, and a member that loses its lease: one life at a time, nothing told that others may contradict.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { codeOf, counter, type CounterOptions, setTotal, totalOf } from '../fixture.ts'
import { town, type Town } from './fixture.ts'

/** All counters live on the first member until they are moved. */
async function firstHasAll(options: CounterOptions = {}): Promise<Town> {
  const definitions = [counter('counter', options)]
  return town({
    definitions: [definitions, definitions],
    placed: (script, [first]) => {
      for (const name of ['a', 'b', 'c']) if (first !== undefined) script.place('counter', name, first)
    },
  })
}

const inOrder = (numbers: readonly unknown[]): number[] =>
  numbers.map(Number).toSorted((left, right) => left - right)

test('an actor that moves finishes what it has begun, and goes on there with all of it', async () => {
  const gate = Promise.withResolvers<undefined>()
  const { clock, first, script, second } = await firstHasAll({
    handlers: { slow: (turn) => gate.promise.then(() => setTotal(totalOf(turn) + 10)) },
  })
  await first.call('a', 'counter', 'add')
  const slow = first.runtime.invoke('a', { ref: 'counter', action: 'slow' })
  const behind = first.runtime.invoke('a', { ref: 'counter', action: 'add' })
  await clock.advance(1)
  const moved = script.move(second.cluster, ['counter', 'a'])
  const later = [first, second].map(({ runtime }) => runtime.invoke('a', { ref: 'counter', action: 'add' }))
  await clock.advance(100)
  assert.equal(second.runtime.residentActors, 0)
  gate.resolve(undefined)
  assert.deepEqual(await clock.run(Promise.all([slow, behind])), [11, 12])
  await clock.run(moved)
  assert.deepEqual(inOrder(await clock.run(Promise.all(later))), [13, 14])
  assert.equal(first.runtime.residentActors, 0)
  assert.equal(second.runtime.residentActors, 1)
})

test('callers of an actor that moves under load see no errors, and none of their turns is lost or doubled', async () => {
  const { clock, first, script, second } = await firstHasAll()
  const answers: number[] = []
  const callers = [first, second, first, second].map(async ({ runtime }) => {
    for (let round = 0; round < 50; round += 1) {
      answers.push(Number(await runtime.invoke('a', { ref: 'counter', action: 'add' })))
      await clock.sleep(1)
    }
  })
  const movers = (async () => {
    for (let round = 0; round < 10; round += 1) {
      await clock.sleep(7)
      await script.move(round % 2 === 0 ? second.cluster : first.cluster, ['counter', 'a'])
    }
  })()
  await clock.run(Promise.all([...callers, movers]))
  assert.deepEqual(
    inOrder(answers),
    Array.from({ length: 200 }, (_, at) => at + 1),
  )
})

test('what waits too long for an actor that moves is brought to its new member', async () => {
  const { clock, first, script, second } = await firstHasAll({
    handlers: { slow: (turn) => clock.sleep(1_500).then(() => setTotal(totalOf(turn) + 1)) },
    queries: ['read'],
  })
  const calls = Array.from({ length: 4 }, () => first.runtime.invoke('a', { ref: 'counter', action: 'slow' }))
  await clock.advance(1)
  await clock.run(script.move(second.cluster, ['counter', 'a']))
  assert.deepEqual(inOrder(await clock.run(Promise.all(calls))), [1, 2, 3, 4])
  assert.deepEqual(first.cluster.calls, ['call counter/a slow', 'call counter/a slow'])
})

test('an actor that comes back before its last life here has ended begins the next one after it', async () => {
  const gate = Promise.withResolvers<undefined>()
  const { clock, first, script, second } = await firstHasAll({
    handlers: { slow: (turn) => gate.promise.then(() => setTotal(totalOf(turn) + 10)) },
  })
  const slow = first.runtime.invoke('a', { ref: 'counter', action: 'slow' })
  await clock.advance(1)
  const away = script.move(second.cluster, ['counter', 'a'])
  await clock.advance(1)
  const back = script.move(first.cluster, ['counter', 'a'])
  const next = first.runtime.invoke('a', { ref: 'counter', action: 'add' })
  await clock.advance(50)
  gate.resolve(undefined)
  assert.equal(await clock.run(slow), 10)
  assert.equal(await clock.run(next), 11)
  await clock.run(Promise.all([away, back]))
})

test('a snapshot that is owed is written before its actor moves', async () => {
  const { clock, first, script, second } = await firstHasAll({
    durability: 'snapshot',
    snapshotTimeoutMs: 60_000,
  })
  assert.equal(await first.call('a', 'counter', 'add', { payload: 9 }), 9)
  await clock.run(script.move(second.cluster, ['counter', 'a']))
  assert.equal(await second.call('a', 'counter', 'read'), 9)
})

test('thousands of actors are let go in slices', async () => {
  const { clock, first, script, second } = await firstHasAll({ stateful: false })
  const names = Array.from({ length: 3_000 }, (_, at) => `n${at}`)
  for (const name of names) script.place('counter', name, first.cluster)
  await clock.run(
    Promise.all(names.map((name) => first.runtime.invoke(name, { ref: 'counter', action: 'read' }))),
  )
  const { steps } = clock
  await clock.run(script.move(second.cluster, ...names.map((name) => ['counter', name] as const)))
  assert.equal(first.runtime.residentActors, 0)
  assert.equal(first.runtime.tenant?.released, 3_000)
  assert.ok(clock.steps - steps >= 3)
})

test('a commit that the store accepts after the lease is lost is not acknowledged', async () => {
  const { clock, first, second, store } = await firstHasAll()
  await first.call('a', 'counter', 'add')
  store.hold()
  const unsure = first.runtime.invoke('a', { ref: 'counter', action: 'add' })
  const told = assert.rejects(unsure, { code: 'LEASE_LOST', message: /may have happened/ })
  await clock.advance(10)
  first.cluster.lapse()
  store.release()
  await clock.run(told)
  assert.equal(first.runtime.residentActors, 0)
  // Who has it then goes on from what stands.
  first.cluster.holdsLease = true
  assert.equal(await second.call('a', 'counter', 'add'), 3)
})

test('after the lease is lost nothing is read from memory, and no turn that had begun changes anything', async () => {
  const gate = Promise.withResolvers<undefined>()
  const { clock, first, script, second } = await firstHasAll({
    handlers: {
      slow: (turn) => gate.promise.then(() => setTotal(totalOf(turn) + 10)),
      look: (turn) => gate.promise.then(() => ({ response: totalOf(turn) })),
    },
    queries: ['look'],
  })
  await first.call('a', 'counter', 'add')
  const slow = codeOf(first.runtime.invoke('a', { ref: 'counter', action: 'slow' }))
  const look = codeOf(first.runtime.invoke('a', { ref: 'counter', action: 'look' }))
  await clock.advance(1)
  first.cluster.lapse()
  script.place('counter', 'a', second.cluster)
  // Nobody has told the engine yet: it was frozen.
  gate.resolve(undefined)
  assert.deepEqual(await clock.run(Promise.all([slow, look])), ['LEASE_LOST', 'LEASE_LOST'])
  assert.equal(await second.call('a', 'counter', 'read'), 1)
  assert.equal(await first.call('a', 'counter', 'read'), 1)
  assert.equal(first.runtime.residentActors, 0)
})

test('what waits when a member is expelled does not run there: it is brought to where its actor lives', async () => {
  const ran: string[] = []
  const gate = Promise.withResolvers<undefined>()
  const { clock, first, script, second } = await firstHasAll({
    handlers: {
      slow: () => gate.promise,
      note: (turn) => {
        ran.push(String(turn.payload))
        return setTotal(totalOf(turn) + 1)
      },
    },
  })
  const slow = codeOf(first.runtime.invoke('a', { ref: 'counter', action: 'slow' }))
  const own = first.runtime.invoke('a', { ref: 'counter', action: 'note', payload: 'own' })
  const foreign = second.runtime.invoke('a', { ref: 'counter', action: 'note', payload: 'foreign' })
  await clock.advance(10)
  first.cluster.lapse()
  script.place('counter', 'a', second.cluster)
  first.cluster.tenant.expelled()
  gate.resolve(undefined)
  assert.equal(await clock.run(slow), 'LEASE_LOST')
  assert.deepEqual(inOrder(await clock.run(Promise.all([own, foreign]))), [1, 2])
  assert.deepEqual(ran.toSorted(), ['foreign', 'own'])
  assert.equal(first.runtime.residentActors, 0)
})

test('an actor at rest is not served after the lease is lost, though nobody has told the engine yet', async () => {
  const { first, script, second } = await firstHasAll()
  await first.call('a', 'counter', 'add')
  first.cluster.lapse()
  script.place('counter', 'a', second.cluster)
  assert.equal(await second.call('a', 'counter', 'add'), 2)
  assert.equal(await first.call('a', 'counter', 'read'), 2)
  assert.equal(first.runtime.residentActors, 0)
})

test('a turn that only reads is not answered after the lease is lost', async () => {
  const gate = Promise.withResolvers<undefined>()
  const { clock, first } = await firstHasAll({
    handlers: { look: (turn) => gate.promise.then(() => ({ response: totalOf(turn) })) },
  })
  const look = codeOf(first.runtime.invoke('a', { ref: 'counter', action: 'look' }))
  await clock.advance(1)
  first.cluster.lapse()
  gate.resolve(undefined)
  assert.equal(await clock.run(look), 'LEASE_LOST')
})

test('what waited behind a lost commit of an actor that moves has its turn on the new member', async () => {
  const gate = Promise.withResolvers<undefined>()
  const { clock, first, script, second, store } = await firstHasAll({
    handlers: { slow: (turn) => gate.promise.then(() => setTotal(totalOf(turn) + 10)) },
  })
  await first.call('a', 'counter', 'add')
  store.hold()
  store.failCommit = 'before'
  const lost = codeOf(first.runtime.invoke('a', { ref: 'counter', action: 'add' }))
  await clock.advance(1)
  // It runs on what is being committed, and one more waits behind it.
  const slow = codeOf(first.runtime.invoke('a', { ref: 'counter', action: 'slow' }))
  const behind = first.runtime.invoke('a', { ref: 'counter', action: 'add', payload: 5 })
  await clock.advance(1)
  const moved = script.move(second.cluster, ['counter', 'a'])
  await clock.advance(1)
  store.release()
  const codes = await clock.run(Promise.all([lost, slow]))
  assert.deepEqual(codes, ['STORE_UNAVAILABLE', 'STORE_UNAVAILABLE'])
  assert.equal(await clock.run(behind), 6)
  await clock.run(moved)
  assert.equal(first.runtime.residentActors, 0)
  assert.equal(second.runtime.residentActors, 1)
  gate.resolve(undefined)
})

interface ComesBackBy {
  readonly reentrancy?: 'none' | 'call-chain'
  /** `back` calls the first actor's `add`, `pass` pipes to it. */
  readonly by?: 'back' | 'pass'
  /** Which member has the actor in between. */
  readonly over?: 0 | 1 | 2
  /** Whether `ask` is a query. */
  readonly query?: boolean
}

/** `ask` of an actor calls another one, by which the first one's `add` is called; meanwhile that is to live elsewhere. */
async function comesBack({
  by = 'back',
  over = 1,
  query = false,
  reentrancy = 'call-chain',
}: ComesBackBy): Promise<{ town: Town; asked: Promise<unknown>; tookMs: () => number }> {
  const gate = Promise.withResolvers<undefined>()
  const to = { ref: 'counter', action: 'add' } as const
  const counters = counter('counter', {
    reentrancy,
    ...(query && { queries: ['ask'] }),
    handlers: {
      ask: async (turn) => ({ response: await turn.call('b', { ref: 'other', action: by }) }),
    },
  })
  const others = counter('other', {
    handlers: {
      back: async (turn) => {
        await gate.promise
        return { response: await turn.call('a', { ...to, payload: 5 }) }
      },
      pass: async () => {
        await gate.promise
        const route = { kind: 'pipe', to: 'a', ...to } as const
        return { response: 5, workflow: { effects: [], broadcasts: [], timers: null, route } }
      },
    },
  })
  const moving = await town({
    definitions: [[counters, others], [others], [counters, others]],
    placed: (script, placed) => {
      if (placed[0] !== undefined) script.place('counter', 'a', placed[0])
      const between = placed[over]
      if (between !== undefined) script.place('other', 'b', between)
    },
  })
  const { clock, first, members, script } = moving
  const asked = first.runtime.invoke('a', { ref: 'counter', action: 'ask', timeoutMs: 30_000 })
  await clock.advance(10)
  void script.move((members[2] as (typeof members)[number]).cluster, ['counter', 'a'])
  await clock.advance(10)
  const fromMs = clock.now()
  gate.resolve(undefined)
  return { town: moving, asked, tookMs: () => clock.now() - fromMs }
}

for (const over of [0, 1, 2] as const) {
  const way = ['over an actor beside it', 'over another member', 'over its next member'][over]
  for (const by of ['back', 'pass'] as const) {
    const what = by === 'back' ? 'a call that comes back' : 'a pipe that leads back'

    test(`${what} ${way} to an actor that moves is let in by the turn that waits for it`, async () => {
      const { asked, tookMs, town: moving } = await comesBack({ by, over })
      assert.equal(await moving.clock.run(asked), 5)
      assert.ok(tookMs() < 1_000, 'not only at its deadline')
      assert.equal(await moving.second.call('a', 'counter', 'read'), 5)
    })

    test(`${what} ${way} where it is not let in is refused at once, with its path`, async () => {
      const { asked, tookMs, town: moving } = await comesBack({ by, over, reentrancy: 'none' })
      await assert.rejects(moving.clock.run(asked), /form a cycle/)
      assert.ok(tookMs() < 1_000, 'not only at its deadline')
    })

    test(`${what} ${way} to an actor that moves, for a query that waits for it, has its turn where that lives`, async () => {
      const { asked, tookMs, town: moving } = await comesBack({ by, over, query: true, reentrancy: 'none' })
      assert.equal(await moving.clock.run(asked), 5)
      assert.ok(tookMs() < 1_000, 'not only at its deadline')
      assert.equal(await moving.second.call('a', 'counter', 'read'), 5)
    })
  }
}
