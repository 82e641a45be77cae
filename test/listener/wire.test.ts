// The wire over real sockets: a proxy, an SDK's requests, and a host that answers.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fromBinary } from '@bufbuild/protobuf'

import {
  InvocationResponseSchema,
  RegistrationResponseSchema,
  Status,
} from '../../src/protocol/gen/spawn/actors/protocol_pb.ts'
import { actor, Value } from '../../src/sdk/index.ts'
import { until } from '../../src/testing/index.ts'
import { answering } from '../remote/host-server.ts'
import { counters, counting, NAMED, UNNAMED } from './counters.ts'
import { invocation, json, saidBy, type Sidecar, sidecar, SYSTEM } from './fixture.ts'

test('register, spawn and invoke answer as SDKs expect', async () => {
  await using host = await answering(counting)
  await using at = await sidecar()
  const registered = await at.register({ counter: NAMED, user: UNNAMED }, host.address.port)
  assert.deepEqual([registered.status?.status, registered.status?.message], [Status.OK, 'Accepted'])
  assert.equal(registered.proxyInfo?.proxyName, 'spawn-proxy')
  const spawned = await at.spawn([{ name: 'ada', parent: 'user', system: SYSTEM }])
  assert.deepEqual([spawned.status?.status, spawned.status?.message], [Status.OK, 'Accepted'])
  const first = await at.invoke('ada', 'add', json(5))
  assert.equal(first.status?.status, Status.OK)
  assert.equal(first.status.message, '')
  assert.equal(saidBy(first), 5)
  assert.equal(first.system?.name, SYSTEM)
  assert.equal(first.actor?.id?.name, 'ada')
  assert.equal(saidBy(await at.invoke('counter', 'add')), 1)
  assert.equal(saidBy(await at.invoke('counter', 'get')), 1)
})

test('an instance comes to be on first use, by register_ref or by its parent', async () => {
  const { at, stop } = await counters()
  assert.equal(saidBy(await at.invoke('a', 'add', { registerRef: 'user' })), 1)
  assert.equal(saidBy(await at.invoke('a', 'add', { actor: { id: { name: 'a', parent: 'user' } } })), 2)
  assert.equal(saidBy(await at.invoke('a', 'add')), 3)
  await stop()
})

test('asynchronous and scheduled calls are answered without any payload', async () => {
  const { at, stop } = await counters()
  const later = BigInt(Date.now() + 50)
  for (const more of [{ async: true }, { scheduledTo: later }, { scheduledTo: 5n }, { scheduledTo: -5n }]) {
    const answer = await at.invoke('counter', 'add', more)
    assert.equal(answer.status?.status, Status.OK)
    assert.equal(answer.payload.case, undefined)
    assert.equal(answer.actor?.id?.name, 'counter')
  }
  await until('all four have run', async () => saidBy(await at.invoke('counter', 'get')) === 4)
  await stop()
})

test('unknown actors, actions and systems are answered at once, with a body', async () => {
  const { at, stop } = await counters()
  const cases = [
    {
      bytes: invocation('nobody', 'add'),
      status: 404,
      code: 'ACTOR_NOT_FOUND',
      wire: Status.ACTOR_NOT_FOUND,
    },
    { bytes: invocation('counter', 'nope'), status: 404, code: 'ACTION_NOT_FOUND', wire: Status.ERROR },
    {
      bytes: invocation('counter', 'add', { system: { name: 'elsewhere' } }),
      status: 404,
      code: 'ACTOR_NOT_FOUND',
      wire: Status.ACTOR_NOT_FOUND,
    },
    {
      bytes: invocation('a', 'add', { registerRef: 'nothing' }),
      status: 404,
      code: 'ACTOR_NOT_FOUND',
      wire: Status.ACTOR_NOT_FOUND,
    },
  ]
  for (const { bytes, code, status, wire } of cases) {
    const answer = await at.send(`/api/v1/system/${SYSTEM}/actors/x/invoke`, bytes)
    const { status: told } = fromBinary(InvocationResponseSchema, answer.body)
    assert.equal(answer.status, status)
    assert.equal(told?.status, wire)
    assert.ok(told.message.startsWith(`[${code}] `), told.message)
  }
  const spawned = await at.spawn([{ name: 'x', parent: 'nothing' }])
  assert.equal(spawned.status?.status, Status.ACTOR_NOT_FOUND)
  await stop()
})

