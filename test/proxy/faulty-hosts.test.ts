// Hosts that hang, vanish, come late or talk nonsense: what their callers are told, that nothing of it is kept, that no
// action is run a second time, and that the actors of other hosts notice nothing.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { create, toBinary } from '@bufbuild/protobuf'

import { Kind } from '../../src/protocol/gen/spawn/actors/actor_pb.ts'
import {
  type ActorInvocation,
  ActorInvocationResponseSchema,
  type InvocationResponse,
  Status,
} from '../../src/protocol/gen/spawn/actors/protocol_pb.ts'
import { until } from '../../src/testing/index.ts'
import { type HostAnswer, HostServer } from '../hosts/host-server.ts'
import { WireClient } from '../wire/wire-client.ts'
import { type Proxy, type ProxyChoices, startProxy } from './start-proxy.ts'

const SYSTEM = 'faults'
const PROTOBUF = 'application/octet-stream'
const TEXT_URL = 'type.googleapis.com/example.Text'
const SECOND = '127.0.0.2'

const text = (value: string) => {
  return { $typeName: 'google.protobuf.Any' as const, typeUrl: TEXT_URL, value: Buffer.from(value) }
}

function answer(fields: Parameters<typeof create<typeof ActorInvocationResponseSchema>>[1]): HostAnswer {
  const body = toBinary(ActorInvocationResponseSchema, create(ActorInvocationResponseSchema, fields))
  return { status: 200, type: PROTOBUF, body, framing: 'length' }
}

/** The action `keep` keeps its payload as the state. */
function kept({ actor, payload }: ActorInvocation, said: string): HostAnswer {
  const state = payload.case === 'value' ? { state: payload.value } : {}
  return answer({
    actorName: actor?.name ?? '',
    updatedContext: state,
    payload: { case: 'value', value: text(said) },
  })
}

/** A proxy with the definition `kind` of a good host, and what a test registers besides. */
class Scene implements AsyncDisposable {
  readonly proxy: Proxy
  readonly good: HostServer
  readonly client: WireClient
  readonly other: WireClient

  private constructor(proxy: Proxy, good: HostServer) {
    this.proxy = proxy
    this.good = good
    this.client = new WireClient(proxy.url, SYSTEM)
    this.other = new WireClient(proxy.url, SYSTEM, SECOND)
  }

  static async set(choices: Partial<ProxyChoices> = {}): Promise<Scene> {
    const good = await HostServer.start((call) => kept(call, 'good'))
    const proxy = await startProxy({ hostPort: good.port, ...choices }).catch(async (error: unknown) => {
      await good.stop()
      throw error
    })
    const scene = new Scene(proxy, good)
    await registered(scene.client, 'kind')
    return scene
  }

  /** A host at another address, with a definition of its own unless it is said. */
  async host(
    script: (call: ActorInvocation) => HostAnswer | Promise<HostAnswer>,
    name = 'faulty',
  ): Promise<HostServer> {
    const host = await HostServer.start(script, { host: SECOND, port: this.good.port })
    await registered(this.other, name)
    return host
  }

