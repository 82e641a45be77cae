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

/** `ask` of an actor calls `back` of another, which calls the first one's `add`; meanwhile that is to live elsewhere. */
async function comesBack(
  reentrancy: 'none' | 'call-chain',
): Promise<{ town: Town; asked: Promise<unknown> }> {
  const gate = Promise.withResolvers<undefined>()
  const counters = counter('counter', {
    reentrancy,
    handlers: {
      ask: async (turn) => ({ response: await turn.call('b', { ref: 'other', action: 'back' }) }),
    },
  })
  const others = counter('other', {
    handlers: {
      back: async (turn) => {
        await gate.promise
        return { response: await turn.call('a', { ref: 'counter', action: 'add', payload: 5 }) }
      },
    },
  })
  const moving = await town({
    definitions: [[counters, others], [others], [counters, others]],
    placed: (script, [first, second]) => {
      if (first !== undefined) script.place('counter', 'a', first)
      if (second !== undefined) script.place('other', 'b', second)
    },
  })
  const { clock, first, members, script } = moving
  const asked = first.runtime.invoke('a', { ref: 'counter', action: 'ask', timeoutMs: 30_000 })
  await clock.advance(10)
  void script.move((members[2] as (typeof members)[number]).cluster, ['counter', 'a'])
  await clock.advance(10)
  gate.resolve(undefined)
  return { town: moving, asked }
}

test('a call that comes back to an actor that moves is let in by the turn that waits for it', async () => {
  const { asked, town: moving } = await comesBack('call-chain')
  const fromMs = moving.clock.now()
  assert.equal(await moving.clock.run(asked), 5)
  assert.ok(moving.clock.now() - fromMs < 1_000, 'not only at its deadline')
  assert.equal(await moving.second.call('a', 'counter', 'read'), 5)
})

test('one that comes back where it is not let in is refused at once, with its path', async () => {
  const { asked, town: moving } = await comesBack('none')
  const fromMs = moving.clock.now()
  await assert.rejects(moving.clock.run(asked), /form a cycle/)
  assert.ok(moving.clock.now() - fromMs < 1_000, 'not only at its deadline')
})
