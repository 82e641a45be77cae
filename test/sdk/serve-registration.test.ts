// What a served system registers, and how it finds a proxy that is away, or that has restarted.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { Kind } from '../../src/protocol/gen/spawn/actors/actor_pb.ts'
import { Status } from '../../src/protocol/gen/spawn/actors/protocol_pb.ts'
import { system } from '../../src/sdk/index.ts'
import { until } from '../../src/testing/until.ts'
import { json, refusal, ScriptedProxy, unjson } from './scripted-proxy.ts'
import { counter, logOf, pool, quiet, self, served, user } from './serve-fixture.ts'

describe('the registration', () => {
  test('says everything of a definition that the wire can say', async () => {
    await using pair = await served([counter, user, pool])
    const { system: registered } = pair.proxy
    assert.equal(registered?.name, 'shop')
    const { counter: named, pool: pooled, user: unnamed } = registered.registry?.actors ?? {}
    assert.deepEqual({ ...named?.id }, { $typeName: 'spawn.actors.ActorId', ...self('counter') })
    assert.equal(named?.settings?.kind, Kind.NAMED)
    assert.equal(named.settings.stateful, true)
    assert.equal(named.settings.deactivationStrategy?.strategy.value?.timeout, 5_000n)
    assert.equal(named.settings.snapshotStrategy?.strategy.value?.timeout, 2_000n)
    assert.deepEqual(named.state?.tags, { tier: 'gold' })
    assert.deepEqual(unjson(named.state.state), { total: 0 })
    assert.deepEqual(
      named.actions.map(({ name }) => name),
      ['add', 'tick', 'receive', 'peek', 'fail', 'deny', 'slow'],
    )
    assert.deepEqual(
      named.timerActions.map(({ action, seconds }) => [action?.name, seconds]),
      [['tick', 250]],
    )
    assert.deepEqual(
      named.metadata?.channelGroup.map(({ action, topic }) => [topic, action]),
      [
        ['news', 'receive'],
        ['prices', 'add'],
      ],
    )
    const { projectionSettings: facts } = named.settings
    assert.equal(facts?.sourceable, true)
    assert.deepEqual(facts.eventsRetentionStrategy?.strategy, { case: 'durationMs', value: 60_000n })
    assert.equal(unnamed?.settings?.projectionSettings, undefined)
    assert.equal(unnamed?.settings?.kind, Kind.UNNAMED)
    assert.equal(unnamed.id?.parent, 'user')
    assert.deepEqual(
      [
        pooled?.settings?.kind,
        pooled?.settings?.minPoolSize,
        pooled?.settings?.maxPoolSize,
        pooled?.settings?.stateful,
      ],
      [Kind.POOLED, 2, 5, false],
    )
    assert.equal(
      pair.proxy.registrationHeaders[1] ?? pair.proxy.registrationHeaders[0],
      new URL(pair.host.url).port,
    )
  })

  test('leaves a first state that each actor has for itself to this side, which then answers get', async () => {
    await using pair = await served([user])
    const registered = pair.proxy.system?.registry?.actors['user']
    assert.equal(registered?.state?.state, undefined)
    assert.ok(registered?.actions.some(({ name }) => name === 'getState'))
    const answer = await pair.proxy.act(pair.host.url, {
      actor: self('u1', 'user'),
      actionName: 'getState',
      currentContext: {},
    })
    assert.deepEqual(unjson(answer.payload.case === 'value' ? answer.payload.value : undefined), {
      names: [],
    })
    assert.equal(answer.updatedContext?.state, undefined)
  })

  test('waits for a proxy that is not there yet, and tells why once', async () => {
    const proxy = await ScriptedProxy.start()
    await proxy.stop()
    const lines: string[] = []
    const serving = system('shop', { actors: [counter], logger: logOf(lines) }).serve({
      proxy: proxy.url,
      port: 0,
    })
    await until(
      'a failed attempt to be told',
      () => lines.some((line) => line.startsWith('warn the proxy')) || undefined,
    )
    await proxy.start()
    await using _host = await serving
    assert.equal(proxy.registrations.length, 1)
    assert.equal(lines.filter((line) => line.startsWith('warn the proxy')).length, 1)
    await proxy.stop()
  })

  test('is given up by its signal, and the port is free again', async () => {
    const controller = new AbortController()
    const proxy = await ScriptedProxy.start()
    await proxy.stop()
    const lines: string[] = []
    const builder = system('shop', { actors: [counter], logger: logOf(lines) })
    const serving = builder.serve({ proxy: proxy.url, port: 0, signal: controller.signal })
    await until('a failed attempt', () => lines.length > 0 || undefined)
    controller.abort()
    await assert.rejects(serving, { code: 'CANCELLED' })
  })

  test('that is refused is told, and nothing is left open', async () => {
    await using proxy = await ScriptedProxy.start()
    proxy.refusals.push(refusal('[INVALID_ARGUMENT] the registration of "counter" is refused: no'))
    const serving = system('shop', { actors: [counter], logger: quiet }).serve({ proxy: proxy.url, port: 0 })
    await assert.rejects(serving, { code: 'INVALID_ARGUMENT', message: /counter/ })
  })

  test('that a draining proxy does not take is tried again', async () => {
    await using proxy = await ScriptedProxy.start()
    proxy.refusals.push(
      { ...refusal('[DRAINING] shutting down'), status: 503 },
      { status: 500, body: new Uint8Array() },
    )
    await using host = await system('shop', { actors: [counter], logger: quiet }).serve({
      proxy: proxy.url,
      port: 0,
    })
    assert.equal(proxy.registrations.length, 1)
    assert.equal(host.registered, true)
  })

  test('comes again when the proxy was killed and is back', async () => {
    await using pair = await served([counter])
    await pair.proxy.stop()
    await until('the loss to be seen', () => !pair.host.registered || undefined)
    await pair.proxy.start()
    await until('the second registration', () => pair.host.registered || undefined)
    assert.equal(pair.proxy.registrations.length, 2)
  })

  test('comes again when the proxy has restarted faster than anybody looks', async () => {
    await using pair = await served([counter])
    await pair.proxy.stop()
    await pair.proxy.start()
    await until('the second registration', () => pair.proxy.registrations.length === 2 || undefined)
  })

  test('comes again when the proxy does not know an actor from here, and the call goes on', async () => {
    await using pair = await served([counter])
    let calls = 0
    pair.proxy.answer = () => {
      calls += 1
      if (calls === 1) return { status: { status: Status.ACTOR_NOT_FOUND, message: '[ACTOR_NOT_FOUND] no' } }
      return { status: { status: Status.OK }, payload: { case: 'value', value: json({ total: 3 }) } }
    }
    assert.deepEqual(await pair.host.ref(counter).add({ value: 3 }), { total: 3 })
    assert.equal(pair.proxy.registrations.length, 2)
  })
})
