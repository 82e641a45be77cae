// How a served system answers a proxy, over real HTTP: actions, what they set in motion, failures, and its end.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { type Int64Value, Int64ValueSchema } from '@bufbuild/protobuf/wkt'

import { actor, effect, system, Value } from '../../src/sdk/index.ts'
import { json, ScriptedProxy, unjson } from './scripted-proxy.ts'
import { counter, quiet, self, served, type Served, user } from './serve-fixture.ts'

const bigs = actor('bigs', {
  schema: Int64ValueSchema,
  actions: {
    inc: {
      payload: Int64ValueSchema,
      response: Int64ValueSchema,
      handler: (ctx, { value }) => {
        const next = create(Int64ValueSchema, { value: ctx.state.value + value })
        return Value.of(next, next)
      },
    },
  },
})

describe('an action', () => {
  const add = {
    actor: self('counter'),
    actionName: 'add',
    payload: { case: 'value' as const, value: json({ value: 2 }) },
  }

  test('runs on the state that the proxy gives, and gives the next one', async () => {
    await using pair = await served([counter])
    const first = await pair.proxy.act(pair.host.url, { ...add, currentContext: {} })
    assert.deepEqual(unjson(first.updatedContext?.state), { total: 2 })
    const { state } = first.updatedContext ?? {}
    const next = await pair.proxy.act(pair.host.url, {
      ...add,
      currentContext: { ...(state !== undefined && { state }), tags: { a: '1' }, metadata: { m: 'x' } },
    })
    assert.deepEqual(unjson(next.updatedContext?.state), { total: 4 })
    assert.deepEqual(unjson(next.payload.case === 'value' ? next.payload.value : undefined), { total: 4 })
    assert.deepEqual(next.updatedContext?.tags, { a: '1' })
    assert.equal(next.actorName, 'counter')
  })

  test('that changes nothing gives no state, and one without a response noop', async () => {
    await using pair = await served([counter])
    const currentContext = { state: json({ total: 9 }) }
    const peek = await pair.proxy.act(pair.host.url, { ...add, actionName: 'peek', currentContext })
    assert.equal(peek.updatedContext?.state, undefined)
    const tick = await pair.proxy.act(pair.host.url, {
      ...add,
      actionName: 'tick',
      currentContext,
      payload: { case: 'noop', value: {} },
    })
    assert.equal(tick.payload.case, 'noop')
    assert.deepEqual(unjson(tick.updatedContext?.state), { total: 10 })
  })

  test('speaks Protobuf by its descriptors', async () => {
    await using pair = await served([bigs])
    const big = (value: bigint) => ({
      typeUrl: 'type.googleapis.com/google.protobuf.Int64Value',
      value: toBinary(Int64ValueSchema, create(Int64ValueSchema, { value })),
    })
    const answer = await pair.proxy.act(pair.host.url, {
      actor: self('bigs'),
      actionName: 'inc',
      currentContext: { state: big(40n) },
      payload: { case: 'value', value: big(2n) },
    })
    const read = (bytes: Uint8Array | undefined): Int64Value =>
      fromBinary(Int64ValueSchema, bytes ?? new Uint8Array())
    assert.equal(read(answer.updatedContext?.state?.value).value, 42n)
    assert.equal(answer.payload.case === 'value' ? read(answer.payload.value.value).value : 0n, 42n)
  })

  test('that fails is answered with 500 and the reason, in words', async () => {
    await using pair = await served([counter])
    for (const [actionName, code, detail] of [
      ['fail', 'ACTION_FAILED', /"counter" action "fail" failed: the till is empty/],
      ['deny', 'PERMISSION_DENIED', /not yours/],
      ['nope', 'ACTION_NOT_FOUND', /"counter" has no action "nope"/],
      ['slow', 'DEADLINE_EXCEEDED', /"counter" action "slow" was not done in time/],
    ] as const) {
      const failure = await pair.proxy
        .act(pair.host.url, { ...add, actionName })
        .catch((error: unknown) => error)
      assert.ok(failure instanceof Error)
      const [, status, text = ''] = /^(\d+) (.*)$/s.exec(failure.message) ?? []
      const problem = JSON.parse(text) as { code: string; detail: string }
      assert.equal(status, '500', actionName)
      assert.equal(problem.code, code)
      assert.match(problem.detail, detail)
    }
  })

  test('on a state that cannot be read does not run', async () => {
    await using pair = await served([counter])
    const state = { typeUrl: 'type.googleapis.com/acme.Till', value: new Uint8Array([1]) }
    await assert.rejects(
      pair.proxy.act(pair.host.url, { ...add, currentContext: { state } }),
      /STATE_UNREADABLE/,
    )
  })

  test('whose caller has gone is given up', async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>()
    const started = Promise.withResolvers<void>()
    const patient = actor('patient', {
      actions: {
        wait: (ctx) => {
          started.resolve()
          return new Promise(() => ctx.signal.addEventListener('abort', () => resolve(ctx.signal.reason)))
        },
      },
    })
    await using pair = await served([patient])
    const controller = new AbortController()
    const body = new Uint8Array([
      ...Buffer.from('0a090a0770617469656e74', 'hex'),
      ...Buffer.from('120477616974', 'hex'),
    ])
    const posted = pair.proxy.post(pair.host.url, body, { signal: controller.signal })
    await started.promise
    controller.abort()
    await assert.rejects(posted)
    assert.match(String(await promise), /the proxy has given the call up/)
  })
})

