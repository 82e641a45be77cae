import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as z from 'zod'

import { StateSchema } from '../../examples/incrementor-protobuf/incrementor_pb.ts'
import { isSpawnError } from '../base/index.ts'
import { isActorDefinition } from '../hosts/index.ts'
import { jsonCodec } from '../protocol/index.ts'
import { actor } from './actor.ts'

const noop = () => {}

describe('a definition', () => {
  test('has a default for everything but its name and actions', () => {
    const { actions, ...rest } = actor('plain', { actions: { run: noop } })
    assert.deepEqual(
      { ...rest },
      {
        name: 'plain',
        kind: 'named',
        stateful: true,
        durability: 'turn',
        snapshotTimeoutMs: 2_000,
        idleTimeoutMs: 600_000,
        mailboxLimit: 10_000,
        tags: {},
        history: { revisions: 0, durationMs: 0 },
        facts: undefined,
        state: null,
        initAction: null,
        channels: new Map(),
        reentrancy: 'none',
        pool: null,
        [Symbol.for('spawn-mesh.actor-definition')]: true,
      },
    )
    assert.deepEqual([...actions.keys()], ['run'])
    const { handler, ...action } = actions.get('run') ?? assert.fail()
    assert.equal(handler, noop)
    assert.deepEqual(action, {
      name: 'run',
      timeoutMs: null,
      timerMs: null,
      query: false,
      payload: jsonCodec,
      response: jsonCodec,
    })
  })

  test('says what its settings say', () => {
    const definition = actor('full', {
      kind: 'abstract',
      state: { n: 1 },
      durability: 'snapshot',
      snapshotTimeout: 5,
      deactivateTimeout: 6,
      tags: { colour: 'red' },
      mailbox: 7,
      history: { revisions: 8, duration: 9 },
      sourceable: { duration: 10 },
      actions: { run: { handler: noop, timeout: 10 }, Setup: noop, init: noop },
    })
    assert.equal(definition.kind, 'unnamed')
    assert.equal(definition.durability, 'snapshot')
    assert.equal(definition.snapshotTimeoutMs, 5)
    assert.equal(definition.idleTimeoutMs, 6)
    assert.deepEqual(definition.tags, { colour: 'red' })
    assert.equal(definition.mailboxLimit, 7)
    assert.deepEqual(definition.history, { revisions: 8, durationMs: 9 })
    assert.deepEqual(definition.facts, { durationMs: 10 })
    assert.equal(definition.actions.get('run')?.timeoutMs, 10)
    assert.equal(definition.initAction?.name, 'Setup')
    assert.ok(isActorDefinition(definition))
  })

  test('takes five words for three kinds, and a number for history', () => {
    const kinds = (['named', 'singleton', 'unnamed', 'abstract', 'pooled'] as const).map(
      (kind) => actor('k', { kind, actions: {} }).kind,
    )
    assert.deepEqual(kinds, ['named', 'named', 'unnamed', 'unnamed', 'pooled'])
    assert.deepEqual(actor('h', { state: 1, history: 'none', actions: {} }).history, {
      revisions: 0,
      durationMs: 0,
    })
    const monthMs = 31 * 86_400_000
    const aMonth = actor('h', { state: 1, history: { duration: monthMs }, actions: {} })
    assert.deepEqual(aMonth.history, { revisions: 0, durationMs: monthMs }, 'longer than any timer')
    assert.deepEqual(actor('h', { state: 1, history: 3, actions: {} }).history, {
      revisions: 3,
      durationMs: 0,
    })
  })

  test('of a pool keeps nothing, and has 1 worker at rest and 10 under load', () => {
    const { durability, pool, state, stateful } = actor('p', { kind: 'pooled', actions: {} })
    assert.deepEqual(
      { durability, pool, state, stateful },
      {
        durability: 'turn',
        pool: { min: 1, max: 10 },
        state: null,
        stateful: false,
      },
    )
    const poolOf = (pool: { min?: number; max?: number }) =>
      actor('p', { kind: 'pooled', stateful: false, pool, actions: {} }).pool
    assert.deepEqual(poolOf({ min: 2, max: 3 }), { min: 2, max: 3 })
    assert.deepEqual(poolOf({ min: 20 }), { min: 20, max: 20 })
    assert.deepEqual(poolOf({ max: 1 }), { min: 1, max: 1 })
  })

  test('listens to channels, by `receive` or an action of its own', () => {
    const { channels } = actor('c', {
      channels: [
        'orders',
        { topic: 'prices', action: 'reprice' },
        { topic: 'orders.old', action: 'receive' },
      ],
      actions: { receive: noop, reprice: noop },
    })
    assert.deepEqual(
      [...channels],
      [
        ['orders', 'receive'],
        ['prices', 'reprice'],
        ['orders.old', 'receive'],
      ],
    )
  })

  test('has actions with timers and queries', () => {
    const { actions, reentrancy } = actor('t', {
      reentrancy: 'call-chain',
      actions: { tick: { handler: noop, timer: 10 }, peek: { handler: noop, query: true }, plain: noop },
    })
    assert.equal(reentrancy, 'call-chain')
    assert.deepEqual(
      [...actions.values()].map(({ name, query, timerMs }) => ({ name, query, timerMs })),
      [
        { name: 'tick', query: false, timerMs: 10 },
        { name: 'peek', query: true, timerMs: null },
        { name: 'plain', query: false, timerMs: null },
      ],
    )
  })

  test('has a name of any text up to 512 bytes', () => {
    assert.equal(actor('Käse 🧀/../x', { actions: {} }).name, 'Käse 🧀/../x')
    assert.throws(() => actor('', { actions: {} }), /definition name/)
    assert.throws(() => actor('x'.repeat(513), { actions: {} }), /definition name/)
  })
})

