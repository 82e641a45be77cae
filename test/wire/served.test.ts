// What Spawn's own proxy sent to its host, sent to a program that is served: it answers what the recorded host did. And what
// such a program asks of a proxy is what recorded clients asked.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { create } from '@bufbuild/protobuf'
import { Int64ValueSchema } from '@bufbuild/protobuf/wkt'

import { anyCodec, Packed } from '../../src/protocol/index.ts'
import { callBytes } from '../../src/protocol/protobuf/index.ts'
import {
  ActorInvocationResponseSchema,
  ActorInvocationSchema,
  InvocationRequestSchema,
} from '../../src/protocol/gen/spawn/actors/protocol_pb.ts'
import { actor, system, Value } from '../../src/sdk/index.ts'
import { ScriptedProxy } from '../sdk/scripted-proxy.ts'
import { fieldsOf, RECORDINGS, recordingOf } from './recording.ts'

const int = (value: bigint) => create(Int64ValueSchema, { value })

/** The recorded host's actors, as far as they count. */
const counting = {
  schema: Int64ValueSchema,
  actions: {
    inc: {
      payload: Int64ValueSchema,
      response: Int64ValueSchema,
      handler: (ctx: { readonly state: { readonly value: bigint } }, by: { readonly value: bigint }) => {
        const next = int(ctx.state.value + by.value)
        return Value.of(next, next)
      },
    },
  },
} as const

const counter = actor('ora-counter', {
  schema: Int64ValueSchema,
  actions: {
    ...counting.actions,
    pipe: {
      payload: Int64ValueSchema,
      response: Int64ValueSchema,
      handler: (ctx) => Value.of(int(ctx.state.value + 1n), int(40n)).pipe('ora-target', 'inc'),
    },
    fwd: {
      payload: Int64ValueSchema,
      handler: (ctx) => Value.of(int(ctx.state.value + 1n)).forward('ora-target', 'inc'),
    },
  },
})
const target = actor('ora-target', counting)
const unnamed = actor('ora-unnamed', { ...counting, kind: 'unnamed' })
const timer = actor('ora-timer', {
  schema: Int64ValueSchema,
  actions: {
    tick: {
      response: Int64ValueSchema,
      handler: (ctx) => {
        const next = int(ctx.state.value + 1n)
        return Value.of(next, next)
      },
    },
  },
})
const actors = [counter, target, unnamed, timer]

function isServed(request: string): boolean {
  const fields = fieldsOf(ActorInvocationSchema, Buffer.from(request, 'hex'))
  const definition = actors.find(({ name }) => {
    return name === (fields.get('actor.parent') ?? fields.get('actor.name'))
  })
  return definition?.actions.has(fields.get('actionName') ?? '') === true
}

describe('a served program answers as the recorded host did', async () => {
  const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
  let total = 0
  for (const { exchanges, scenario } of RECORDINGS) {
    const asked = exchanges.filter(({ request, to }) => to === 'host' && isServed(request))
    total += asked.length
    if (asked.length === 0) continue
    test(`${scenario}: ${asked.length} actions`, async () => {
      await using proxy = await ScriptedProxy.start()
      await using host = await system('spawn-system', { actors, logger: silent }).serve({
        proxy: proxy.url,
        port: 0,
      })
      for (const { reply, request } of asked) {
        const answer = await proxy.post(host.url, Buffer.from(request, 'hex'))
        assert.equal(answer.status, 200, answer.text)
        const ours = new Map(fieldsOf(ActorInvocationResponseSchema, answer.body))
        const theirs = new Map(fieldsOf(ActorInvocationResponseSchema, Buffer.from(reply, 'hex')))
        // Of a forward another actor's answer counts; the recorded host sends one all the same.
        const isForward = ours.get('workflow.routing.case') === 'forward'
        for (const fields of [ours, theirs]) {
          for (const name of fields.keys()) if (isForward && name.startsWith('payload')) fields.delete(name)
        }
        assert.deepEqual(ours, theirs)
      }
    })
  }
  test('there are enough of them to tell', () => assert.ok(total >= 20, String(total)))
})

test('a call reads as a recorded one', () => {
  const [exchange] = recordingOf('02-invoke-named').exchanges.filter(({ to }) => to === 'proxy')
  const value = new Packed('type.googleapis.com/google.protobuf.Int64Value', Buffer.from('0801', 'hex'))
  const bytes = callBytes({
    target: { system: 'spawn-system', parent: '', name: 'ora-counter' },
    action: 'inc',
    payload: anyCodec.accept(value),
    caller: null,
    metadata: {},
    async: false,
    scheduledToMs: null,
    pooled: false,
  })
  assert.deepEqual(
    fieldsOf(InvocationRequestSchema, bytes),
    fieldsOf(InvocationRequestSchema, Buffer.from(exchange?.request ?? '', 'hex')),
  )
})