describe('what a turn sets in motion', () => {
  const clerk = actor('clerk', {
    state: { n: 0 },
    tags: { a: '1' },
    actions: {
      all: () =>
        Value.of()
          .effect('counter', 'add', { value: 1 }, { metadata: { e: '1' } })
          .effect(effect(user, 'u1').rename('Ada', { delay: 60_000 }))
          .broadcast({ channel: 'news', payload: { id: 1 } })
          .response({ out: 1 })
          .checkpoint()
          .pipe('user-2', 'rename', { ref: 'user' }),
      pass: () => Value.of().response('nobody hears this').forward(counter, 'add'),
      tags: () => Value.of().tags({ b: '2' }),
      untag: () => Value.of().tags({}),
      cron: () => Value.of().effect('counter', 'add', { value: 1 }, { cron: '* * * * *' }),
      twice: () => Value.of().broadcast({ channel: 'a' }).broadcast({ channel: 'b' }),
      told: () => Value.of().effect('counter', 'add', { value: 1 }, { reply: { action: 'all', token: 't' } }),
    },
  })
  const act = (pair: Served, actionName: string) =>
    pair.proxy.act(pair.host.url, {
      actor: self('clerk'),
      actionName,
      currentContext: { tags: { a: '1' }, metadata: { m: '1' } },
      payload: { case: 'noop', value: {} },
    })

  test('reads as a workflow of the wire', async () => {
    await using pair = await served([clerk, counter, user])
    const before = Date.now()
    const { checkpoint, workflow } = await act(pair, 'all')
    assert.equal(checkpoint, true)
    const [first, later] = (workflow?.effects ?? []).map(({ request }) => request)
    assert.equal(first?.actor?.id?.name, 'counter')
    assert.equal(first.actionName, 'add')
    assert.equal(first.async, true)
    assert.deepEqual(first.metadata, { m: '1', e: '1' })
    assert.equal(first.caller?.name, 'clerk')
    assert.deepEqual(unjson(first.payload.case === 'value' ? first.payload.value : undefined), { value: 1 })
    assert.deepEqual(
      [later?.actor?.id?.name, later?.actor?.id?.parent, later?.registerRef],
      ['u1', 'user', 'user'],
    )
    const wait = Number(later?.scheduledTo) - before
    assert.ok(wait >= 60_000 && wait < 70_000, String(wait))
    assert.equal(workflow?.broadcast?.channelGroup, 'news')
    assert.equal(workflow.routing.case, 'pipe')
    assert.deepEqual(
      { ...workflow.routing.value },
      { $typeName: 'spawn.Pipe', actor: 'user-2', actionName: 'rename', registerRef: 'user' },
    )
  })

  test('forward: its own response goes nowhere', async () => {
    await using pair = await served([clerk, counter])
    const { payload, workflow } = await act(pair, 'pass')
    assert.equal(payload.case, 'noop')
    assert.equal(workflow?.routing.case, 'forward')
  })

  test('tags are told, and what the wire has no words for fails the turn', async () => {
    await using pair = await served([clerk, counter])
    assert.deepEqual((await act(pair, 'tags')).updatedContext?.tags, { b: '2' })
    await assert.rejects(act(pair, 'untag'), /ACTION_FAILED.*takes all tags away/s)
    await assert.rejects(act(pair, 'cron'), /effect on \\"counter\\" has a cron expression/)
    await assert.rejects(act(pair, 'twice'), /more than one broadcast/)
    await assert.rejects(act(pair, 'told'), /has a reply/)
  })
})