  call(name: string, action: string, value: string, timeoutMs = 10_000): Promise<InvocationResponse> {
    const metadata = { 'request-timeout': String(timeoutMs) }
    return this.client.invoke(
      { name },
      { actionName: action, metadata, payload: { case: 'value', value: text(value) } },
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.close()
    this.other.close()
    await this.proxy.stop()
    await this.good.stop()
  }
}

async function registered(client: WireClient, name: string): Promise<void> {
  const settings = { kind: Kind.NAMED, stateful: true }
  const actions = [{ name: 'keep' }, { name: 'fail' }]
  const actors = { [name]: { id: { name, system: SYSTEM }, settings, actions } }
  const { status } = await client.register({ actorSystem: { name: SYSTEM, registry: { actors } } })
  assert.equal(status?.message, 'Accepted')
}

function failed({ payload, status }: InvocationResponse, code: string): string {
  assert.notEqual(status?.status, Status.OK)
  assert.match(status?.message ?? '', new RegExp(`^\\[${code}\\] .`))
  assert.equal(payload.case, undefined)
  return status?.message ?? ''
}

function said({ payload, status }: InvocationResponse): string {
  assert.equal(status?.status, Status.OK, status?.message)
  return payload.case === 'value' ? Buffer.from(payload.value.value).toString() : ''
}

const raw = (head: string): HostAnswer => ({ raw: head })
const withBody = (status: number, type: string, body: string): HostAnswer => {
  return { status, type, body: Buffer.from(body), framing: 'length' }
}

const FAULTS: readonly (readonly [what: string, code: string, answer: HostAnswer])[] = [
  ['bytes that are no message', 'HOST_MALFORMED', withBody(200, PROTOBUF, 'ÿÿÿÿ')],
  ['an empty answer', 'HOST_MALFORMED', withBody(200, PROTOBUF, '')],
  ['an answer without a context', 'HOST_MALFORMED', answer({ actorName: 'faulty' })],
  ['a page', 'HOST_MALFORMED', withBody(200, 'text/html', '<h1>Welcome</h1>')],
  ['a redirect', 'HOST_MALFORMED', raw('HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n')],
  ['no HTTP', 'HOST_MALFORMED', raw('+OK POP3 ready\r\n')],
  [
    '400 and nothing',
    'ACTION_FAILED',
    { status: 400, type: null, body: new Uint8Array(), framing: 'length' },
  ],
  ['500 and a page', 'ACTION_FAILED', withBody(500, 'text/html', '<h1>Internal Server Error</h1>')],
  ['404', 'ACTION_FAILED', withBody(404, 'text/plain', 'Not Found')],
  ['503', 'ACTION_FAILED', withBody(503, 'text/plain', 'Busy')],
  ['a closed socket', 'HOST_UNREACHABLE', 'reset'],
  ['a close in the middle', 'HOST_UNREACHABLE', raw('HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nabc')],
]

describe('a host that answers with', () => {
  for (const [what, code, fault] of FAULTS) {
    test(what, async () => {
      await using scene = await Scene.set()
      let runs = 0
      await using _host = await scene.host((call) => {
        runs += 1
        return call.actionName === 'fail' ? fault : kept(call, 'kept')
      })
      assert.equal(said(await scene.call('faulty', 'keep', 'first')), 'kept')
      failed(await scene.call('faulty', 'fail', 'second'), code)
      assert.equal(runs, 2, 'the action was run again')
      // The state is that of before, and the actor goes on.
      assert.equal(said(await scene.call('faulty', 'get', '')), 'first')
      assert.equal(said(await scene.call('faulty', 'keep', 'third')), 'kept')
      assert.equal(said(await scene.call('kind', 'keep', 'x')), 'good')
    })
  }
})

describe('a host that', () => {
  test('hangs is given up at the deadline, and holds nobody else', async () => {
    await using scene = await Scene.set()
    await using host = await scene.host(({ actionName }) =>
      actionName === 'fail' ? 'hang' : answer({ updatedContext: {} }),
    )
    const hanging = Array.from({ length: 40 }, () => scene.call('faulty', 'fail', 'x', 700))
    await until('the host to have the first one', () => host.running > 0)
    const quick = await Promise.all(Array.from({ length: 20 }, () => scene.call('kind', 'keep', 'x', 500)))
    for (const each of quick) assert.equal(said(each), 'good')
    for (const each of await Promise.all(hanging)) failed(each, 'DEADLINE_EXCEEDED')
    await until('the host to be let go', () => host.running === 0)
    assert.equal(said(await scene.call('faulty', 'keep', 'x')), '')
  })

  test('answers late changes nothing', async () => {
    await using scene = await Scene.set()
    const late = Promise.withResolvers<void>()
    await using _host = await scene.host(async (call) => {
      if (call.actionName === 'fail') await late.promise
      return kept(call, 'kept')
    })
    assert.equal(said(await scene.call('faulty', 'keep', 'first')), 'kept')
    failed(await scene.call('faulty', 'fail', 'late', 150), 'DEADLINE_EXCEEDED')
    late.resolve()
    assert.equal(said(await scene.call('faulty', 'get', '')), 'first')
  })

  test('is gone is noticed at once, and found again', async () => {
    await using scene = await Scene.set()
    const host = await scene.host((call) => kept(call, 'one'))
    assert.equal(said(await scene.call('faulty', 'keep', 'first')), 'one')
    await host.stop()
    const message = failed(await scene.call('faulty', 'keep', 'second', 5_000), 'HOST_UNREACHABLE')
    assert.match(message, /did not run|may have run/)
    assert.equal(said(await scene.call('faulty', 'get', '')), 'first')
    assert.equal(said(await scene.call('kind', 'keep', 'x')), 'good')
    await using _again = await HostServer.start((call) => kept(call, 'two'), {
      host: SECOND,
      port: scene.good.port,
    })
    await until('the host to be found', async () => {
      const { status } = await scene.call('faulty', 'keep', 'third')
      return status?.status === Status.OK
    })
  })

  test('is gone is waited for, where the proxy is told to', async () => {
    await using scene = await Scene.set({ hosts: { whenNone: 'wait', probeEveryMs: 100 } })
    const host = await scene.host((call) => kept(call, 'one'))
    assert.equal(said(await scene.call('faulty', 'keep', 'first')), 'one')
    await host.stop()
    failed(await scene.call('faulty', 'keep', 'in vain', 300), 'HOST_UNREACHABLE')
    const waiting = scene.call('faulty', 'keep', 'second')
    await using _again = await HostServer.start((call) => kept(call, 'two'), {
      host: SECOND,
      port: scene.good.port,
    })
    assert.equal(said(await waiting), 'two')
  })

  test('shares its definition is called in its turn, and leaves its actors to the others when it goes', async () => {
    await using scene = await Scene.set()
    const host = await scene.host((call) => kept(call, 'other'), 'kind')
    await registered(scene.client, 'kind')
    const names = new Set<string>()
    for (let turn = 0; turn < 20; turn += 1) names.add(said(await scene.call('kind', 'keep', `${turn}`)))
    assert.deepEqual(names, new Set(['good', 'other']))
    await host.stop()
    const told: string[] = []
    for (let turn = 0; turn < 20; turn += 1) {
      const { status } = await scene.call('kind', 'keep', `again ${turn}`)
      if (status?.status !== Status.OK) told.push(status?.message ?? '')
    }
    // A request may have been on its way when it went; all others go to the one that is left.
    assert.ok(told.length <= 1, told.join('\n'))
    assert.equal(said(await scene.call('kind', 'get', '')), 'again 19')
  })

  test('registers fewer definitions takes back the others', async () => {
    await using scene = await Scene.set()
    await using _host = await scene.host((call) => kept(call, 'one'))
    assert.equal(said(await scene.call('faulty', 'keep', 'first')), 'one')
    await registered(scene.other, 'else')
    failed(await scene.call('faulty', 'keep', 'second'), 'ACTOR_NOT_FOUND')
    assert.equal(said(await scene.call('else', 'keep', 'x')), 'one')
    await registered(scene.other, 'faulty')
    assert.equal(said(await scene.call('faulty', 'get', '')), 'first')
  })
})
