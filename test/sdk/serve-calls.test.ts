// What a served system asks of its proxy: calls of other actors, from turns and from the program.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { create } from '@bufbuild/protobuf'
import { Int64ValueSchema } from '@bufbuild/protobuf/wkt'

import { protobufCodec } from '../../src/protocol/protobuf/index.ts'
import { Status } from '../../src/protocol/gen/spawn/actors/protocol_pb.ts'
import { until } from '../../src/testing/until.ts'
import { json, unjson } from './scripted-proxy.ts'
import { counter, self, served, user } from './serve-fixture.ts'

describe('calls of other actors', () => {
  test('from a turn go to the proxy with the caller, by name and typed', async () => {
    await using pair = await served([user, counter])
    pair.proxy.answer = () => ({
      status: { status: Status.OK },
      payload: { case: 'value', value: json({ total: 12 }) },
    })
    const ask = (actionName: string) =>
      pair.proxy.act(pair.host.url, { actor: self('u1', 'user'), actionName, currentContext: {} })
    const answer = await ask('ask')
    assert.deepEqual(unjson(answer.payload.case === 'value' ? answer.payload.value : undefined), {
      total: 12,
    })
    assert.equal(unjson((await ask('askTyped')).payload.value as never), 12)
    const [first] = pair.proxy.invocations
    assert.equal(first?.path, '/api/v1/system/shop/actors/counter/invoke')
    assert.deepEqual(
      { ...first.request.caller },
      { $typeName: 'spawn.actors.ActorId', ...self('u1', 'user') },
    )
    assert.equal(first.request.system?.name, 'shop')
    assert.deepEqual(first.request.metadata, { a: 'b' })
  })

  test('that fail have the code that the proxy says', async () => {
    await using pair = await served([counter])
    const { host, proxy } = pair
    const call = () => host.invoke('other', { action: 'x' })
    proxy.answer = () => ({ status: { status: Status.ERROR, message: '[MAILBOX_FULL] too much' } })
    await assert.rejects(call(), { code: 'MAILBOX_FULL', message: 'too much', retryable: true })
    proxy.answer = () => ({ status: { status: Status.ACTOR_NOT_FOUND, message: 'Actor other not found' } })
    await assert.rejects(call(), { code: 'ACTOR_NOT_FOUND' })
    proxy.answer = () => ({ status: 500, body: new Uint8Array() })
    await assert.rejects(call(), { code: 'MEMBER_UNAVAILABLE' })
    proxy.answer = () => ({ status: 502, type: 'text/html', body: Buffer.from('<h1>Bad Gateway</h1>') })
    await assert.rejects(call(), { code: 'MEMBER_UNAVAILABLE' })
  })

  test('have a deadline, and say that they may have happened', async () => {
    await using pair = await served([counter])
    pair.proxy.answer = () => new Promise(() => {})
    const call = pair.host.invoke('other', { action: 'x', timeout: 500 })
    const failed = assert.rejects(call, { code: 'DEADLINE_EXCEEDED', message: /may have happened/ })
    const asked = await until('the call to arrive', () => pair.proxy.invocations[0])
    assert.deepEqual(asked.request.metadata, { 'request-timeout': '500' })
    await failed
  })

  test('while the proxy is away say that nothing was sent', async () => {
    await using pair = await served([counter])
    await pair.proxy.stop()
    await assert.rejects(pair.host.invoke('other', { action: 'x' }), {
      code: 'MEMBER_UNAVAILABLE',
      retryable: true,
      message: /nothing was sent/,
    })
  })

  test('of instances name their definition, and a spawn does too', async () => {
    await using pair = await served([user])
    const { host, proxy } = pair
    proxy.answer = () => ({ status: { status: Status.OK }, payload: { case: 'value', value: json('u9') } })
    assert.equal(await host.ref(user, 'u9').rename('Ada'), 'u9')
    const [call] = proxy.invocations
    assert.deepEqual([call?.request.registerRef, call?.request.actor?.id?.parent], ['user', 'user'])
    await host.spawn('u 9/x', { ref: 'user', revision: 3 })
    assert.equal(proxy.spawns[0]?.path, '/api/v1/system/shop/actors/spawn?revision=3')
    assert.deepEqual(
      { ...proxy.spawns[0].request.actors[0] },
      { $typeName: 'spawn.actors.ActorId', ...self('u 9/x', 'user') },
    )
  })

  test('of actors elsewhere take and give values of their codec, byte for byte', async () => {
    await using pair = await served([counter])
    const int64 = protobufCodec(Int64ValueSchema)
    pair.proxy.answer = ({ payload }) => ({ status: { status: Status.OK }, payload })
    const payload = int64.pack(create(Int64ValueSchema, { value: 7n }))
    const answer = await pair.host.invoke('python-counter', { action: 'add', payload })
    assert.deepEqual(answer, payload)
    assert.equal(int64.accept(answer).value, 7n)
  })

  test('that the wire cannot say are refused', async () => {
    await using pair = await served([counter])
    const call = (options: object) => pair.host.invoke('counter', { action: 'add', ...options })
    await assert.rejects(call({ idempotencyKey: 'k' }), /idempotency key, which cannot be said to a proxy/)
    await assert.rejects(call({ receipt: true }), /a receipt/)
    await assert.rejects(call({ cron: '* * * * *' }), /a cron expression/)
    assert.equal(pair.proxy.invocations.length, 0)
  })
})
