// Calls, effects and schedules for actors of other systems, on a virtual clock: what leaves, when, and what its end means.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { SpawnError } from '../../src/base/index.ts'
import type { Definition, Effect, OtherSystems, SystemCall } from '../../src/ports/index.ts'
import { jsonCodec, Packed } from '../../src/protocol/index.ts'
import {
  bench as alone,
  type Bench,
  type BenchOptions,
  codeOf,
  counter,
  setTotal,
  totalOf,
} from './fixture.ts'

interface Came {
  readonly system: string
  readonly name: string
  readonly call: SystemCall
  readonly signal: AbortSignal
}

type Answer = (came: Came) => Packed | undefined | Promise<Packed | undefined>

/** The other systems: what came to them, and what they say. */
class Elsewhere implements OtherSystems {
  readonly came: Came[] = []
  answer: Answer = () => jsonCodec.pack('done')

  async call(...[system, name, call, signal]: Parameters<OtherSystems['call']>): Promise<Packed | undefined> {
    const came = { system, name, call, signal }
    this.came.push(came)
    return this.answer(came)
  }

  /** The payloads, read. */
  get payloads(): unknown[] {
    return this.came.map(({ call }) => call.payload && jsonCodec.accept(call.payload))
  }

  get keys(): unknown[] {
    return this.came.map(({ call }) => call.deliveryKey)
  }
}

async function bench(options: BenchOptions = {}): Promise<Bench & { readonly elsewhere: Elsewhere }> {
  const elsewhere = new Elsewhere()
  return { ...(await alone({ systems: elsewhere, ...options })), elsewhere }
}

function never(): Promise<never> {
  return new Promise(() => {})
}

const other = { system: 'other', action: 'add' }

/** Sends effects; `ask` calls another system and answers with what that says. */
function sender(...effects: Effect[]): Definition {
  return counter('sender', {
    handlers: {
      send: (turn) => ({
        ...setTotal(totalOf(turn) + 1),
        workflow: { effects, broadcasts: [], route: null, timers: null },
      }),
      ask: async (turn) => ({ response: await turn.call('far', { ...other, payload: totalOf(turn) }) }),
      told: (turn) => ({ changed: true, state: { total: 0, end: turn.payload, caller: turn.caller } }),
      seen: (turn) => ({ response: turn.state }),
    },
  })
}

const effect = (more: Partial<Effect> = {}): Effect => ({ to: 'far', ...other, payload: 7, ...more })

async function outbox({ store }: Bench): Promise<number> {
  return (await store.due('test', Number.MAX_SAFE_INTEGER, 10)).envelopes.length
}

