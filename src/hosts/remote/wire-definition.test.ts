import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { create } from '@bufbuild/protobuf'

import { failure, type WireActorInit } from '../../../test/remote/fixture.ts'
import { LIMITS } from '../../base/index.ts'
import type { Definition, Host } from '../../ports/index.ts'
import { ActorSchema } from '../../protocol/gen/spawn/actors/actor_pb.ts'
import { anyCodec, anyStateCodec, Packed } from '../../protocol/index.ts'
import { WireKind } from '../../protocol/protobuf/index.ts'
import { REMOTE_DEFAULTS, type RemoteSettings } from './settings.ts'
import { definitionOf } from './wire-definition.ts'

const host: Host = {
  run() {
    throw new Error('nothing runs here')
  },
}

function define(actor: WireActorInit, settings: Partial<RemoteSettings> = {}): Definition {
  return definitionOf('cart', create(ActorSchema, actor), host, { ...REMOTE_DEFAULTS, ...settings })
}

const timeout = (ms: bigint) => ({ strategy: { case: 'timeout' as const, value: { timeout: ms } } })

describe('what a host registers', () => {
  test('is a whole definition, even when it says nothing', () => {
    const { state, ...definition } = define({})
    assert.equal(state?.codec, anyStateCodec)
    assert.equal(state.stored, anyCodec)
    assert.deepEqual(definition, {
      name: 'cart',
      kind: 'named',
      stateful: false,
      durability: 'turn',
      snapshotTimeoutMs: LIMITS.snapshotTimeoutMs,
      idleTimeoutMs: LIMITS.idleTimeoutMs,
      mailboxLimit: LIMITS.mailbox,
      tags: {},
      history: { revisions: 0, durationMs: 0 },
      facts: undefined,
      actions: new Map(),
      initAction: null,
      channels: new Map(),
      reentrancy: 'none',
      pool: null,
      host,
    })
  })

  test('has the past that the proxy is set to keep, if it has a state', () => {
    const history = { revisions: 5, durationMs: 86_400_000 }
    const settings = { kind: WireKind.UNNAMED, stateful: true }
    assert.deepEqual(define({ settings }, { history }).history, history)
    const none = { revisions: 0, durationMs: 0 }
    assert.deepEqual(define({ settings: { ...settings, stateful: false } }, { history }).history, none)
    assert.deepEqual(
      define({ settings: { kind: WireKind.POOLED, stateful: true } }, { history }).history,
      none,
    )
  })

  test('leaves facts if it says so and has a state, for the time that it says or for ever', () => {
    const facts = (projectionSettings: object, stateful = true, kind: WireKind = WireKind.NAMED) =>
      define({ settings: { kind, stateful, projectionSettings } }).facts
    const strategy = (one: object) => ({ sourceable: true, eventsRetentionStrategy: { strategy: one } })
    assert.equal(facts({}), undefined)
    assert.equal(
      facts({ eventsRetentionStrategy: { strategy: { case: 'infinite', value: true } } }),
      undefined,
    )
    assert.deepEqual(facts({ sourceable: true }), { durationMs: null })
    assert.deepEqual(facts(strategy({ case: 'infinite', value: true })), { durationMs: null })
    assert.deepEqual(facts(strategy({ case: 'durationMs', value: 0n })), { durationMs: null })
    assert.deepEqual(facts(strategy({ case: 'durationMs', value: 60_000n })), { durationMs: 60_000 })
    const most = Number.MAX_SAFE_INTEGER
    assert.deepEqual(facts(strategy({ case: 'durationMs', value: 2n ** 62n })), { durationMs: most })
    assert.equal(facts({ sourceable: true }, false), undefined)
    assert.equal(facts({ sourceable: true }, true, WireKind.POOLED), undefined)
  })

  test('keeps its settings', () => {
    const definition = define(
      {
        state: { tags: { a: 'b' }, state: { typeUrl: 'x/y', value: Uint8Array.of(1) } },
        settings: {
          kind: WireKind.UNNAMED,
          stateful: true,
          snapshotStrategy: timeout(7n),
          deactivationStrategy: timeout(8n),
        },
        actions: [{ name: 'add' }, { name: 'Setup' }],
        timerActions: [
          { seconds: 500, action: { name: 'tick' } },
          { seconds: 600, action: { name: 'add' } },
        ],
        metadata: { channelGroup: [{ topic: 'orders', action: 'order' }, { topic: 'news' }] },
      },
      { durability: 'snapshot', hostTimeoutMs: 9 },
    )
    assert.equal(definition.kind, 'unnamed')
    assert.equal(definition.stateful, true)
    assert.equal(definition.durability, 'snapshot')
    assert.equal(definition.snapshotTimeoutMs, 7)
    assert.equal(definition.idleTimeoutMs, 8)
    assert.deepEqual(definition.tags, { a: 'b' })
    assert.deepEqual(definition.state?.initial(), new Packed('x/y', Uint8Array.of(1)))
    assert.deepEqual(
      [...definition.channels],
      [
        ['orders', 'order'],
        ['news', 'receive'],
      ],
    )
    assert.equal(definition.initAction?.name, 'Setup')
    assert.deepEqual(
      [...definition.actions.values()].map(({ name, timerMs, timeoutMs }) => [name, timerMs, timeoutMs]),
      [
        ['add', 600, 9],
        ['Setup', null, 9],
        ['tick', 500, 9],
        ['order', null, 9],
        ['receive', null, 9],
      ],
    )
  })

  test('of each kind is one of ours', () => {
    const kindOf = (kind: WireKind) => define({ settings: { kind, stateful: true } }).kind
    assert.equal(kindOf(WireKind.UNKNOW_KIND), 'named')
    assert.equal(kindOf(WireKind.NAMED), 'named')
    assert.equal(kindOf(WireKind.UNNAMED), 'unnamed')
    assert.equal(kindOf(WireKind.POOLED), 'pooled')
    assert.equal(kindOf(WireKind.PROXY), 'named')
    assert.equal(kindOf(WireKind.TASK), 'named')
    assert.equal(kindOf(WireKind.PROJECTION), 'named')
  })

  test('as a pool keeps nothing, and has a size', () => {
    const pool = (minPoolSize: number, maxPoolSize: number) =>
      define({ settings: { kind: WireKind.POOLED, stateful: true, minPoolSize, maxPoolSize } })
    assert.deepEqual(pool(0, 0).pool, { min: 1, max: 10 })
    assert.deepEqual(pool(20, 0).pool, { min: 20, max: 20 })
    assert.deepEqual(pool(2, 3).pool, { min: 2, max: 3 })
    assert.equal(pool(2, 3).stateful, false)
    assert.equal(pool(2, 3).state, null)
  })

  test('has no state before the first one, unless it brings it', () => {
    assert.equal(define({ state: {} }).state?.initial(), undefined)
    assert.equal(define({ state: { state: { typeUrl: '' } } }).state?.initial(), undefined)
  })

  const refused: readonly [what: string, actor: WireActorInit, message: RegExp][] = [
    ['a kind', { settings: { kind: 9 as WireKind } }, /settings\.kind is 9/],
    [
      'a pool',
      { settings: { minPoolSize: 5, maxPoolSize: 4 } },
      /settings\.max_pool_size is 4, less than min_pool_size, 5/,
    ],
    ['a negative pool', { settings: { minPoolSize: -1 } }, /settings\.min_pool_size is -1/],
    [
      'a negative time',
      { settings: { deactivationStrategy: timeout(-1n) } },
      /settings\.deactivation_strategy\.timeout is -1/,
    ],
    [
      'a negative snapshot time',
      { settings: { snapshotStrategy: timeout(-2n) } },
      /settings\.snapshot_strategy\.timeout is -2/,
    ],
    [
      'a negative time of facts',
      {
        settings: {
          stateful: true,
          projectionSettings: {
            sourceable: true,
            eventsRetentionStrategy: { strategy: { case: 'durationMs', value: -1n } },
          },
        },
      },
      /settings\.projection_settings\.events_retention_strategy\.duration_ms is -1, and must be/,
    ],
    ['an action without a name', { actions: [{ name: 'a' }, { name: '' }] }, /actions\[1\]\.name is empty/],
    ['a timer without an action', { timerActions: [{ seconds: 50 }] }, /timer_actions\[0\]\.action is empty/],
    [
      'a timer of seconds',
      { timerActions: [{ seconds: 1, action: { name: 't' } }] },
      /timer_actions\[0\]\.seconds is 1, and must be a number of milliseconds from 10/,
    ],
    [
      'a timer on init',
      { timerActions: [{ seconds: 50, action: { name: 'init' } }] },
      /sets a timer for "init"/,
    ],
    [
      'two timers on one action',
      {
        timerActions: [
          { seconds: 50, action: { name: 't' } },
          { seconds: 60, action: { name: 't' } },
        ],
      },
      /timer_actions\[1\] sets a timer for "t" again/,
    ],
  ]
  for (const [what, actor, message] of refused) {
    test(`is refused for ${what}, by actor and field`, () => {
      assert.throws(() => define(actor), failure('INVALID_ARGUMENT', message))
      assert.throws(() => define(actor), /the registration of "cart" is refused/)
    })
  }
})
