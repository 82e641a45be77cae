// What actors set in motion: calls, effects, broadcasts, routes, timers, calls for later.

import assert from 'node:assert/strict'

import { until } from '../../src/testing/index.ts'
import {
  type Behaviour,
  counter,
  failsWith,
  listener,
  logged,
  loggedInAll,
  logOf,
  member,
  run,
} from './behaviours.ts'
import type { HostUnderTest } from './world.ts'

export function workflowBehaviours(it: Behaviour, host: HostUnderTest): void {
  callBehaviours(it)
  effectBehaviours(it)
  routeBehaviours(it, host)
  laterBehaviours(it)
}

function callBehaviours(it: Behaviour): void {
  it('metadata reaches the action', [counter], async (world) => {
    const seen = await world.call('counter', 'see', 'x', { metadata: { trace: 't-1', über: 'ä' } })
    assert.partialDeepStrictEqual(seen, { payload: 'x', caller: null, metadata: { trace: 't-1', über: 'ä' } })
  })

  it('an action calls another actor, which knows its caller', [counter, member], async (world) => {
    const call = { to: 'ann', ref: 'member', action: 'see', payload: 'hello' }
    const seen = await run(world, 'counter', { call })
    assert.partialDeepStrictEqual(seen, {
      self: 'ann',
      parent: 'member',
      caller: 'counter',
      payload: 'hello',
    })
  })

  it('a call that comes back to who waits for it is refused', [counter, member], async (world) => {
    const back = { to: 'counter', action: 'add', payload: 1, caught: true }
    const call = { to: 'ann', ref: 'member', action: 'do', payload: { call: back } }
    assert.equal(await run(world, 'counter', { call }), 'CALL_CYCLE')
    assert.equal(await world.call('counter', 'add', 1), 1)
  })
}

function effectBehaviours(it: Behaviour): void {
  it('effects come once, in order, after their turn', [counter, listener], async (world) => {
    const effects = [1, 2, 3].map((payload) => {
      return { to: 'listener', action: 'note', payload, metadata: { own: String(payload) } }
    })
    const script = { set: { total: 1 }, effects, reply: 'sent' }
    const options = { metadata: { trace: 't-1' } }
    assert.equal(await world.call('counter', 'do', script, options), 'sent')
    const log = await loggedInAll(world, 'listener', 3)
    for (const [at, entry] of log.entries()) {
      const payload = at + 1
      assert.partialDeepStrictEqual(entry, {
        payload,
        caller: 'counter',
        metadata: { trace: 't-1', own: String(payload) },
      })
    }
  })

  it('an effect makes the actor that it is for', [counter, member], async (world) => {
    await run(world, 'counter', { effects: [{ to: 'ann', ref: 'member', action: 'note', payload: 'hi' }] })
    const [entry] = await logged(world, 'ann', 1, 'member')
    assert.partialDeepStrictEqual(entry, { self: 'ann', parent: 'member', payload: 'hi' })
  })

  const ear = { name: 'ear', actions: ['receive', 'note'], channels: { news: '' } }
  const nose = { name: 'nose', actions: ['smell', 'note'], channels: { news: 'smell', weather: 'smell' } }
  it('a broadcast reaches every subscriber, once', [counter, ear, nose], async (world) => {
    await run(world, 'counter', { broadcast: { channel: 'news', payload: { hot: true } } })
    await run(world, 'counter', { broadcast: { channel: 'elsewhere', payload: 1 } })
    const said = { caller: 'counter', payload: { hot: true } }
    const [heard] = await loggedInAll(world, 'ear', 1)
    assert.partialDeepStrictEqual(heard, { ...said, action: 'receive' })
    const [smelt] = await loggedInAll(world, 'nose', 1)
    assert.partialDeepStrictEqual(smelt, { ...said, action: 'smell' })
  })
}