test('what cannot be read, or comes wrongly, is refused with a Protobuf body', async () => {
  const { at, stop } = await counters({ config: { bodyBytes: 1_000 } })
  const invoke = `/api/v1/system/${SYSTEM}/actors/counter/invoke`
  const good = invocation('counter', 'add')
  const cases: readonly [string, number, Parameters<Sidecar['send']>][] = [
    ['garbage', 400, [invoke, Buffer.from([0xff, 0xff, 0xff])]],
    ['cut', 400, [invoke, good.subarray(0, -1)]],
    ['nothing', 400, [invoke, null]],
    ['no actor', 400, [invoke, invocation('', 'add')]],
    ['no action', 400, [invoke, invocation('counter', '')]],
    ['JSON', 415, [invoke, Buffer.from('{}'), { type: 'application/json' }]],
    ['compressed', 415, [invoke, good, { headers: { 'content-encoding': 'gzip' } }]],
    ['too large', 413, [invoke, Buffer.alloc(1_001)]],
    ['GET', 405, [invoke, null, { method: 'GET' }]],
    ['a key that is too long', 400, [invoke, good, { headers: { 'idempotency-key': 'x'.repeat(600) } }]],
    ['another site', 403, [invoke, good, { headers: { origin: 'https://example.org' } }]],
    ['a registration that is garbage', 400, ['/api/v1/system', Buffer.from([0xff])]],
    ['a registration of nothing', 400, ['/api/v1/system', null]],
    ['a port that is none', 400, ['/api/v1/system', null, { headers: { 'spawn-host-port': 'x' } }]],
    ['a spawn that is garbage', 400, [`/api/v1/system/${SYSTEM}/actors/spawn`, Buffer.from([0xff])]],
    ['a revision that is none', 400, [`/api/v1/system/${SYSTEM}/actors/spawn?revision=-1`, null]],
  ]
  for (const [what, status, asked] of cases) {
    const answer = await at.send(...asked)
    assert.equal(answer.status, status, what)
    assert.equal(answer.headers['content-type'], 'application/octet-stream', what)
    const { status: told } = fromBinary(InvocationResponseSchema, answer.body)
    assert.equal(told?.status, Status.ERROR, what)
    assert.match(told.message, /^\[[A-Z_]+\] ./, what)
  }
  assert.equal(saidBy(await at.invoke('counter', 'add')), 1)
  await stop()
})

test('both content types are taken, and none; names in the path need not be encoded', async () => {
  const { at, stop } = await counters()
  const types = [
    'application/octet-stream',
    'application/protobuf',
    'application/octet-stream; charset=utf-8',
    null,
  ]
  for (const [at_, type] of types.entries()) {
    assert.equal(saidBy(await at.invoke('counter', 'add', {}, { type })), at_ + 1)
  }
  for (const name of ['a/b', 'a?b', 'a b%', 'x/actions']) {
    const bytes = invocation(name, 'add', { registerRef: 'user' })
    const path = `/api/v1/system/${SYSTEM}/actors/${name.replace(' ', '%20')}/invoke`
    const answer = fromBinary(InvocationResponseSchema, (await at.send(path, bytes)).body)
    assert.equal(saidBy(answer), 1, name)
  }
  await stop()
})

test('people and SDKs share the port, the actors and the systems', async () => {
  const { at, stop } = await counters()
  const host = await answering(counting)
  await at.register({ counter: NAMED }, host.address.port, 'second')
  for (const system of [SYSTEM, 'second', SYSTEM]) {
    const path = `/api/v1/system/${system}/actors/counter/actions/add`
    const answer = await at.send(path, Buffer.from('2'), { type: 'application/json' })
    assert.equal(answer.status, 200, String(answer.body))
  }
  const state = async (system: string): Promise<unknown> => {
    const { body } = await at.send(`/api/v1/system/${system}/actors/counter`, null, { method: 'GET' })
    return (JSON.parse(body.toString()) as { state: unknown }).state
  }
  assert.equal(await state(SYSTEM), 4)
  assert.equal(await state('second'), 2)
  const root = JSON.parse((await at.send('/', null, { method: 'GET' })).body.toString()) as {
    systems: unknown
  }
  assert.deepEqual(root.systems, [SYSTEM, 'second'])
  const missing = await at.send('/api/v1/system/third/actors/counter', null, { method: 'GET' })
  assert.equal(missing.status, 404)
  await stop()
  await host.stop()
})

