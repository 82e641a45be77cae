import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as z from 'zod'

import { type ErrorCode, isSpawnError, SpawnError } from '../../base/index.ts'
import { type Outcome, silentLogger } from '../../ports/index.ts'
import { Json } from '../../protocol/index.ts'
import { type ActorDefinition, actor, Value } from '../../sdk/index.ts'
import { TestTurn, type TestTurnOptions } from '../../testing/test-turn.ts'
import { EmbeddedHost } from './embedded-host.ts'

type TurnOptions = TestTurnOptions<unknown> & { payload?: unknown; freezes?: boolean }

function run(definition: ActorDefinition, action: string, options: TurnOptions = {}) {
  const { freezes = true } = options
  const host = new EmbeddedHost({ clock: { now: () => 7 }, logger: silentLogger, freezes })
  const found = definition.actions.get(action)
  assert.ok(found)
  return host.run(new TestTurn({ ...definition, host }, found, options.payload, options))
}

function nothing(): Outcome {
  return {
    changed: false,
    state: undefined,
    tags: null,
    response: undefined,
    checkpoint: false,
    workflow: null,
  }
}

function failure(code: ErrorCode, message: RegExp) {
  return (error: unknown) => {
    assert.ok(isSpawnError(error), String(error))
    assert.equal(error.code, code)
    assert.match(error.message, message)
    return true
  }
}

describe('the outcome of a handler', () => {
  const counter = actor('counter', {
    state: { total: 1 },
    actions: {
      nothing: () => {},
      plain: (ctx) => ctx.state.total,
      value: () => Value.of({ total: 2 }, 'done').tags({ a: 'b' }).checkpoint(),
      assigned: (ctx) => {
        ctx.state = { total: ctx.state.total + 1 }
        ctx.state = { total: ctx.state.total + 1 }
        ctx.tags = { c: 'd' }
        return ctx.state.total
      },
      both: (ctx) => {
        ctx.state = { total: 2 }
        ctx.tags = { from: 'context' }
        return Value.of({ total: 3 })
      },
      later: async (ctx) => {
        await Promise.resolve()
        ctx.state = { total: 9 }
        return Value.of().response('later')
      },
    },
  })

  test('of one that says nothing is nothing', () => assert.deepEqual(run(counter, 'nothing'), nothing()))

  test('of a plain return value is a response', () =>
    assert.deepEqual(run(counter, 'plain'), { ...nothing(), response: 1 }))

  test('of a Value is what it says', () =>
    assert.deepEqual(run(counter, 'value'), {
      changed: true,
      state: { total: 2 },
      tags: { a: 'b' },
      response: 'done',
      checkpoint: true,
      workflow: null,
    }))

  test('of assignments is the last of each, and the handler reads its own', () =>
    assert.deepEqual(run(counter, 'assigned'), {
      ...nothing(),
      changed: true,
      state: { total: 3 },
      tags: { c: 'd' },
      response: 3,
    }))

  test('of both is the Value, where it says something', () =>
    assert.deepEqual(run(counter, 'both'), {
      ...nothing(),
      changed: true,
      state: { total: 3 },
      tags: { from: 'context' },
    }))

  test('of an async function comes when it is done', async () => {
    const outcome = run(counter, 'later')
    assert.ok(outcome instanceof Promise)
    assert.deepEqual(await outcome, { ...nothing(), changed: true, state: { total: 9 }, response: 'later' })
  })

  test('of a synchronous function is there at once', () =>
    assert.ok(!(run(counter, 'plain') instanceof Promise)))
})

