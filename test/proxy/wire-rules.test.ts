// The rules of the wire that no SDK says twice: types of bodies, names in paths, values byte for byte, a channel group that
// is a text, systems beside each other, and a stop that loses nothing.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { create, fromBinary, toBinary } from '@bufbuild/protobuf'

import { Kind } from '../../src/protocol/gen/spawn/actors/actor_pb.ts'
import {
  type ActorInvocation,
  ActorInvocationResponseSchema,
  InvocationRequestSchema,
  InvocationResponseSchema,
  Status,
} from '../../src/protocol/gen/spawn/actors/protocol_pb.ts'
import { until } from '../../src/testing/index.ts'
import { type HostAnswer, HostServer } from '../hosts/host-server.ts'
import { StoreFolder } from '../hosts/store-folder.ts'
import { RawClient } from '../http/raw-client.ts'
import { WireClient } from '../wire/wire-client.ts'
import { type Proxy, startProxy } from './start-proxy.ts'

const PROTOBUF = 'application/octet-stream'

/** No type that anybody knows, and bytes that are no message. */
const ODD = {
  $typeName: 'google.protobuf.Any' as const,
  typeUrl: 'example.com//Odd Type?v=1#ü',
  value: Buffer.from('ff00fe0a0080', 'hex'),
}

/** Keeps its payload as its state, and answers with it. */
function keep({ payload }: ActorInvocation): HostAnswer {
  const state = payload.case === 'value' ? { state: payload.value } : {}
  const response = create(ActorInvocationResponseSchema, { updatedContext: state, payload })
  const body = toBinary(ActorInvocationResponseSchema, response)
  return { status: 200, type: PROTOBUF, body, framing: 'length' }
}

async function registered(
  client: WireClient,
  name: string,
  actions: readonly string[] = ['keep'],
): Promise<void> {
  const { system } = client
  const settings = { kind: Kind.NAMED, stateful: true }
  const actors = {
    [name]: { id: { name, system }, settings, actions: actions.map((each) => ({ name: each })) },
  }
  const { status } = await client.register({ actorSystem: { name: system, registry: { actors } } })
  assert.equal(status?.message, 'Accepted')
}

interface Given {
  readonly proxy: Proxy
  readonly client: WireClient
  readonly calls: ActorInvocation[]
}

/** A proxy with the actor `one`, whose action keeps its payload. */
async function withProxy(
  body: (given: Given) => Promise<void>,
  script: (call: ActorInvocation) => HostAnswer | Promise<HostAnswer> = keep,
): Promise<void> {
  const calls: ActorInvocation[] = []
  await using host = await HostServer.start((call) => {
    calls.push(call)
    return script(call)
  })
  const proxy = await startProxy({ hostPort: host.port })
  const client = new WireClient(proxy.url, 'rules')
  try {
    await registered(client, 'one')
    await body({ proxy, client, calls })
  } finally {
    client.close()
    await proxy.stop()
  }
}

const bytesOf = (name: string, actionName: string, system = 'rules'): Uint8Array =>
  toBinary(
    InvocationRequestSchema,
    create(InvocationRequestSchema, {
      system: { name: system },
      actor: { id: { name, system } },
      actionName,
      payload: { case: 'value', value: ODD },
    }),
  )

test('bodies are taken under both of their types', () =>
  withProxy(async ({ client }) => {
    for (const type of [PROTOBUF, 'application/protobuf', 'application/octet-stream; charset=utf-8']) {
      const reply = await client.send('POST', client.invokePath('one'), bytesOf('one', 'keep'), type)
      assert.equal(reply.status, 200, type)
      assert.equal(reply.headers['content-type'], PROTOBUF)
      assert.notEqual(reply.headers.connection, 'close')
    }
  }))

test('a name stands in the path as it is, and the one in the body counts', () =>
  withProxy(async ({ client, proxy }) => {
    await registered(client, 'größe:1/2,@x')
    for (const path of ['a:1/2,@x', 'one', encodeURIComponent('größe:1/2,@x')]) {
      const body = bytesOf('größe:1/2,@x', 'keep')
      const raw = new RawClient(proxy.url)
      const target = `/api/v1/system/rules/actors/${path}/invoke`
      const head = `POST ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: ${PROTOBUF}\r\n`
      raw.send(`${head}Content-Length: ${body.length}\r\n\r\n`).send(body)
      const [reply] = await raw.next()
      raw.close()
      assert.equal(reply?.status, 200, reply?.body)
      const { actor } = fromBinary(InvocationResponseSchema, Buffer.from(reply.body, 'latin1'))
      assert.equal(actor?.id?.name, 'größe:1/2,@x')
    }
  }))

test('values go through byte for byte, also through the store', async () => {
  const folder = new StoreFolder()
  const seen: ActorInvocation[] = []
  await using host = await HostServer.start((call) => {
    seen.push(call)
    return keep(call)
  })
  for (const life of [1, 2]) {
    const proxy = await startProxy({ hostPort: host.port, file: folder.file })
    const client = new WireClient(proxy.url, 'rules')
    await registered(client, 'one')
    const payload = { case: 'value', value: ODD } as const
    const { payload: reply } = await client.invoke({ name: 'one' }, { actionName: 'keep', payload })
    assert.ok(reply.case === 'value')
    assert.deepEqual([reply.value.typeUrl, Buffer.from(reply.value.value)], [ODD.typeUrl, ODD.value])
    client.close()
    await proxy.stop()
    assert.equal(seen.length, life)
  }
  const [, second] = seen
  const state = second?.currentContext?.state
  assert.deepEqual([state?.typeUrl, Buffer.from(state?.value ?? [])], [ODD.typeUrl, ODD.value])
  folder.remove()
})

