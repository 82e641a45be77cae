// What one actor is: one turn at a time, state and tags that are kept, failures that leave no trace.

import assert from 'node:assert/strict'

import { until } from '../../src/testing/index.ts'
import { type Behaviour, counter, failsWith, FIRST_STATE, logOf, member, run } from './behaviours.ts'
import type { HostUnderTest } from './world.ts'

const DEFAULT_ACTIONS = ['get', 'Get', 'get_state', 'getState', 'GetState'] as const

export function turnBehaviours(it: Behaviour, host: HostUnderTest): void {
  kindBehaviours(it)
  stateBehaviours(it, host)
  failureBehaviours(it, host)
}

function kindBehaviours(it: Behaviour): void {
  it('a named actor is there without being made', [counter], async (world) => {
    assert.equal(await world.call('counter', 'add', 2), 2)
    assert.equal(await world.call('counter', 'add', 3), 5)
  })

  it('instances of an unnamed definition are apart', [member], async (world) => {
    assert.equal(await world.call('ann', 'add', 1, { ref: 'member' }), 1)
    assert.equal(await world.call('bob', 'add', 10, { ref: 'member' }), 10)
    assert.equal(await world.call('ann', 'add', 1, { ref: 'member' }), 2)
    const seen = await world.call('ann', 'see', null, { ref: 'member' })
    assert.partialDeepStrictEqual(seen, { self: 'ann', parent: 'member', caller: null })
  })

  it('a spawned actor needs no ref', [member], async (world) => {
    await world.spawn('ann', 'member')
    assert.equal(await world.call('ann', 'add', 4), 4)
  })

  it(
    'a pooled actor works at several messages at once',
    [{ ...counter, kind: 'pooled', pool: 4 }],
    async (world) => {
      let running = 0
      const slow = run(world, 'counter', { pauseMs: 400, reply: 'slow' }).finally(() => (running -= 1))
      running += 1
      assert.equal(await run(world, 'counter', { reply: 'quick' }), 'quick')
      assert.equal(running, 1, 'the quick one waited for the slow one')
      assert.equal(await slow, 'slow')
    },
  )

  it('turns of one actor never overlap', [counter], async (world) => {
    const adds = Array.from({ length: 40 }, () => world.call('counter', 'add', 1))
    const totals = (await Promise.all(adds)).map(Number).toSorted((left, right) => left - right)
    assert.deepEqual(
      totals,
      Array.from({ length: 40 }, (_, at) => at + 1),
    )
  })

  it('an asynchronous call is answered with nothing and done in its turn', [counter], async (world) => {
    assert.equal(await world.call('counter', 'add', 5, { async: true }), undefined)
    assert.equal(await world.call('counter', 'add', 1), 6)
  })
}