test('actors of this process and of hosts share a system; no host takes the name of an own one', async () => {
  const own = actor('own', {
    kind: 'named',
    state: { total: 0 },
    actions: {
      add: async (ctx) => Value.of().response(await ctx.invoke('counter', { action: 'add', payload: 5 })),
    },
  })
  await using host = await answering(counting)
  await using at = await sidecar({ parts: { actors: [own] } })
  assert.equal((await at.register({ counter: NAMED }, host.address.port)).status?.status, Status.OK)
  assert.equal(saidBy(await at.invoke('own', 'add')), 5)
  const refused = await at.register({ own: NAMED }, host.address.port)
  assert.match(refused.status?.message ?? '', /^\[INVALID_ARGUMENT\] the registration of "own" is refused/)
  assert.equal(saidBy(await at.invoke('counter', 'add')), 6)
})

test('a call within an action belongs to its turn: a cycle is named, and the caller is told', async () => {
  const callers: (string | undefined)[] = []
  await using host = await answering(async (invocation_) => {
    const { actionName, actor: self, caller } = invocation_
    callers.push(caller?.name)
    if (actionName !== 'ask') return counting(invocation_)
    assert.ok(self !== undefined)
    const target = saidBy(invocation_) as string
    const caller_ = { name: self.name, system: self.system }
    // A cycle that nobody names ends by this.
    const answer = await at.invoke(target, 'add', {
      caller: caller_,
      metadata: { 'request-timeout': '3000' },
    })
    const said = answer.status?.status === Status.OK ? saidBy(answer) : answer.status?.message
    return { updatedContext: {}, ...json(said) }
  })
  const at = await sidecar()
  const actions = [{ name: 'ask' }, { name: 'add' }]
  await at.register({ asker: { ...NAMED, actions }, counter: NAMED }, host.address.port)
  assert.equal(saidBy(await at.invoke('asker', 'ask', json('counter'))), 1)
  assert.deepEqual(callers, [undefined, 'asker'])
  const cycle = saidBy(await at.invoke('asker', 'ask', json('asker')))
  assert.match(String(cycle), /^\[CALL_CYCLE\] .*asker\.ask → asker\.add/)
  await at.invoke('counter', 'add', { caller: { name: 'someone', system: SYSTEM } })
  assert.equal(callers.at(-1), 'someone')
  await at[Symbol.asyncDispose]()
})

test('an idempotency key in the header makes a call once', async () => {
  const { at, stop } = await counters()
  const once_ = { headers: { 'idempotency-key': 'k' } }
  assert.equal(saidBy(await at.invoke('counter', 'add', {}, once_)), 1)
  assert.equal(saidBy(await at.invoke('counter', 'add', {}, once_)), 1)
  await stop()
})

