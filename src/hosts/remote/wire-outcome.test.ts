import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { create } from '@bufbuild/protobuf'

import { failure, type RunOptions } from '../../../test/remote/fixture.ts'
import { type Answer, answerBytes } from '../../../test/remote/host-server.ts'
import type { Definition, Host, Outcome } from '../../ports/index.ts'
import { ActorSchema } from '../../protocol/gen/spawn/actors/actor_pb.ts'
import { Packed } from '../../protocol/index.ts'
import { WireKind } from '../../protocol/protobuf/index.ts'
import { TestTurn } from '../../testing/test-turn.ts'
import { REMOTE_DEFAULTS } from './settings.ts'
import { definitionOf } from './wire-definition.ts'
import { outcomeOf } from './wire-outcome.ts'

const host: Host = {
  run() {
    throw new Error('nothing runs here')
  },
}
const WHO = { where: 'the host h:1', host: 'h:1' }

function definition(kind: WireKind = WireKind.NAMED): Definition {
  const actor = create(ActorSchema, { settings: { kind, stateful: true }, actions: [{ name: 'add' }] })
  return definitionOf('cart', actor, host, REMOTE_DEFAULTS)
}

function turn({ payload, ...options }: RunOptions = {}, of = definition()): TestTurn {
  const action = of.actions.get('add')
  assert.ok(action)
  return new TestTurn(of, action, payload, options)
}

function read(answer: Answer, options: RunOptions = {}, of = definition()): Outcome {
  return outcomeOf(turn(options, of), answerBytes(answer), WHO, '')
}

const any = (typeUrl: string, ...bytes: number[]) => ({ typeUrl, value: Uint8Array.from(bytes) })
const packed = (typeUrl: string, ...bytes: number[]) => new Packed(typeUrl, Uint8Array.from(bytes))
const value = (typeUrl: string, ...bytes: number[]) => ({
  case: 'value' as const,
  value: any(typeUrl, ...bytes),
})

describe('the state of an answer', () => {
  test('is new when it is there', () => {
    const outcome = read(
      { updatedContext: { state: any('x/y', 1) } },
      { state: packed('x/y', 2), revision: 3 },
    )
    assert.equal(outcome.changed, true)
    assert.deepEqual(outcome.state, packed('x/y', 1))
  })

  test('stays when there is none, or one that holds nothing', () => {
    for (const state of [undefined, any('')]) {
      const context = state === undefined ? {} : { state }
      assert.equal(read({ updatedContext: context }, { state: packed('x/y', 2) }).changed, false)
    }
  })

  test('stays when it is an echo, except that of an actor that was never stored', () => {
    const echo: Answer = { updatedContext: { state: any('x/y', 1) } }
    assert.equal(read(echo, { state: packed('x/y', 1), revision: 1 }).changed, false)
    assert.equal(read(echo, { state: packed('x/y', 1), revision: 0 }).changed, true)
    assert.equal(read(echo, { state: packed('x/z', 1), revision: 1 }).changed, true)
    assert.equal(read(echo, { state: undefined, revision: 1 }).changed, true)
  })

  test('may be a message of zeros, which has no bytes', () => {
    const outcome = read({ updatedContext: { state: any('x/y') } }, { state: packed('x/y', 1), revision: 1 })
    assert.equal(outcome.changed, true)
    assert.deepEqual(outcome.state, packed('x/y'))
  })

  test('of a pool goes nowhere', () => {
    const pool = definition(WireKind.POOLED)
    assert.equal(read({ updatedContext: { state: any('x/y', 1) } }, {}, pool).changed, false)
  })
})

describe('the tags of an answer', () => {
  test('are the whole new set', () => {
    assert.deepEqual(read({ updatedContext: { tags: { a: '2' } } }, { tags: { a: '1', b: '1' } }).tags, {
      a: '2',
    })
  })

  test('stay when there are none, or the same', () => {
    const tags = { a: '1', b: '2' }
    assert.equal(read({ updatedContext: {} }, { tags }).tags, null)
    assert.equal(read({ updatedContext: { tags: { b: '2', a: '1' } } }, { tags }).tags, null)
    assert.deepEqual(read({ updatedContext: { tags: { a: '1' } } }, { tags }).tags, { a: '1' })
  })
})