describe('a first state', () => {
  test('given as a value is shared by all actors, and frozen', () => {
    const { state } = actor('a', { state: { list: [1] }, actions: {} })
    assert.equal(state?.initial(), state?.initial())
    assert.throws(() => Object.assign(state?.initial() as object, { list: [] }), TypeError)
  })

  test('given as a function is a fresh one each time', () => {
    const { state } = actor('a', { state: () => ({ list: [1] }), actions: {} })
    assert.notEqual(state?.initial(), state?.initial())
    assert.deepEqual(state?.initial(), { list: [1] })
  })

  test('of a descriptor is the empty message, or one made from its fields', () => {
    const empty = actor('a', { schema: StateSchema, actions: {} }).state?.initial()
    assert.deepEqual(empty, { $typeName: 'examples.incrementor.State', total: 0 })
    const given = actor('a', { schema: StateSchema, state: { total: 3 }, actions: {} }).state?.initial()
    assert.deepEqual(given, { $typeName: 'examples.incrementor.State', total: 3 })
  })

  test('is what its schema makes of it', () => {
    const schema = z.object({ total: z.number().default(5) })
    assert.deepEqual(actor('a', { schema, state: {}, actions: {} }).state?.initial(), { total: 5 })
    assert.deepEqual(actor('a', { schema, actions: {} }).state?.initial(), { total: 5 })
  })

  test('that is falsy is a state', () => {
    assert.equal(actor('a', { state: 0, actions: {} }).state?.initial(), 0)
    assert.equal(actor('a', { state: null, actions: {} }).state?.initial(), null)
  })
})

