// Broadcasts in a cluster: named listeners wherever they are hosted, instances wherever they are in memory, functions everywhere.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { DurationSchema } from '@bufbuild/protobuf/wkt'

import type { Definition, Turn } from '../../../src/ports/index.ts'
import { protobufCodec } from '../../../src/protocol/protobuf/index.ts'
import { counter, setTotal, totalOf } from '../fixture.ts'
import { town, type Town } from './fixture.ts'

const CHANNEL = 'news'

interface Choir extends Town {
  /** Who heard what, as `name heard payload`. */
  readonly heard: string[]
  readonly publish: (payload: string, settings?: { readonly by?: number }) => Promise<void>
}

/** Singers on three members; a named listener that only the third hosts. */
async function choir(): Promise<Choir> {
  const heard: string[] = []
  const listening = (name: string, kind: Definition['kind']): Definition =>
    counter(name, {
      kind,
      channels: new Map([[CHANNEL, 'hear']]),
      handlers: {
        hear: (turn) => {
          heard.push(`${turn.self.name} heard ${String(turn.payload)}`)
          return setTotal(totalOf(turn) + 1)
        },
      },
    })
  const shared = [listening('singer', 'unnamed'), listening('conductor', 'named')]
  const all = await town({
    definitions: [shared, shared, [...shared, listening('critic', 'named')]],
    placed: (script, clusters) => {
      for (const [at, name] of ['one', 'two', 'three'].entries()) {
        const cluster = clusters[at]
        if (cluster !== undefined) script.place('singer', name, cluster)
      }
    },
  })
  const publish: Choir['publish'] = async (payload, { by = 0 } = {}) =>
    all.members[by]?.runtime.publish(CHANNEL, payload)
  for (const name of ['one', 'two', 'three']) await all.first.call(name, 'singer', 'add')
  return { ...all, heard, publish }
}

test('a broadcast reaches each listener of each member once', async () => {
  const { clock, heard, members, publish } = await choir()
  const told: string[] = []
  for (const [at, { runtime }] of members.entries()) {
    runtime.subscribe(CHANNEL, (payload, { from }) => told.push(`${at} ${String(payload)} ${from === null}`))
  }
  await clock.run(publish('a'))
  await clock.advance(50)
  assert.deepEqual(heard.toSorted(), [
    'conductor heard a',
    'critic heard a',
    'one heard a',
    'three heard a',
    'two heard a',
  ])
  assert.deepEqual(told.toSorted(), ['0 a true', '1 a true', '2 a true'])
  await clock.advance(120_000)
  assert.equal(heard.length, 5)
})

test('a message that is broadcast is one for functions of all members, where a definition says of what type it is', async () => {
  const payload = protobufCodec(DurationSchema)
  const listening = counter('listening', { kind: 'named', channels: new Map([[CHANNEL, 'add']]) })
  const add = listening.actions.get('add') ?? assert.fail()
  const typed = { ...listening, actions: new Map([['add', { ...add, payload }]]) }
  const far: unknown[] = []
  const heard = { add: (turn: Turn) => void far.push(payload.accept(turn.payload)) }
  const elsewhere = {
    ...counter('far', { kind: 'named', channels: typed.channels, handlers: heard }),
    actions: typed.actions,
  }
  const { clock, first, members } = await town({ definitions: [[typed], [typed, elsewhere]] })
  const told: unknown[] = []
  for (const { runtime } of members) runtime.subscribe(CHANNEL, (news) => told.push(news))
  const news = create(DurationSchema, { seconds: 90n })
  await clock.run(first.runtime.publish(CHANNEL, news))
  await clock.advance(50)
  assert.deepEqual(told, [news, news])
  assert.deepEqual(far, [news], 'a definition that the publisher does not host')
  for (const { logger } of members) {
    const failures = logger.lines.filter(({ message }) => message.startsWith('a broadcast could not'))
    assert.deepEqual(failures, [])
  }
})