function routeBehaviours(it: Behaviour, host: HostUnderTest): void {
  it('a pipe hands on what the action answers', [counter, member], async (world) => {
    const script = { set: { total: 1 }, reply: 'output', pipe: { to: 'ann', ref: 'member', action: 'see' } }
    const seen = await world.call('counter', 'do', script, { metadata: { trace: 't-1' } })
    const expected = { self: 'ann', caller: 'counter', payload: 'output', metadata: { trace: 't-1' } }
    assert.partialDeepStrictEqual(seen, expected)
  })

  it('a forward hands on what the action was called with', [counter, member], async (world) => {
    const script = { reply: 'output', forward: { to: 'ann', ref: 'member', action: 'see' } }
    assert.partialDeepStrictEqual(await run(world, 'counter', script), { caller: 'counter', payload: script })
  })

  it('the caller hears of a hop that fails', [counter, listener], async (world) => {
    const pipe = { to: 'listener', action: 'do' }
    await failsWith(
      host.failureCode,
      run(world, 'counter', { set: { total: 3 }, reply: { fail: 'no' }, pipe }),
    )
    assert.equal(await world.call('counter', 'add', 1), 4)
  })

  it(
    'a turn that hands on to an action that does not exist fails as a whole',
    [counter, listener],
    async (world) => {
      const pipe = { to: 'listener', action: 'fly' }
      await failsWith('ACTION_FAILED', run(world, 'counter', { set: { total: 3 }, pipe }))
      assert.equal(await world.call('counter', 'add', 1), 1)
    },
  )

  it('of an actor that does not exist, its caller hears when it is its turn', [counter], async (world) => {
    const forward = { to: 'nobody', action: 'see' }
    await failsWith('ACTOR_NOT_FOUND', run(world, 'counter', { set: { total: 3 }, forward }))
    assert.equal(await world.call('counter', 'add', 1), 4)
  })

  it('all that a turn can set in motion, at once', [counter, listener, member], async (world) => {
    const script = {
      set: { total: 1 },
      effects: [{ to: 'listener', action: 'note', payload: 'effect' }],
      broadcast: { channel: 'nowhere', payload: null },
      reply: 2,
      pipe: { to: 'ann', ref: 'member', action: 'add' },
    }
    assert.equal(await run(world, 'counter', script), 2)
    await logged(world, 'listener', 1)
  })
}

function laterBehaviours(it: Behaviour): void {
  it(
    'a timer fires again and again',
    { parts: [{ ...counter, actions: ['tick'], timers: { tick: 60 } }], isKept: true },
    async (world) => {
      const log = await logged(world, 'counter', 3)
      assert.partialDeepStrictEqual(log[0], { action: 'tick', payload: null })
      await world.restart()
      await logged(world, 'counter', (await logOf(world, 'counter')).length + 2)
    },
  )

  it('a call for later is acknowledged at once and made in time', [listener], async (world) => {
    const dueMs = Date.now() + 300
    assert.equal(await world.call('listener', 'note', 'later', { scheduledToMs: dueMs }), undefined)
    await world.call('listener', 'note', 'first')
    const [first, later] = await logged(world, 'listener', 2)
    assert.partialDeepStrictEqual(first, { payload: 'first' })
    assert.partialDeepStrictEqual(later, { payload: 'later' })
    assert.ok(Date.now() >= dueMs)
  })

  it('a call for a time that has passed is made now', [listener], async (world) => {
    await world.call('listener', 'note', 'past', { scheduledToMs: 5 })
    await logged(world, 'listener', 1)
  })

  it('a call for later outlives a restart', { parts: [listener, counter], isKept: true }, async (world) => {
    await world.call('listener', 'note', 'later', { scheduledToMs: Date.now() + 700 })
    const effects = [{ to: 'listener', action: 'note', payload: 'effect', delayMs: 700 }]
    await run(world, 'counter', { effects })
    await world.restart()
    const log = await loggedInAll(world, 'listener', 2)
    const payloads = log.map((entry) => (entry as { readonly payload: string }).payload)
    assert.deepEqual(payloads.toSorted(), ['effect', 'later'])
  })

  it('a turn that was not asked for is made all the same', [counter, listener], async (world) => {
    await world.call('counter', 'do', { effects: [{ to: 'listener', action: 'note' }] }, { async: true })
    await until('the effect', async () => (await logOf(world, 'listener')).length === 1)
  })
}