describe('a context', () => {
  test('shows the turn', () => {
    let seen: unknown
    const watcher = actor('watcher', {
      state: { n: 1 },
      actions: {
        look: (ctx) => {
          const { caller, deadlineMs, metadata, revision, self, state, tags } = ctx
          seen = { caller, deadlineMs, metadata, revision, self, state, tags, now: ctx.clock.now() }
        },
      },
    })
    const caller = { system: 's', parent: '', name: 'c' }
    const self = { system: 's', parent: '', name: 'watcher' }
    const turn = { caller, deadlineMs: 9, metadata: { m: '1' }, revision: 4, tags: { t: '1' } }
    void run(watcher, 'look', { ...turn, self, state: { n: 2 } })
    assert.deepEqual(seen, { ...turn, self, state: { n: 2 }, now: 7 })
  })

  test('logs with the actor and the action', () => {
    const lines: unknown[] = []
    const logger = { ...silentLogger, info: (...line: unknown[]) => void lines.push(line) }
    const host = new EmbeddedHost({ clock: { now: () => 0 }, logger, freezes: true })
    const talker = actor('talker', { actions: { talk: (ctx) => ctx.logger.info('said', { words: 2 }) } })
    const action = talker.actions.get('talk')
    assert.ok(action)
    const turn = new TestTurn({ ...talker, host }, action, undefined, {})
    void host.run(turn)
    assert.deepEqual(lines, [['said', { system: 'test', actor: turn.self, action: 'talk', words: 2 }]])
  })

  test('is dead when its turn is over', async () => {
    type Kept = {
      state: unknown
      tags: unknown
      invoke(name: string, options: { action: string }): Promise<unknown>
    }
    const kept: Kept[] = []
    const keeper = actor('keeper', {
      state: { n: 1 },
      actions: {
        keep: (ctx) => void kept.push(ctx as never),
        fail: (ctx) => {
          kept.push(ctx)
          throw new Error('no')
        },
        later: async (ctx) => void kept.push(ctx as never),
      },
    })
    void run(keeper, 'keep')
    assert.throws(() => run(keeper, 'fail'))
    await run(keeper, 'later')
    assert.equal(kept.length, 3)
    for (const ctx of kept) {
      const ended = failure('CANCELLED', /^the turn of "keeper" action "\w+" has ended/)
      assert.throws(() => (ctx.state = { n: 2 }), ended)
      assert.throws(() => ctx.state, ended)
      assert.throws(() => (ctx.tags = {}), ended)
      await assert.rejects(ctx.invoke('x', { action: 'y' }), ended)
    }
  })

  test('is dead when its turn was given up while the handler waited', async () => {
    const abort = new AbortController()
    const slow = actor('slow', {
      state: { n: 1 },
      actions: {
        wait: async (ctx) => {
          await Promise.resolve()
          abort.abort()
          ctx.state = { n: 2 }
        },
      },
    })
    const outcome = run(slow, 'wait', { signal: abort.signal })
    await assert.rejects(Promise.resolve(outcome), failure('CANCELLED', /has ended/))
  })
})

describe('a state', () => {
  const careless = actor('careless', {
    state: { list: [1] },
    actions: {
      push: (ctx) => (ctx.state.list as number[]).push(2),
      pushAssigned: (ctx) => {
        const next = { list: [1, 2] }
        ctx.state = next
        ;(ctx.state.list as number[]).push(3)
      },
    },
  })

  test('cannot be changed in place in development', () => {
    for (const action of ['push', 'pushAssigned']) {
      const expected = /"careless" action "push.*; a state is never changed in place: assign a new one/
      assert.throws(() => run(careless, action), failure('ACTION_FAILED', expected))
    }
  })

  test('that was answered is frozen too', () => {
    const next = { list: [1, 2] }
    const setter = actor('setter', { state: { list: [0] }, actions: { set: () => Value.of(next) } })
    void run(setter, 'set')
    assert.throws(() => next.list.push(3), TypeError)
  })

  test('is not looked at in production', () => {
    const state = { list: [1] }
    void run(careless, 'push', { state, freezes: false })
    assert.deepEqual(state, { list: [1, 2] })
  })

  test('that is deeper than any that can be kept is refused by whoever keeps it, and not before', () => {
    let deep: unknown = 0
    for (let level = 0; level < 20_000; level += 1) deep = { deep }
    const setter = actor('setter', {
      state: { value: null as unknown },
      actions: { set: () => Value.of({ value: deep }) },
    })
    const outcome = run(setter, 'set')
    assert.ok('state' in outcome && outcome.changed)
  })

  test('that the schema refuses fails the turn', () => {
    const strict = actor('strict', {
      schema: z.object({ total: z.number() }),
      state: { total: 0 },
      actions: { spoil: () => Value.of({ total: 'x' } as never) },
    })
    assert.throws(
      () => run(strict, 'spoil'),
      failure('ACTION_FAILED', /"strict" action "spoil" gave a state that its schema refuses: total: /),
    )
  })

  test('is kept as its schema gives it', () => {
    const filled = actor('filled', {
      schema: z.object({ total: z.number(), open: z.boolean().default(true) }),
      state: { total: 0 },
      actions: { set: () => Value.of({ total: 1 }) },
    })
    assert.deepEqual(run(filled, 'set'), { ...nothing(), changed: true, state: { total: 1, open: true } })
  })

  test('of an actor that has none, and one that is undefined, fail the turn', () => {
    const none = actor('none', { actions: { set: () => Value.of({ n: 1 } as never) } })
    assert.throws(() => run(none, 'set'), failure('ACTION_FAILED', /its definition has none/))
    const some = actor('some', { state: { n: 1 }, actions: { unset: () => Value.of(undefined as never) } })
    assert.throws(() => run(some, 'unset'), failure('ACTION_FAILED', /set its state to undefined/))
  })
})