/** A field of bytes: its tag, its length, its content. */
function field(number: number, content: Uint8Array): Buffer {
  assert.ok(content.length < 128)
  return Buffer.concat([Buffer.from([(number << 3) | 2, content.length]), content])
}

test('a channel group that is a text names the topic', () =>
  withProxy(async ({ calls, client }) => {
    const id = field(1, field(1, Buffer.from('ear')))
    const settings = field(3, Buffer.from([0x08, Kind.NAMED, 0x10, 1]))
    // Where SDKs of other languages have a Channel, the one for Python has its topic.
    const metadata = field(6, field(1, Buffer.from('news')))
    const actor = Buffer.concat([id, settings, field(4, field(1, Buffer.from('receive'))), metadata])
    const entry = Buffer.concat([field(1, Buffer.from('ear')), field(2, actor)])
    const body = field(2, Buffer.concat([field(1, Buffer.from('rules')), field(2, field(1, entry))]))
    const { status } = await client.send('POST', '/api/v1/system', body)
    assert.equal(status, 200)
    const channel = `${client.url.origin}/api/v1/system/rules/channels/news`
    const published = await fetch(channel, {
      method: 'POST',
      body: '"hot"',
      headers: { 'content-type': 'application/json' },
    })
    assert.equal(published.status, 202)
    const heard = await until('the actor to hear it', () =>
      calls.find(({ actionName }) => actionName === 'receive'),
    )
    assert.equal(heard.actor?.name, 'ear')
  }))

test('whoever is named as the caller stands before the host, and in the context', () =>
  withProxy(async ({ calls, client }) => {
    const caller = { name: 'somebody', system: 'elsewhere', parent: 'people' }
    await client.invoke({ name: 'one' }, { actionName: 'keep', caller })
    const [call] = calls
    for (const seen of [call?.caller, call?.currentContext?.caller])
      assert.partialDeepStrictEqual(seen, caller)
  }))

async function failedWith(code: string, client: WireClient, actionName: string): Promise<void> {
  const { status } = await client.invoke({ name: 'one' }, { actionName })
  assert.notEqual(status?.status, Status.OK)
  assert.match(status?.message ?? '', new RegExp(`^\\[${code}\\] `))
}

test('systems stand beside each other, each with its own actors', () =>
  withProxy(async ({ client, proxy }) => {
    const other = new WireClient(proxy.url, 'others')
    await registered(other, 'one', ['keep', 'more'])
    const payload = { case: 'value', value: ODD } as const
    await client.invoke({ name: 'one' }, { actionName: 'keep', payload })
    const none = await other.invoke({ name: 'one' }, { actionName: 'get' })
    assert.equal(none.payload.case, 'noop', none.status?.message)
    const { payload: here } = await client.invoke({ name: 'one' }, { actionName: 'get' })
    assert.equal(here.case, 'value')
    await failedWith('ACTION_NOT_FOUND', client, 'more')
    for (const system of ['rules', 'others']) {
      const answer = await fetch(`${proxy.url}/api/v1/system/${system}/actors/one`)
      assert.equal(answer.status, 200, await answer.text())
    }
    other.close()
  }))

test('a body over the limit is refused in Protobuf', () =>
  withProxy(async ({ client }) => {
    const value = { ...ODD, value: Buffer.alloc(9 * 2 ** 20) }
    const reply = await client.invokeForReply(
      { name: 'one' },
      { actionName: 'keep', payload: { case: 'value', value } },
    )
    assert.equal(reply.status, 413)
    assert.match(reply.message.status?.message ?? '', /^\[INVALID_ARGUMENT\] /)
    const { status } = await client.invoke({ name: 'one' }, { actionName: 'keep' })
    assert.equal(status?.status, Status.OK)
  }))

describe('a stop', () => {
  test('lets what runs finish, and says 503 to what comes', async () => {
    const gate = Promise.withResolvers<void>()
    const script = async (call: ActorInvocation): Promise<HostAnswer> => {
      await gate.promise
      return keep(call)
    }
    await withProxy(async ({ calls, client, proxy }) => {
      const running = client.invoke(
        { name: 'one' },
        { actionName: 'keep', payload: { case: 'value', value: ODD } },
      )
      await until('the action to run', () => calls.length > 0)
      const stopping = proxy.stop()
      const health = await fetch(`${proxy.url}/health/readiness`)
      assert.deepEqual([health.status, await health.json()], [503, { status: 'down' }])
      const late = await client.invokeForReply({ name: 'one' }, { actionName: 'keep' })
      assert.equal(late.status, 503)
      assert.match(late.message.status?.message ?? '', /^\[DRAINING\] /)
      gate.resolve()
      const { payload, status } = await running
      assert.equal(status?.status, Status.OK, status?.message)
      assert.equal(payload.case, 'value')
      await stopping
    }, script)
  })
})
