// Definitions that are deployed as another kind than the one that has stored something: an actor that was kept and keeps
// nothing now, alone or as a pool, and timers that were set under a definition with instances, or without.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { LogFields } from '../../src/ports/index.ts'
import { silentLogger } from '../../src/ports/index.ts'
import { actor, type ActorDefinition, isSpawnError, system, type System, Value } from '../../src/sdk/index.ts'
import { MemoryStore } from '../../src/stores/memory/index.ts'
import { VirtualClock } from '../../src/testing/index.ts'

const sender = actor('sender', {
  actions: {
    send: (_ctx, { ref, to }: { to: string; ref?: string }) => Value.of().effect(to, 'add', 1, { ref }),
  },
})

/** Releases of one application, one after the other, over one store. */
class Releases {
  readonly clock = new VirtualClock()
  readonly store = new MemoryStore()
  readonly warnings: string[] = []

  async release(actors: readonly ActorDefinition[], work: (running: System) => Promise<void>): Promise<void> {
    const { clock, store, warnings } = this
    warnings.length = 0
    const warn = (message: string, { code = '' }: LogFields = {}): void =>
      void warnings.push(`${message} ${String(code)}`)
    const logger = { ...silentLogger, warn, error: warn }
    const running = await clock.run(
      system('shop', { actors: [sender, ...actors], store, clock, logger }).start(),
    )
    await work(running)
    assert.deepEqual((await clock.run(running.deadLetters.list())).items, [])
    await clock.run(running.stop())
  }
}

const add = (ctx: { state: unknown }, amount: number) => {
  const total = (ctx.state as { total: number }).total + amount
  return Value.of({ total }, total)
}
const state = { total: 0 }
const kept = actor('cart', { kind: 'unnamed', state, actions: { add } })
const volatile = actor('cart', { kind: 'unnamed', stateful: false, state, actions: { add } })

test('an actor that was kept, and keeps nothing now, takes effects and keys; what was stored stays', async () => {
  const shop = new Releases()
  const { clock } = shop
  const addTo = (running: System, name: string, idempotencyKey: string) =>
    clock.run(running.invoke(name, { ref: 'cart', action: 'add', payload: 1, idempotencyKey }))
  const effectFor = (running: System, to: string) =>
    clock.run(running.ref(sender).send({ to, ref: 'cart' })).then(() => clock.advance(2_000))
  const totalOf = async (running: System, name: string) =>
    (await clock.run(running.inspect(name, { ref: 'cart' }))).stateJson

  await shop.release([kept], async (running) => {
    for (const name of ['a', 'b']) await addTo(running, name, 'first')
  })
  await shop.release([volatile], async (running) => {
    await effectFor(running, 'a')
    assert.deepEqual(await totalOf(running, 'a'), { total: 1 }, 'the effect had one turn that counts')
    // From then on nothing is refused any more, whichever of them it is for.
    assert.equal(await addTo(running, 'a', 'second'), 2)
    assert.equal(await addTo(running, 'a', 'second'), 2)
    assert.equal(await addTo(running, 'b', 'second'), 1)
    assert.equal(await addTo(running, 'b', 'first'), 1, 'the reply of the release before')
    const { revision } = await clock.run(running.ref(volatile, 'b').add(1, { receipt: true }))
    const inspection = await clock.run(running.inspect('b', { ref: 'cart' }))
    assert.deepEqual([revision, inspection.revision], [0, 0], 'not that of what is stored')
    await effectFor(running, 'never-stored')
    assert.deepEqual(await totalOf(running, 'never-stored'), { total: 1 })
  })
  await shop.release([kept], async (running) => {
    assert.deepEqual(await totalOf(running, 'a'), { total: 1 })
    assert.equal(await addTo(running, 'b', 'second'), 1, 'the reply of the release before')
    assert.equal(await addTo(running, 'b', 'third'), 2)
  })
})