describe('a call', () => {
  test('goes there with all that it says, and its answer is a value', async () => {
    const { clock, elsewhere, runtime } = await bench()
    const call = {
      ...other,
      ref: 'kind',
      payload: { value: 1 },
      metadata: { color: 'red' },
      timeoutMs: 5_000,
    }
    assert.equal(await clock.run(runtime.invoke('far', call)), 'done')
    const [{ call: came, name, system }] = elsewhere.came as [Came]
    assert.deepEqual([system, name, came.ref, came.action], ['other', 'far', 'kind', 'add'])
    assert.deepEqual(elsewhere.payloads, [{ value: 1 }])
    assert.deepEqual([came.metadata, came.caller, came.async], [{ color: 'red' }, null, false])
    assert.deepEqual([came.timeoutMs, came.deliveryKey], [5_000, null])
    elsewhere.answer = () => undefined
    assert.equal(await clock.run(runtime.invoke('far', other)), undefined)
    await clock.run(runtime.invoke('far', { ...other, async: true }))
    assert.equal(elsewhere.came.at(-1)?.call.async, true)
  })

  test('of a door that hands values on is answered with the very bytes', async () => {
    const { clock, elsewhere, runtime } = await bench()
    const theirs = new Packed('type.googleapis.com/eigr.functions.protocol.JSONType', jsonCodec.pack(1).value)
    elsewhere.answer = () => theirs
    assert.equal(await clock.run(runtime.invokePacked('far', { ...other, receipt: true })), theirs)
    assert.equal(await clock.run(runtime.invoke('far', other)), 1)
    assert.deepEqual(await clock.run(runtime.invokeJson('far', other)), {
      json: 1,
      receipt: null,
      scheduleId: null,
    })
  })

  test('from a turn leaves when all that the turn rests on is durable, and has its caller and its time', async () => {
    const { clock, elsewhere, runtime, store } = await bench({ definitions: [sender()] })
    await clock.run(runtime.invoke('a', { ref: 'sender', action: 'add' }))
    store.hold()
    const added = runtime.invoke('a', { ref: 'sender', action: 'add' })
    const asked = runtime.invoke('a', { ref: 'sender', action: 'ask', timeoutMs: 3_000 })
    await clock.advance(1_000)
    assert.equal(elsewhere.came.length, 0)
    store.release()
    assert.equal(await clock.run(asked), 'done')
    await clock.run(added)
    assert.deepEqual(elsewhere.payloads, [2])
    assert.deepEqual(elsewhere.came[0]?.call.caller, { system: 'test', parent: 'sender', name: 'a' })
    assert.equal(elsewhere.came[0]?.call.timeoutMs, 2_000)
  })

  test('fails with what it was answered with', async () => {
    const { clock, elsewhere, runtime } = await bench()
    elsewhere.answer = () => {
      throw new SpawnError('MAILBOX_FULL', 'full')
    }
    assert.equal(await codeOf(clock.run(runtime.invoke('far', other))), 'MAILBOX_FULL')
    elsewhere.answer = () => {
      throw new TypeError('a bug')
    }
    assert.equal(await codeOf(clock.run(runtime.invoke('far', other))), 'DEFECT')
  })

  test('that is not answered in time, or is cancelled, says that it may have happened, and is let go of', async () => {
    const { clock, elsewhere, runtime } = await bench()
    elsewhere.answer = never
    const late = runtime.invoke('far', { ...other, ref: 'kind', timeoutMs: 500 })
    await assert.rejects(clock.run(late), {
      code: 'DEADLINE_EXCEEDED',
      message:
        '"kind/far" action "add" of the system "other": its deadline passed while the system "other" was to answer; ' +
        'it may have happened, or may happen yet',
    })
    assert.equal(elsewhere.came[0]?.signal.aborted, true)
    const caller = new AbortController()
    const cancelled = codeOf(runtime.invoke('far', { ...other, signal: caller.signal }))
    await clock.advance(1)
    caller.abort()
    assert.equal(await cancelled, 'CANCELLED')
    assert.equal(elsewhere.came[1]?.signal.aborted, true)
    assert.equal(await codeOf(runtime.invoke('far', { ...other, signal: caller.signal })), 'CANCELLED')
    assert.equal(elsewhere.came.length, 2)
  })

  test('with what the border has no place for is refused', async () => {
    const { elsewhere, runtime } = await bench()
    const refused = async (more: object): Promise<string> =>
      runtime.invoke('far', { ...other, ...more }).then(String, (error: unknown) => (error as Error).message)
    assert.match(
      await refused({ idempotencyKey: 'k' }),
      /of the system "other" cannot be called with an idempotency/,
    )
    assert.match(
      await refused({ idempotencyKey: 'k', delayMs: 10 }),
      /cannot be called with an idempotency key/,
    )
    assert.match(await refused({ receipt: true }), /cannot be called with a receipt/)
    assert.match(await refused({ system: '' }), /the system name must be a non-empty string/)
    assert.match(await refused({ action: '' }), /must name its action/)
    assert.match(await refused({ timeoutMs: -1 }), /more than 0/)
    assert.equal(elsewhere.came.length, 0)
  })

  test('without any way to other systems is refused, and says what to do', async () => {
    const { clock, runtime, store } = await alone({ definitions: [sender(effect())] })
    const message =
      '"far" action "add" of the system "other" cannot be called: the system "test" is alone and meets no others; ' +
      'give both the same NATS servers, with `cluster` or --cluster'
    const expected = { code: 'ACTOR_NOT_FOUND', message }
    await assert.rejects(runtime.invoke('far', other), expected)
    await assert.rejects(runtime.invoke('far', { ...other, delayMs: 10 }), expected)
    await assert.rejects(clock.run(runtime.invoke('a', { ref: 'sender', action: 'send' })), {
      code: 'ACTION_FAILED',
      message: `"sender/a" action "send" gave an outcome that cannot be kept: ${message}`,
    })
    assert.equal(await clock.run(runtime.invoke('a', { ref: 'sender', action: 'read' })), 0)
    assert.equal((await store.due('test', Number.MAX_SAFE_INTEGER, 10)).envelopes.length, 0)
  })

  test('under way is waited for by a stop, and given up when its time is over', async () => {
    const { clock, elsewhere, runtime } = await bench()
    const answer = Promise.withResolvers<Packed>()
    elsewhere.answer = () => answer.promise
    const call = runtime.invoke('far', other)
    let stopped = false
    const stop = runtime.stop().then(() => (stopped = true))
    await clock.advance(1_000)
    assert.equal(stopped, false)
    answer.resolve(jsonCodec.pack('late'))
    assert.equal(await clock.run(call), 'late')
    await clock.run(stop)
    assert.equal(await codeOf(runtime.invoke('far', other)), 'DRAINING')

    const second = await bench()
    second.elsewhere.answer = never
    const hanging = codeOf(second.runtime.invoke('far', other))
    await second.clock.run(second.runtime.stop({ drainMs: 100 }))
    assert.equal(await hanging, 'DRAINING')
  })
})

