// Definitions that a program knows and does not host: calls, effects and pipes of it to actors of other members, in Protobuf.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { create } from '@bufbuild/protobuf'
import { AddSchema, StateSchema } from '../../../examples/incrementor-protobuf/incrementor_pb.ts'
import { EmbeddedHost } from '../../../src/hosts/embedded/index.ts'
import { type Sender, refOf } from '../../../src/hosts/index.ts'
import { type Definition, silentLogger } from '../../../src/ports/index.ts'
import {
  actor,
  type ActorDefinition,
  effect,
  isSpawnError,
  saga,
  step,
  Value,
} from '../../../src/sdk/index.ts'
import { town } from './fixture.ts'

const counter = actor('counter', {
  schema: StateSchema,
  actions: {
    add: {
      payload: AddSchema,
      response: StateSchema,
      handler: (ctx, { value }) => {
        const total = ctx.state.total + value
        return Value.of({ total }, { total })
      },
    },
  },
})

const plan = saga('plan', [step('count', { run: (value: number) => effect(counter).add({ value }) })])

const desk = actor('desk', {
  actions: {
    send: (_ctx, value: number) => Value.of().effect(effect(counter).add({ value })),
    pass: {
      response: AddSchema,
      handler: (_ctx, value: number) =>
        Value.of().response(create(AddSchema, { value })).pipe(counter, 'add'),
    },
    blind: (_ctx, value: number) => Value.of().effect('counter', 'add', create(AddSchema, { value })),
    ask: async (ctx, value: number) => (await ctx.ref(counter).add({ value })).total,
  },
})

async function apart() {
  const host = new EmbeddedHost({ clock: { now: () => 0 }, logger: silentLogger, freezes: true })
  const hosted = (...all: ActorDefinition[]): Definition[] => all.map((one) => ({ ...one, host }))
  const { clock, first, second } = await town({ definitions: [hosted(desk, plan), hosted(counter)] })
  const sender: Sender = { send: (name, call) => first.runtime.invoke(name, call) }
  const refs = { counter: refOf(sender, counter, undefined), desk: refOf(sender, desk, undefined) }
  return { clock, first, second, sender, ...refs }
}

test('a ref writes payloads and reads answers as its definition says, wherever that is hosted', async () => {
  const { clock, counter: ref, desk: asked } = await apart()
  assert.deepEqual(await clock.run(ref.add({ value: 2 })), create(StateSchema, { total: 2 }))
  assert.deepEqual(await clock.run(ref.get()), create(StateSchema, { total: 2 }))
  assert.equal(await clock.run(asked.ask(3)), 5)
  const { response } = await clock.run(ref.add({ value: 1 }, { receipt: true }))
  assert.deepEqual(response, create(StateSchema, { total: 6 }))
  await assert.rejects(clock.run(ref.add({ value: 'x' } as never)), { code: 'INVALID_ARGUMENT' })
})

test('effects, pipes, calls for later and steps of sagas are written likewise', async () => {
  const { clock, counter: ref, desk: asked, first, sender } = await apart()
  await clock.run(asked.send(1))
  await clock.run(asked.pass(10))
  await clock.run(ref.add({ value: 100 }, { delay: 1_000 }))
  await clock.run(refOf(sender, plan, 'p-1').start(1_000))
  await clock.advance(2_000)
  assert.deepEqual(await clock.run(ref.get()), create(StateSchema, { total: 1_111 }))
  assert.equal((await clock.run(refOf(sender, plan, 'p-1').status())).status, 'done')
  assert.deepEqual((await clock.run(first.runtime.deadLetters.list())).items, [])
})

test('a message for an action that nobody here knows fails the turn that sends it, and says what to do', async () => {
  const { clock, desk: asked } = await apart()
  await assert.rejects(clock.run(asked.blind(1)), (error) => {
    assert.ok(isSpawnError(error))
    assert.equal(error.code, 'ACTION_FAILED')
    assert.match(error.message, /is a Protobuf message, and its bytes are not known here: hand in a Packed/)
    return true
  })
})