function stateBehaviours(it: Behaviour, host: HostUnderTest): void {
  it('the default actions answer with the state', [counter], async (world) => {
    await world.call('counter', 'add', 7)
    for (const action of DEFAULT_ACTIONS) {
      assert.deepEqual(await world.call('counter', action), { ...FIRST_STATE, total: 7 }, action)
    }
  })

  it(
    'one default action of its own leaves the others out',
    [{ name: 'own', actions: ['get'] }],
    async (world) => {
      assert.equal(await world.call('own', 'get', 'mine'), 'mine')
      await failsWith('ACTION_NOT_FOUND', world.call('own', 'get_state'))
    },
  )

  it('what an action does not say stays as it was', [counter], async (world) => {
    await run(world, 'counter', { set: { total: 3 }, tags: { colour: 'red' } })
    await run(world, 'counter', {})
    const { state, tags } = await world.view('counter')
    assert.deepEqual(state, { ...FIRST_STATE, total: 3 })
    assert.deepEqual(tags, { colour: 'red' })
    await run(world, 'counter', { tags: { size: 'xl' } })
    assert.deepEqual((await world.view('counter')).tags, { size: 'xl' })
    await run(world, 'counter', { tags: {} })
    assert.deepEqual((await world.view('counter')).tags, host.keepsTags ? { size: 'xl' } : {})
  })

  it('an acknowledged turn is durable', { parts: [counter, member], isKept: true }, async (world) => {
    await world.call('counter', 'add', 2)
    await world.call('ann', 'add', 3, { ref: 'member' })
    await run(world, 'counter', { tags: { colour: 'red' } })
    await using other = await world.fork()
    assert.deepEqual((await other.view('counter')).tags, { colour: 'red' })
    assert.equal(await other.call('counter', 'add', 1), 3)
    assert.equal(await other.call('ann', 'add', 1, { ref: 'member' }), 4)
  })

  const snapshot = {
    parts: [{ ...counter, snapshotMs: 3_600_000 }],
    durability: 'snapshot',
    isKept: true,
  } as const
  it('by snapshot, a turn is durable when it asks for a checkpoint', snapshot, async (world) => {
    await world.call('counter', 'add', 2)
    await using before = await world.fork()
    assert.equal(await before.call('counter', 'add', 1), 1)
    await run(world, 'counter', { set: { total: 8 }, checkpoint: true })
    await using after = await world.fork()
    assert.equal(await after.call('counter', 'add', 1), 9)
  })

  it('state and tags outlive a restart', { parts: [counter, member], isKept: true }, async (world) => {
    await run(world, 'counter', { set: { total: 5 }, tags: { colour: 'red' } })
    await run(world, 'ann', { set: { total: 6 }, tags: { colour: 'blue' } }, 'member')
    await world.restart()
    assert.deepEqual(await world.view('counter'), {
      revision: 1,
      tags: { colour: 'red' },
      state: { ...FIRST_STATE, total: 5 },
    })
    assert.equal(await world.call('ann', 'add', 1, { ref: 'member' }), 7)
    assert.deepEqual((await world.view('ann', 'member')).tags, { colour: 'blue' })
  })

  // Long beside the time between two calls, on a busy machine too: the first look must find the first life.
  const brief = { ...member, idleMs: 1_000, actions: [...member.actions, 'setup'] }
  it('the init action begins every life, and what was stored is there', [brief], async (world) => {
    await run(world, 'ann', { set: { total: 9 }, tags: { colour: 'red' } }, 'member')
    const setup = { action: 'setup', self: 'ann', parent: 'member', caller: 'ann', payload: null }
    const [first, ...others] = await logOf(world, 'ann', 'member')
    assert.partialDeepStrictEqual(first, { ...setup, tags: {} })
    assert.deepEqual(others, [])
    // Asking is use: so the pauses between the looks are longer than it stays.
    const lives = await until(
      'the second life',
      async () => {
        const log = await logOf(world, 'ann', 'member')
        return log.length > 1 ? log : null
      },
      { pauseMs: 2_000 },
    )
    assert.partialDeepStrictEqual(lives[1], { ...setup, tags: { colour: 'red' } })
    assert.equal(await world.call('ann', 'add', 1, { ref: 'member' }), 10)
  })

  it('spawning with a revision goes on from that one', { parts: [member], history: 10 }, async (world) => {
    for (const value of [1, 10, 100]) await world.call('ann', 'add', value, { ref: 'member' })
    await world.spawn('ann', 'member', 2)
    assert.equal(await world.call('ann', 'add', 1), 12)
    await failsWith('INVALID_ARGUMENT', world.spawn('ann', 'member', 77))
  })

  it(
    'nothing is kept of an actor without a stored state',
    { parts: [{ ...counter, stateful: false }], isKept: true },
    async (world) => {
      assert.equal(await world.call('counter', 'add', 2), 2)
      assert.equal(await world.call('counter', 'add', 2), 4)
      await world.restart()
      assert.equal(await world.call('counter', 'add', 2), 2)
    },
  )
}

function failureBehaviours(it: Behaviour, host: HostUnderTest): void {
  it('a failed action leaves no trace', [counter, member], async (world) => {
    await run(world, 'counter', { set: { total: 1 }, tags: { colour: 'red' } })
    const script = {
      set: { total: 50 },
      tags: { colour: 'black' },
      effects: [{ to: 'ann', ref: 'member', action: 'note' }],
      fail: 'on purpose',
    }
    await failsWith(host.failureCode, run(world, 'counter', script))
    assert.deepEqual(await world.view('counter'), {
      revision: 1,
      tags: { colour: 'red' },
      state: { ...FIRST_STATE, total: 1 },
    })
    assert.equal(await world.call('counter', 'add', 1), 2)
    await failsWith('ACTOR_NOT_FOUND', world.view('ann', 'member'))
  })

  it('what does not exist is said at once', [counter, member], async (world) => {
    await failsWith('ACTOR_NOT_FOUND', world.call('nobody', 'add', 1))
    await failsWith('ACTOR_NOT_FOUND', world.call('ann', 'add', 1, { ref: 'nothing' }))
    await failsWith('ACTION_NOT_FOUND', world.call('counter', 'fly'))
  })

  it('a call ends with its deadline, and the actor goes on', [counter], async (world) => {
    const slow = world.call('counter', 'do', { pauseMs: 60_000 }, { timeoutMs: 150 })
    await failsWith('DEADLINE_EXCEEDED', slow)
    assert.equal(await world.call('counter', 'add', 1), 1)
  })

  it('a payload of 300 KB comes through, both ways', [counter], async (world) => {
    const text = 'ä€x'.repeat(50_000)
    assert.equal(await run(world, 'counter', { reply: text }), text)
  })
}