describe('the rest of an answer', () => {
  test('is its response, and whether to checkpoint', () => {
    const outcome = read({ updatedContext: {}, payload: value('x/y', 1), checkpoint: true })
    assert.deepEqual(outcome.response, packed('x/y', 1))
    assert.equal(outcome.checkpoint, true)
    assert.equal(read({ updatedContext: {}, payload: { case: 'noop', value: {} } }).response, undefined)
    assert.equal(read({ updatedContext: {} }).response, undefined)
  })

  test('sets nothing in motion when its workflow is empty', () => {
    assert.equal(read({ updatedContext: {}, workflow: {} }).workflow, null)
    assert.equal(read({ updatedContext: {}, workflow: { broadcast: {} } }).workflow, null)
  })

  test('is a workflow', () => {
    const { workflow } = read({
      updatedContext: {},
      workflow: {
        effects: [
          {
            request: {
              system: { name: 'test' },
              actor: { id: { name: 'a', system: 'test' } },
              actionName: 'act',
              payload: value('x/y', 1),
              metadata: { k: 'v' },
              async: true,
            },
          },
          {
            request: {
              actor: { id: { name: 'b', system: 'other', parent: 'parent' } },
              actionName: 'act',
              payload: { case: 'noop', value: {} },
              scheduledTo: 1_234n,
            },
          },
          {
            request: {
              actor: { id: { name: 'c', parent: 'parent' } },
              registerRef: 'ref',
              actionName: 'act',
            },
          },
        ],
        broadcast: { channelGroup: 'news', payload: value('x/z', 2) },
        routing: { case: 'pipe', value: { actor: 'd', actionName: 'act', registerRef: 'ref' } },
      },
    })
    const plain = {
      system: undefined,
      ref: undefined,
      payload: undefined,
      metadata: {},
      scheduledToMs: undefined,
    }
    assert.deepEqual(workflow, {
      effects: [
        { ...plain, to: 'a', action: 'act', payload: packed('x/y', 1), metadata: { k: 'v' } },
        { ...plain, to: 'b', action: 'act', system: 'other', ref: 'parent', scheduledToMs: 1_234 },
        { ...plain, to: 'c', action: 'act', ref: 'ref' },
      ],
      broadcasts: [{ channel: 'news', payload: packed('x/z', 2) }],
      route: { kind: 'pipe', to: 'd', ref: 'ref', action: 'act' },
      timers: null,
    })
  })

  test('may be a forward, and a broadcast of nothing', () => {
    const { workflow } = read({
      updatedContext: {},
      workflow: {
        broadcast: { channelGroup: 'news' },
        routing: { case: 'forward', value: { actor: 'd', actionName: 'act' } },
      },
    })
    assert.deepEqual(workflow, {
      effects: [],
      broadcasts: [{ channel: 'news' }],
      route: { kind: 'forward', to: 'd', action: 'act' },
      timers: null,
    })
  })
})

describe('an answer that cannot be meant', () => {
  const cases: readonly [what: string, answer: Answer, message: RegExp][] = [
    ['without a context', {}, /the host h:1 answered without updated_context; the action may have run/],
    ['for another actor', { actorName: 'other', updatedContext: {} }, /answered for another actor/],
    [
      'with an effect on nobody',
      { updatedContext: {}, workflow: { effects: [{ request: { actionName: 'x' } }] } },
      /answered effects\[0\] without an actor or an action/,
    ],
    [
      'with an effect of nothing',
      { updatedContext: {}, workflow: { effects: [{}] } },
      /answered effects\[0\]/,
    ],
    [
      'with a pipe to nobody',
      { updatedContext: {}, workflow: { routing: { case: 'pipe', value: { actionName: 'x' } } } },
      /answered a pipe without an actor or an action/,
    ],
    [
      'with a broadcast nowhere',
      { updatedContext: {}, workflow: { broadcast: { payload: value('x/y', 1) } } },
      /answered a broadcast without a channel/,
    ],
  ]
  for (const [what, answer, message] of cases) {
    test(`is malformed: ${what}`, () => {
      assert.throws(() => read(answer), failure('HOST_MALFORMED', message))
      assert.throws(() => read(answer), /^SpawnError: "cart" action "add" failed: /)
    })
  }

  test('is malformed: bytes that are no message, and never quotes them', () => {
    const bytes = new TextEncoder().encode('<html>secret</html>')
    assert.throws(
      () => outcomeOf(turn(), bytes, WHO, ' (text/html)'),
      (error) =>
        failure(
          'HOST_MALFORMED',
          /answered 19 bytes \(text\/html\) that are no ActorInvocationResponse/,
        )(error) && !String(error).includes('secret'),
    )
  })

  test('is none when it names its definition, as some hosts do', () => {
    const of = definition(WireKind.UNNAMED)
    assert.equal(read({ actorName: 'cart', updatedContext: {} }, {}, of).changed, false)
    assert.equal(read({ actorName: 'test', updatedContext: {} }, {}, of).changed, false)
  })
})