describe('a bad setting is told at once:', () => {
  const cases: [what: string, settings: unknown, message: RegExp][] = [
    ['no settings', undefined, /^actor "cart" needs an object of settings, not undefined$/],
    [
      'a misspelt one',
      { deactivateTimout: 1, actions: {} },
      /unknown setting "deactivateTimout"; did you mean deactivateTimeout\?; known are kind, /,
    ],
    [
      'a kind',
      { kind: 'task', actions: {} },
      /kind must be one of 'named', 'singleton', 'unnamed', 'abstract', 'pooled', not "task"/,
    ],
    [
      'durability',
      { durability: 'never', actions: {} },
      /durability must be one of 'turn', 'snapshot', not "never"/,
    ],
    ['stateful', { stateful: 'no', actions: {} }, /stateful must be true or false, not "no"/],
    [
      'a timeout',
      { deactivateTimeout: '10s', actions: {} },
      /deactivateTimeout must be a whole number of milliseconds from 1 to 2147483647, not "10s"/,
    ],
    ['a timeout below 1', { deactivateTimeout: 0, actions: {} }, /deactivateTimeout must be .* not 0/],
    ['a mailbox', { mailbox: 1.5, actions: {} }, /mailbox must be a whole number from 1, not 1.5/],
    ['tags', { tags: { a: 1 }, actions: {} }, /tags\.a must be a string, not 1/],
    [
      'too many tags',
      { tags: Object.fromEntries(Array.from({ length: 129 }, (_, at) => [`t${at}`, ''])), actions: {} },
      /tags has 129 entries; at most 128/,
    ],
    [
      'tags that are too long',
      { tags: { a: 'ä'.repeat(40_000) }, actions: {} },
      /tags has 80001 bytes; at most 65536/,
    ],
    [
      'a word for history',
      { state: 1, history: 'all', actions: {} },
      /history must be 'none', a number of revisions, or/,
    ],
    ['history', { state: 1, history: -1, actions: {} }, /history must be a whole number from 0, not -1/],
    [
      'a part of history',
      { state: 1, history: { revison: 1 }, actions: {} },
      /history has an unknown setting "revison"; did you mean revisions\?/,
    ],
    [
      'a snapshot timeout that means nothing',
      { state: 1, snapshotTimeout: 5, actions: {} },
      /snapshotTimeout has no effect when durability is 'turn'; leave it out/,
    ],
    [
      'durability of nothing stored',
      { state: 1, stateful: false, durability: 'snapshot', actions: {} },
      /durability has no effect when stateful is false/,
    ],
    ['no actions', {}, /actions must be an object of functions by name/],
    ['actions as an array', { actions: [noop] }, /actions must be an object of functions by name/],
    [
      'an action',
      { actions: { add: 1 } },
      /^actor "cart" action "add" has a bad setting: handler must be a function \(ctx, payload\) => …$/,
    ],
    [
      'an action without a handler',
      { actions: { add: {} } },
      /action "add" has a bad setting: handler must be a function/,
    ],
    [
      'an option of an action',
      { actions: { add: { handler: noop, timeuot: 1 } } },
      /action "add" has an unknown setting "timeuot"; did you mean timeout\?/,
    ],
    [
      'the timeout of an action',
      { actions: { add: { handler: noop, timeout: 86_400_001 } } },
      /timeout must be at most 86400000 ms/,
    ],
    ['channels', { channels: 'orders', actions: {} }, /channels must be an array of topics, not "orders"/],
    [
      'a channel without its action',
      { channels: ['orders'], actions: { recieve: noop } },
      /channels\[0\] needs an action "receive"; did you mean recieve\?; there are recieve; another one is named by \{ topic, action \}$/,
    ],
    [
      'a channel with an action that is not there',
      { channels: [{ topic: 'orders', action: 'take' }], actions: {} },
      /channels\[0\] needs an action "take"; there are none$/,
    ],
    [
      'a channel with a query',
      { channels: ['orders'], actions: { receive: { handler: noop, query: true } } },
      /channels\[0\] goes to the action "receive", which is a query/,
    ],
    [
      'a topic twice',
      { channels: ['orders', { topic: 'orders', action: 'take' }], actions: { receive: noop, take: noop } },
      /channels\[1\] has the topic "orders" again; a topic has one action/,
    ],
    [
      'a topic without a name',
      { channels: [''], actions: { receive: noop } },
      /channels\[0\] must be a topic/,
    ],
    [
      'an option of a channel',
      { channels: [{ topic: 'orders', aktion: 'take' }], actions: {} },
      /channels\[0\] has an unknown setting "aktion"; did you mean action\?/,
    ],
    [
      'reentrancy',
      { reentrancy: true, actions: {} },
      /reentrancy must be one of 'none', 'call-chain', not true/,
    ],
    [
      'a pool of one actor',
      { pool: { min: 1 }, actions: {} },
      /pool has no effect when kind is not 'pooled'; leave it out/,
    ],
    [
      'a pool with a state',
      { kind: 'pooled', state: { n: 1 }, actions: {} },
      /state has no effect when kind is 'pooled': its workers keep nothing; leave it out/,
    ],
    [
      'a stateful pool',
      { kind: 'pooled', stateful: true, actions: {} },
      /stateful cannot be true when kind is 'pooled'/,
    ],
    [
      'a pool with more at rest than under load',
      { kind: 'pooled', pool: { min: 4, max: 2 }, actions: {} },
      /pool has a bad setting: max must be at least min, 4, not 2/,
    ],
    [
      'an empty pool',
      { kind: 'pooled', pool: { min: 0 }, actions: {} },
      /pool has .*: min must be .* from 1, not 0/,
    ],
    [
      'a timer that is too fast',
      { actions: { tick: { handler: noop, timer: 9 } } },
      /action "tick" has a bad setting: timer must be a whole number of milliseconds from 10 to 2147483647, not 9/,
    ],
    [
      'a timer of a query',
      { actions: { tick: { handler: noop, timer: 10, query: true } } },
      /timer has no effect when query is true: it changes nothing; leave it out/,
    ],
    [
      'a timer whose schema needs a payload',
      { actions: { tick: { handler: noop, timer: 10, payload: z.object({ n: z.number() }) } } },
      /timer calls it without a payload, which its `payload` schema refuses/,
    ],
    ['query', { actions: { peek: { handler: noop, query: 1 } } }, /query must be true or false, not 1/],
    [
      'an init action with a timer',
      { actions: { init: { handler: noop, timer: 10 } } },
      /has the action "init", which begins each life; it can be no timer/,
    ],
    [
      'an init action that is a query',
      { actions: { Setup: { handler: noop, query: true } } },
      /has the action "Setup", which begins each life; it can be no query/,
    ],
    ['an action without a name', { actions: { '': noop } }, /action name/],
    // oxlint-disable-next-line unicorn/no-thenable -- that is what is refused
    ['an action that promises need', { actions: { then: noop } }, /"then"/],
    [
      'a schema',
      { actions: { add: { handler: noop, payload: { type: 'object' } } } },
      /action "add" has a bad setting: payload is no schema: .*Standard Schema/,
    ],
    ['the schema of a state', { schema: 'x', state: 1, actions: {} }, /schema is no schema/],
    [
      'a state that its schema refuses',
      { schema: z.object({ n: z.number() }), state: { n: 'x' }, actions: {} },
      /state is no JSON that can be stored: n: /,
    ],
    [
      'a state that its schema needs',
      { schema: z.object({ n: z.number() }), actions: {} },
      /state is no JSON that can be stored: n: /,
    ],
    [
      'a state that JSON cannot carry',
      { state: { at: new Map() }, actions: {} },
      /state is no JSON that can be stored: at: JSON cannot carry .*Map/,
    ],
    [
      'a state that is not there yet',
      { state: Promise.resolve(1), actions: {} },
      /state is a promise; do what must be waited for in an `init` action/,
    ],
  ]
  for (const [what, settings, message] of cases) {
    test(what, () => {
      assert.throws(
        () => actor('cart', settings as never),
        (error) => {
          assert.ok(isSpawnError(error), String(error))
          assert.equal(error.code, 'INVALID_ARGUMENT')
          assert.match(error.message, /^actor "cart"|^the action name/)
          assert.match(error.message, message)
          return true
        },
      )
    })
  }
})