test('a broadcast reaches each subscriber once while one moves', async () => {
  const { clock, first, heard, members, publish, script, store } = await choir()
  const all: string[] = []
  const rounds = 12
  for (let round = 0; round < rounds; round += 1) {
    const to = members[(round + 1) % 3]
    assert.ok(to !== undefined)
    const published = publish(String(round), { by: round % 3 })
    const moved = script.move(to.cluster, ['singer', 'one'])
    await clock.run(Promise.all([published, moved]))
    // It is wherever it is, and in memory.
    await clock.run(to.runtime.invoke('one', { ref: 'singer', action: 'read' }))
    await clock.advance(40)
    for (const name of ['conductor', 'critic', 'one', 'three', 'two']) all.push(`${name} heard ${round}`)
  }
  await clock.advance(120_000)
  // A delivery may be repeated; what it does is committed once.
  assert.deepEqual([...new Set(heard)].toSorted(), all.toSorted())
  for (const name of ['one', 'two', 'three'])
    assert.equal(await first.call(name, 'singer', 'read'), rounds + 1)
  assert.equal(await first.call('conductor', '', 'read'), rounds)
  assert.equal(await first.call('critic', '', 'read'), rounds)
  assert.deepEqual((await store.due('test', Number.MAX_SAFE_INTEGER, 10)).envelopes, [])
})

test('an instance that moved before its member took the broadcast gets it on its new one', async () => {
  const { clock, first, heard, publish, script, second, store } = await choir()
  // Nothing reaches the second member but through the store, where it looks later.
  second.cluster.isCutOff = true
  await clock.run(publish('a'))
  await clock.advance(20)
  second.cluster.isCutOff = false
  await clock.run(script.move(first.cluster, ['singer', 'two']))
  await clock.advance(1_000)
  assert.equal(heard.filter((line) => line === 'two heard a').length, 1)
  assert.deepEqual((await store.due('test', Number.MAX_SAFE_INTEGER, 10)).envelopes, [])
})

test('what was for the instances of a member that is gone is for all who may have them now', async () => {
  const { clock, first, heard, members, publish, script, second, store } = await choir()
  second.cluster.isCutOff = true
  await clock.run(publish('a'))
  await clock.advance(20)
  second.cluster.lapse()
  second.cluster.tenant.expelled()
  await clock.run(second.runtime.stop())
  script.members.splice(script.members.indexOf(second.cluster), 1)
  const third = members[2]
  assert.ok(third !== undefined)
  script.place('singer', 'two', third.cluster)
  await first.call('two', 'singer', 'read')
  for (const { cluster } of [first, third]) cluster.tenant.placed()
  await clock.advance(1_000)
  assert.equal(heard.filter((line) => line === 'two heard a').length, 1)
  assert.equal(heard.filter((line) => line === 'one heard a').length, 1)
  assert.deepEqual((await store.due('test', Number.MAX_SAFE_INTEGER, 10)).envelopes, [])
})

test('what a member has not taken of those that it hands over is brought on before it leaves', async () => {
  const { clock, first, heard, members, publish, script, second, store } = await choir()
  const third = members[2]
  assert.ok(third !== undefined)
  second.cluster.isCutOff = true
  await clock.run(publish('a'))
  await clock.advance(20)
  // It stops before it has looked into the store, and nobody calls the one that it had.
  await script.move(third.cluster, ['singer', 'two'])
  const passed = second.cluster.tenant.passOn()
  await clock.run(Promise.all([passed, second.runtime.stop()]))
  script.members.splice(script.members.indexOf(second.cluster), 1)
  for (const { cluster } of [first, third]) cluster.tenant.placed()
  await clock.advance(1_000)
  assert.deepEqual(heard.toSorted(), [
    'conductor heard a',
    'critic heard a',
    'one heard a',
    'three heard a',
    'two heard a',
  ])
  assert.deepEqual((await store.due('test', Number.MAX_SAFE_INTEGER, 10)).envelopes, [])
})

test('an instance on a member that the publisher does not know of yet hears it from one that does', async () => {
  const { clock, first, heard, members, publish, store } = await choir()
  const third = members[2]
  assert.ok(third !== undefined)
  const { hosts } = first.cluster
  first.cluster.hosts = (definition) =>
    hosts.call(first.cluster, definition).filter((id) => id !== third.cluster.self)
  await clock.run(publish('a'))
  await clock.advance(1_000)
  assert.equal(heard.filter((line) => line === 'three heard a').length, 1)
  assert.equal(heard.length, 5)
  assert.deepEqual((await store.due('test', Number.MAX_SAFE_INTEGER, 10)).envelopes, [])
})