test('draining: readiness goes down, running actions finish, may call, and commit; others get 503', async () => {
  const gate = Promise.withResolvers<void>()
  await using host = await answering(async (invocation_) => {
    if (invocation_.actionName !== 'slow') return counting(invocation_)
    await gate.promise
    const answer = await at.invoke('other', 'add', { caller: { name: 'counter', system: SYSTEM } })
    return { updatedContext: {}, ...json(saidBy(answer)) }
  })
  const at = await sidecar()
  await at.register({ counter: NAMED, other: NAMED }, host.address.port)
  const running = at.invoke('counter', 'slow')
  const metrics = async (): Promise<string> =>
    String((await at.send('/metrics', null, { method: 'GET' })).body)
  await until('it runs', async () =>
    (await metrics()).includes(`spawn_host_running{host="127.0.0.1:${host.address.port}"} 1`),
  )
  const stopped = at.proxy.stop()
  const ready = await at.send('/health/readiness', null, { method: 'GET' })
  assert.deepEqual([ready.status, String(ready.body)], [503, '{"status":"down"}'])
  assert.equal((await at.send('/health/liveness', null, { method: 'GET' })).status, 200)
  const refused = await at.send(`/api/v1/system/${SYSTEM}/actors/other/invoke`, invocation('other', 'add'))
  assert.equal(refused.status, 503)
  assert.match(fromBinary(InvocationResponseSchema, refused.body).status?.message ?? '', /^\[DRAINING\]/)
  const late = await at.send('/api/v1/system', null)
  assert.match(fromBinary(RegistrationResponseSchema, late.body).status?.message ?? '', /^\[/)
  gate.resolve()
  assert.equal(saidBy(await running), 1)
  await stopped
  await assert.rejects(at.send('/health', null, { method: 'GET' }))
})

test('the metrics say what there is', async () => {
  const { at, stop } = await counters()
  await at.invoke('counter', 'add')
  await at.invoke('counter', 'nope')
  const { body, headers } = await at.send('/metrics', null, { method: 'GET' })
  const text = String(body)
  assert.match(String(headers['content-type']), /^text\/plain; version=0\.0\.4/)
  for (const line of [
    /^# TYPE spawn_wire_requests_total counter$/m,
    /^spawn_wire_requests_total\{operation="invoke",code="OK"\} 1$/m,
    /^spawn_wire_requests_total\{operation="invoke",code="ACTION_NOT_FOUND"\} 1$/m,
    /^spawn_wire_requests_total\{operation="register",code="OK"\} 1$/m,
    /^spawn_wire_invoke_seconds_count 1$/m,
    /^spawn_wire_invoke_seconds_bucket\{le="\+Inf"\} 1$/m,
    /^spawn_ready 1$/m,
    /^spawn_resident_actors\{system="spawn-system"\} 1$/m,
    /^spawn_host_up\{host="127\.0\.0\.1:\d+"\} 1$/m,
    /^spawn_host_requests_total\{host="127\.0\.0\.1:\d+",end="reply"\} 1$/m,
  ]) {
    assert.match(text, line)
  }
  await stop()
})

test('no metrics where they are switched off', async () => {
  await using at = await sidecar({ config: { metrics: false } })
  assert.equal((await at.send('/metrics', null, { method: 'GET' })).status, 404)
})

test('a Unix socket serves all of it, and one that a dead process left is taken over', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'spawn-socket-'))
  const socket = join(folder, 'proxy.sock')
  try {
    await using host = await answering(counting)
    {
      await using at = await sidecar({ config: { listen: { socket } } })
      assert.equal(at.url, `unix:${socket}`)
      await at.register({ counter: NAMED }, host.address.port)
      assert.equal(saidBy(await at.invoke('counter', 'add')), 1)
      await assert.rejects(sidecar({ config: { listen: { socket } } }), /is in use/)
    }
    const dead = createServer().listen(socket)
    await once(dead, 'listening')
    // Node removes the file of a server that it closes; a process that is killed does not.
    const { linkSync } = await import('node:fs')
    linkSync(socket, `${socket}.kept`)
    dead.close()
    await once(dead, 'close')
    linkSync(`${socket}.kept`, socket)
    await assert.rejects(once(connect(socket), 'connect'))
    await using again = await sidecar({ config: { listen: { socket } } })
    assert.equal((await again.send('/health', null, { method: 'GET' })).status, 200)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a body in pieces that is too large, or breaks off, is answered in Protobuf too', async () => {
  const { at, stop } = await counters({ config: { bodyBytes: 1_000 } })
  const { hostname, port } = new URL(at.url)
  const head = [
    `POST /api/v1/system/${SYSTEM}/actors/counter/invoke HTTP/1.1`,
    'Host: localhost',
    'Content-Type: application/octet-stream',
    'Transfer-Encoding: chunked',
    '',
    '',
  ].join('\r\n')
  const cases = [
    { body: `7d0\r\n${'x'.repeat(2_000)}\r\n0\r\n\r\n`, status: 413 },
    { body: 'zz\r\n', status: 400 },
  ]
  for (const { body, status } of cases) {
    const socket = connect(Number(port), hostname)
    socket.write(head + body)
    const chunks: Buffer[] = []
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    await once(socket, 'close')
    const answer = Buffer.concat(chunks)
    const end = answer.indexOf('\r\n\r\n')
    assert.match(answer.subarray(0, end).toString(), new RegExp(`^HTTP/1\\.1 ${status} `))
    const told = fromBinary(InvocationResponseSchema, answer.subarray(end + 4)).status
    assert.equal(told?.status, Status.ERROR, String(status))
  }
  await stop()
})

test('a limit of the configuration counts', async () => {
  const last = actor('last', { actions: { end: () => 'there' } })
  const first = actor('first', { actions: { go: () => Value.of().response('on').pipe(last, 'end') } })
  for (const [limits, expected] of [
    [{}, ''],
    [{ hops: 1 }, '[CALL_CYCLE] a call was passed on through more than 1 hops'],
  ] as const) {
    await using at = await sidecar({ config: { limits }, parts: { actors: [last, first] } })
    assert.equal((await at.invoke('first', 'go')).status?.message, expected)
  }
})