describe('the port', () => {
  test('answers nobody but proxies', async () => {
    await using pair = await served([counter])
    const { host, proxy } = pair
    const post = (init: RequestInit) => proxy.post(host.url, new Uint8Array([0xff]), init)
    assert.equal((await post({})).status, 500)
    assert.match((await post({})).text, /no spawn.ActorInvocation/)
    assert.equal((await post({ headers: { 'content-type': 'text/plain' } })).status, 415)
    const origin = { 'content-type': 'application/octet-stream', origin: 'https://evil.example' }
    assert.equal((await post({ headers: origin })).status, 415)
    assert.equal((await fetch(host.url)).status, 404)
    assert.equal((await fetch(`${host.url}/api/v1/actors/actions`)).status, 405)
  })

  test('that is taken is told', async () => {
    await using pair = await served([counter])
    const port = Number(new URL(pair.host.url).port)
    const second = system('shop', { actors: [counter], logger: quiet }).serve({ proxy: pair.proxy.url, port })
    await assert.rejects(second, { code: 'INVALID_ARGUMENT', message: /EADDRINUSE/ })
  })
})

test('stop finishes what runs, and sends what comes elsewhere', async () => {
  const gate = Promise.withResolvers<string>()
  const started = Promise.withResolvers<void>()
  const gated = actor('gated', {
    actions: {
      run: () => {
        started.resolve()
        return gate.promise
      },
    },
  })
  await using proxy = await ScriptedProxy.start()
  const host = await system('shop', { actors: [gated], logger: quiet }).serve({ proxy: proxy.url, port: 0 })
  const invocation = { actor: self('gated'), actionName: 'run', currentContext: {} }
  const running = proxy.act(host.url, invocation)
  await started.promise
  const stopping = host.stop()
  await assert.rejects(proxy.act(host.url, invocation))
  await assert.rejects(host.invoke('gated', { action: 'run' }), { code: 'DRAINING' })
  gate.resolve('done')
  const { payload } = await running
  assert.equal(unjson(payload.case === 'value' ? payload.value : undefined), 'done')
  await stopping
  await host.stop()
})

test('a bad option is told before anything is opened', async () => {
  const builder = system('shop', { actors: [counter] })
  for (const [options, expected] of [
    [{ proxy: 'nonsense' }, /proxy must be the address of a Spawn proxy/],
    [{ proxy: 'https://a' }, /plain HTTP/],
    [{ proxy: 'http://a:hunter2@b' }, /without a path or a password$/],
    [{ proxy: 'http://a', port: 70_000 }, /port must be a port from 0/],
    [{ proxy: 'http://a', prot: 1 }, /unknown setting "prot"; did you mean port\?/],
  ] as const) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- wrong on purpose
    await assert.rejects(builder.serve(options as never), expected)
  }
})