describe('an effect', () => {
  test('leaves when its turn is durable, from its sender, and is taken when its turn there is done', async () => {
    const at = await bench({ definitions: [sender(effect({ ref: 'kind', metadata: { own: '1' } }))] })
    at.store.hold()
    const sent = at.runtime.invoke('a', { ref: 'sender', action: 'send', metadata: { trace: '2' } })
    await at.clock.advance(100)
    assert.equal(at.elsewhere.came.length, 0)
    at.store.release()
    await at.clock.run(sent)
    await at.clock.advance(100)
    const [{ call, name, system }] = at.elsewhere.came as [Came]
    assert.deepEqual([system, name, call.ref, call.async], ['other', 'far', 'kind', false])
    assert.deepEqual([at.elsewhere.payloads, call.metadata], [[7], { trace: '2', own: '1' }])
    assert.deepEqual(call.caller, { system: 'test', parent: 'sender', name: 'a' })
    assert.ok(call.deliveryKey)
    assert.equal(await outbox(at), 0)
    await at.clock.advance(600_000)
    assert.equal(at.elsewhere.came.length, 1)
  })

  test('that fails for a reason that passes is brought again, under one key, in front of those behind it', async () => {
    const at = await bench({ definitions: [sender(effect({ payload: 1 }), effect({ payload: 2 }))] })
    at.elsewhere.answer = () => {
      if (at.elsewhere.came.length < 3) throw new SpawnError('MEMBER_UNAVAILABLE', 'nobody is there')
      return undefined
    }
    await at.call('a', 'sender', 'send')
    await at.clock.advance(60_000)
    assert.deepEqual(at.elsewhere.payloads, [1, 1, 1, 2])
    const [first, second, third, last] = at.elsewhere.keys
    assert.deepEqual([second, third], [first, first])
    assert.notEqual(last, first)
    assert.equal(await outbox(at), 0)
  })

  test('whose end could not be committed is brought again under its key only if it still stands', async () => {
    for (const [fate, times] of [
      ['before', 2],
      ['after', 1],
    ] as const) {
      const at = await bench({ definitions: [sender(effect())] })
      at.elsewhere.answer = () => {
        at.store.failCommit = at.elsewhere.came.length === 1 ? fate : null
        return undefined
      }
      await at.call('a', 'sender', 'send')
      await at.clock.advance(60_000)
      assert.equal(at.elsewhere.came.length, times, fate)
      assert.equal(new Set(at.elsewhere.keys).size, 1, fate)
      assert.equal(await outbox(at), 0, fate)
    }
  })

  test('that can never be taken becomes a dead letter, which can be seen and sent again', async () => {
    const at = await bench({ definitions: [sender(effect({ payload: { a: 1 } }))] })
    at.elsewhere.answer = () => {
      throw new SpawnError('ACTION_NOT_FOUND', 'no such action there')
    }
    await at.call('a', 'sender', 'send')
    await at.clock.advance(1_000)
    const [dead] = (await at.clock.run(at.runtime.deadLetters.list())).items
    assert.ok(dead)
    assert.deepEqual(dead.to, { system: 'other', parent: '', name: 'far' })
    assert.deepEqual([dead.payloadJson, dead.error.code], [{ a: 1 }, 'ACTION_NOT_FOUND'])
    at.elsewhere.answer = () => undefined
    assert.equal(await at.clock.run(at.runtime.deadLetters.retry(dead.id)), true)
    await at.clock.advance(1_000)
    assert.equal(at.elsewhere.came.length, 2)
    assert.deepEqual((await at.clock.run(at.runtime.deadLetters.list())).items, [])
  })

  test('with a reply has its end told, whatever that is', async () => {
    const reply = { action: 'told', token: 't' }
    for (const isDone of [true, false]) {
      const at = await bench({ definitions: [sender(effect({ reply }))] })
      if (!isDone)
        at.elsewhere.answer = () => {
          throw new SpawnError('ACTION_FAILED', 'no')
        }
      await at.call('a', 'sender', 'send')
      await at.clock.advance(1_000)
      const end = isDone
        ? { token: 't', response: 'done' }
        : { token: 't', error: { code: 'ACTION_FAILED', message: 'no' } }
      assert.deepEqual(await at.call('a', 'sender', 'seen'), { total: 0, end, caller: null })
      assert.equal(await outbox(at), 0)
    }
  })

  test('is not mixed up with what goes to an actor of this system that has the same name', async () => {
    const own = counter('far', {
      kind: 'pooled',
      stateful: false,
      state: null,
      pool: { min: 1, max: 4 },
      handlers: {
        add: () => ({ response: 'own' }),
      },
    })
    const at = await bench({ definitions: [sender(effect(), effect({ system: 'test' })), own] })
    at.elsewhere.answer = never
    await at.call('a', 'sender', 'send')
    await at.clock.advance(1_000)
    assert.equal(at.elsewhere.came.length, 1)
    assert.equal(await outbox(at), 1)
  })
})

