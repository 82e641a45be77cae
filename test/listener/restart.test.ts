// A proxy that starts again knows the hosts that it had.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../src/base/index.ts'
import { Status } from '../../src/protocol/gen/spawn/actors/protocol_pb.ts'
import { WireKind } from '../../src/protocol/protobuf/index.ts'
import { MemoryStore } from '../../src/stores/memory/index.ts'
import { until } from '../../src/testing/index.ts'
import { answering, type HostServer } from '../remote/host-server.ts'
import { json, saidBy, sidecar } from './fixture.ts'

const NAMED = { settings: { stateful: true, kind: WireKind.NAMED }, actions: [{ name: 'hello' }] }

const DAY_MS = 86_400_000

/** Until the clock tells another time. */
async function aMoment(): Promise<void> {
  const from = Date.now()
  await until('the clock goes on', () => Date.now() > from)
}

function saying(word: string): Promise<HostServer> {
  return answering(() => ({ updatedContext: {}, ...json(word) }))
}

test('hosts are known after a restart, in all their systems, as they registered last', async () => {
  const store = new MemoryStore()
  await using host = await saying('hello')
  {
    await using before = await sidecar({ store })
    await before.register({ old: NAMED }, host.address.port)
    await before.register({ a: NAMED, b: NAMED }, host.address.port)
    await before.register({ c: NAMED }, host.address.port, 'second')
  }
  await using after = await sidecar({ store })
  assert.equal(saidBy(await after.invoke('a', 'hello')), 'hello')
  assert.equal(saidBy(await after.invoke('b', 'hello')), 'hello')
  assert.equal(saidBy(await after.invoke('c', 'hello', { system: { name: 'second' } })), 'hello')
  assert.equal((await after.invoke('old', 'hello')).status?.status, Status.ACTOR_NOT_FOUND)
})

test('a host that registers nothing is forgotten', async () => {
  const store = new MemoryStore()
  await using host = await saying('hello')
  {
    await using before = await sidecar({ store })
    await before.register({ a: NAMED }, host.address.port)
    await before.register({}, host.address.port)
    assert.equal((await before.invoke('a', 'hello')).status?.status, Status.ACTOR_NOT_FOUND)
  }
  await using after = await sidecar({ store })
  assert.equal((await after.invoke('a', 'hello')).status?.status, Status.ACTOR_NOT_FOUND)
})

test('a host of long ago is taken up if it is there, and else forgotten for good', async () => {
  const store = new MemoryStore()
  const laterBy = (days: number) => ({
    store,
    parts: { clock: { ...systemClock, now: () => systemClock.now() + days * DAY_MS } },
  })
  const host = await saying('hello')
  const gone = await saying('gone')
  {
    await using before = await sidecar({ store })
    await before.register({ a: NAMED }, host.address.port)
    await before.register({ b: NAMED }, gone.address.port)
  }
  await gone.stop()
  {
    await using soon = await sidecar(laterBy(6))
    assert.match((await soon.invoke('b', 'hello')).status?.message ?? '', /^\[HOST_UNREACHABLE\]/)
  }
  {
    await using late = await sidecar(laterBy(8))
    assert.equal(saidBy(await late.invoke('a', 'hello')), 'hello')
    assert.equal((await late.invoke('b', 'hello')).status?.status, Status.ACTOR_NOT_FOUND)
  }
  await using again = await sidecar({ store })
  assert.equal((await again.invoke('b', 'hello')).status?.status, Status.ACTOR_NOT_FOUND)
  await host.stop()
})

test('the name under which registrations are kept is no system', async () => {
  await using host = await saying('hello')
  await using at = await sidecar()
  const { status } = await at.register({ a: NAMED }, host.address.port, '(registrations)')
  assert.match(status?.message ?? '', /^\[INVALID_ARGUMENT\] no system is called/)
})

test('a host is accepted even when its registration cannot be kept', async () => {
  class FullStore extends MemoryStore {
    override commit(...args: Parameters<MemoryStore['commit']>): ReturnType<MemoryStore['commit']> {
      if (args[0][0]?.id.system === '(registrations)') return Promise.reject(new Error('the disk is full'))
      return super.commit(...args)
    }
  }
  await using host = await saying('hello')
  await using at = await sidecar({ store: new FullStore() })
  assert.equal((await at.register({ a: NAMED }, host.address.port)).status?.status, Status.OK)
  assert.equal(saidBy(await at.invoke('a', 'hello')), 'hello')
})

test('a host that came back at another port is not looked for at the one before', async () => {
  const store = new MemoryStore()
  const first = await saying('first')
  await using second = await saying('second')
  {
    await using before = await sidecar({ store })
    await before.register({ a: NAMED }, first.address.port)
    await until(
      'the clock goes on',
      (
        (from) => () =>
          Date.now() > from
      )(Date.now()),
    )
    await before.register({ a: NAMED }, second.address.port)
  }
  await first.stop()
  await using after = await sidecar({ store })
  const { body } = await after.send('/metrics', null, { method: 'GET' })
  assert.deepEqual(
    [...String(body).matchAll(/spawn_host_up\{host="127\.0\.0\.1:(\d+)"\}/g)].map(([, port]) => Number(port)),
    [second.address.port],
  )
  assert.equal(saidBy(await after.invoke('a', 'hello')), 'second')
})

test('of two hosts that define one name differently, the one that registered last counts, as before', async () => {
  const store = new MemoryStore()
  await using one = await saying('hello')
  await using other = await saying('hello')
  const more = { ...NAMED, actions: [{ name: 'hello' }, { name: 'bye' }] }
  {
    await using before = await sidecar({ store })
    await before.register({ a: more }, one.address.port)
    await aMoment()
    await before.register({ a: NAMED }, other.address.port)
    await aMoment()
    await before.register({ a: more }, one.address.port)
  }
  await using after = await sidecar({ store })
  assert.equal(saidBy(await after.invoke('a', 'bye')), 'hello')
})