describe('payloads and responses', () => {
  const shop = actor('shop', {
    actions: {
      buy: {
        payload: z.object({ items: z.array(z.object({ price: z.number() })) }),
        response: z.object({ sum: z.number() }),
        handler: (_ctx, { items }) => ({ sum: items.reduce((sum, { price }) => sum + price, 0) }),
      },
      wrong: { response: z.object({ sum: z.number() }), handler: () => ({ sum: 'many' }) },
      silent: { response: z.object({ sum: z.number() }), handler: () => {} },
      echo: (_ctx, payload) => payload,
    },
  })

  test('are checked', () => {
    const items = [{ price: 1 }, { price: 2 }]
    assert.deepEqual(run(shop, 'buy', { payload: { items } }), { ...nothing(), response: { sum: 3 } })
    assert.deepEqual(run(shop, 'buy', { payload: new Json({ items }) }), {
      ...nothing(),
      response: { sum: 3 },
    })
  })

  test('are refused with the path of the bad field, and without its value', () => {
    const payload = { items: [{ price: 1 }, { price: 'secret' }] }
    assert.throws(
      () => run(shop, 'buy', { payload }),
      (error) =>
        failure('INVALID_ARGUMENT', /^"shop" action "buy" refused its payload: items\[1\]\.price: /)(error) &&
        !String(error).includes('secret'),
    )
  })

  test('fail the turn when the response is not what its schema says', () => {
    assert.throws(
      () => run(shop, 'wrong'),
      failure('ACTION_FAILED', /gave a response that its schema refuses: sum: /),
    )
    assert.throws(
      () => run(shop, 'silent'),
      failure('ACTION_FAILED', /gave a response that its schema refuses/),
    )
  })

  test('without a schema pass as they are', () => {
    const payload = { any: 'thing' }
    const outcome = run(shop, 'echo', { payload })
    assert.ok(!(outcome instanceof Promise) && 'response' in outcome)
    assert.equal(outcome.response, payload)
  })
})

describe('an error of a handler', () => {
  const cause = new RangeError('out of stock')

  test('that nobody coded is ACTION_FAILED with its cause', async () => {
    const thrower = actor('thrower', {
      kind: 'unnamed',
      actions: {
        now: () => {
          throw cause
        },
        later: async () => {
          throw cause
        },
        text: () => {
          // oxlint-disable-next-line typescript/only-throw-error -- what careless code does
          throw 'text'
        },
      },
    })
    const expected = (error: unknown) => {
      failure('ACTION_FAILED', /^"thrower\/test" action "(now|later)" failed: out of stock$/)(error)
      assert.ok(isSpawnError(error))
      assert.equal(error.cause, cause)
      return true
    }
    assert.throws(() => run(thrower, 'now'), expected)
    await assert.rejects(Promise.resolve(run(thrower, 'later')), expected)
    assert.throws(() => run(thrower, 'text'), failure('ACTION_FAILED', /failed: text$/))
  })

  const fails = (code: ErrorCode) =>
    actor('caller', {
      actions: {
        itself: () => {
          throw new SpawnError(code, 'as it is')
        },
        nested: (ctx) => ctx.invoke('other', { action: 'x' }),
      },
    })
  const answer = (code: ErrorCode) => () => Promise.reject(new SpawnError(code, 'as it is'))

  for (const code of [
    'MAILBOX_FULL',
    'DEADLINE_EXCEEDED',
    'CANCELLED',
    'NOT_OWNER',
    'STORE_UNAVAILABLE',
    'CALL_CYCLE',
  ] as const) {
    test(`of a nested call keeps the code ${code}`, async () => {
      const outcome = run(fails(code), 'nested', { answer: answer(code) })
      await assert.rejects(Promise.resolve(outcome), failure(code, /^as it is$/))
    })
  }

  for (const code of [
    'INVALID_ARGUMENT',
    'ACTOR_NOT_FOUND',
    'PERMISSION_DENIED',
    'ACTION_FAILED',
    'DEFECT',
  ] as const) {
    test(`of a nested call is ACTION_FAILED for ${code}`, async () => {
      const outcome = run(fails(code), 'nested', { answer: answer(code) })
      await assert.rejects(
        Promise.resolve(outcome),
        failure('ACTION_FAILED', /"caller" action "nested" failed: as it is$/),
      )
    })
  }

  for (const code of ['INVALID_ARGUMENT', 'PERMISSION_DENIED', 'STORE_UNAVAILABLE'] as const) {
    test(`that it chose keeps the code ${code}`, () => {
      assert.throws(() => run(fails(code), 'itself'), failure(code, /^as it is$/))
    })
  }
})