test('what was stored of an actor that keeps nothing now is deleted with it, and the replies that are kept', async () => {
  const shop = new Releases()
  const { clock } = shop
  const addOne = (running: System) =>
    clock.run(running.invoke('a', { ref: 'cart', action: 'add', payload: 1, idempotencyKey: 'key' }))
  await shop.release([kept], async (running) => {
    assert.equal(await addOne(running), 1)
    assert.equal(await clock.run(running.ref(kept, 'a').add(1)), 2)
  })
  await shop.release([volatile], async (running) => {
    await clock.run(running.delete('a', { ref: 'cart' }))
    assert.equal(await clock.run(running.count({ parent: 'cart' })), 0)
    assert.equal(await clock.run(running.ref(volatile, 'a').add(5)), 5)
    assert.equal(await addOne(running), 6, 'no reply of the one that was deleted')
  })
})

test('an actor that was kept and is a pool now takes effects, keys and timers', async () => {
  const shop = new Releases()
  const { clock } = shop
  let added = 0
  let ticks = 0
  const named = actor('desk', { state, actions: { add } })
  const pooled = actor('desk', {
    kind: 'pooled',
    actions: {
      add: (_ctx, amount: number) => (added += amount),
      tick: { timer: 1_000, handler: () => void (ticks += 1) },
    },
  })
  await shop.release([named], async (running) => {
    await clock.run(running.ref(named).add(1))
  })
  await shop.release([pooled], async (running) => {
    // The first commit is refused, and says why.
    await clock.advance(1_500)
    ticks = 0
    await clock.advance(3_000)
    assert.equal(ticks, 3)
    assert.deepEqual(shop.warnings, ['an activation was dropped ', 'a timer failed STATE_CONFLICT'])
    await clock.run(running.ref(sender).send({ to: 'desk' }))
    await clock.advance(100)
    assert.equal(added, 1)
    const once = () => clock.run(running.ref(pooled).add(1, { idempotencyKey: 'key' }))
    assert.deepEqual([await once(), await once()], [2, 2])
  })
})

test('a first commit that is refused is told to its caller, and the next one is taken', async () => {
  const shop = new Releases()
  const { clock } = shop
  await shop.release([kept], async (running) => {
    await clock.run(running.ref(kept, 'a').add(1))
  })
  await shop.release([volatile], async (running) => {
    const once = () => clock.run(running.ref(volatile, 'a').add(1, { idempotencyKey: 'key' }))
    await assert.rejects(once(), (error) => isSpawnError(error) && error.code === 'STATE_CONFLICT')
    assert.equal(await once(), 1)
  })
})

test('timers that were set for a definition of another kind end, as those of what is gone do', async () => {
  const shop = new Releases()
  const { clock } = shop
  const settings = {
    state,
    actions: { tick: { timer: 1_000, handler: (ctx: { state: unknown }) => add(ctx, 1).noreply() } },
  }
  const unnamed = actor('sensor', { kind: 'unnamed', ...settings })
  const named = actor('sensor', settings)
  const reads = (running: System, name: string, ref?: string) =>
    clock.run(running.invoke(name, { ref, action: 'get' }))
  await shop.release([unnamed], async (running) => {
    for (const name of ['kitchen', 'hall']) await reads(running, name, 'sensor')
    await clock.advance(2_500)
    assert.deepEqual(await reads(running, 'hall', 'sensor'), { total: 2 })
  })
  await shop.release([named], async (running) => {
    await clock.advance(20_500)
    assert.deepEqual(await reads(running, 'sensor'), { total: 20 })
    assert.deepEqual(shop.warnings, Array(2).fill('a timer failed INVALID_ARGUMENT'))
  })
  await shop.release([unnamed], async (running) => {
    await clock.advance(20_500)
    assert.deepEqual(shop.warnings, ['a timer failed INVALID_ARGUMENT'])
    assert.deepEqual(await reads(running, 'hall', 'sensor'), { total: 2 })
    await clock.advance(1_500)
    assert.deepEqual(await reads(running, 'hall', 'sensor'), { total: 3 }, 'its next life sets them anew')
  })
})