describe('a call for later', () => {
  test('stands here until then, and can be seen and cancelled', async () => {
    const { clock, elsewhere, runtime } = await bench()
    const later = { ...other, ref: 'kind', payload: 1, delayMs: 5_000 }
    const id = await clock.run(runtime.invoke('far', later))
    const cancelled = await clock.run(runtime.invoke('far', later))
    const [first] = (await clock.run(runtime.schedules.list())).items
    assert.deepEqual([first?.id, first?.to], [id, { system: 'other', parent: 'kind', name: 'far' }])
    assert.equal(await clock.run(runtime.schedules.cancel(cancelled as string)), true)
    await clock.advance(4_000)
    assert.equal(elsewhere.came.length, 0)
    await clock.advance(2_000)
    assert.deepEqual([elsewhere.payloads, elsewhere.came[0]?.call.ref], [[1], 'kind'])
    assert.equal(elsewhere.came[0]?.call.caller, null)
    assert.deepEqual((await clock.run(runtime.schedules.list())).items, [])
  })

  test('by a cron expression comes again and again, each time under a key of its own', async () => {
    const { clock, elsewhere, runtime } = await bench()
    const id = await clock.run(runtime.invoke('far', { ...other, cron: '0 * * * *' }))
    await clock.advance(3 * 3_600_000)
    assert.equal(elsewhere.came.length, 3)
    assert.equal(new Set(elsewhere.keys).size, 3)
    assert.equal(await clock.run(runtime.schedules.cancel(id as string)), true)
    await clock.advance(3 * 3_600_000)
    assert.equal(elsewhere.came.length, 3)
  })
})
