// What begins by itself, in a cluster: on one member each, and on another one when that is to have it.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { OutsideCommit } from '../../../src/actor/outside-commit.ts'
import { counter, setTotal, totalOf } from '../fixture.ts'
import { town, type Town } from './fixture.ts'

interface Clockwork extends Town {
  readonly ticks: string[]
}

async function clockwork(): Promise<Clockwork> {
  const ticks: string[] = []
  const definitions = [1, 2].map((member) => [
    counter('beat', {
      kind: 'named',
      timers: { tick: 1_000 },
      handlers: {
        tick: (turn) => {
          ticks.push(`member-${member}`)
          return setTotal(totalOf(turn) + 1)
        },
      },
    }),
  ])
  const all = await town({
    definitions,
    placed: (script, [first]) => {
      if (first !== undefined) script.place('beat', 'beat', first)
    },
  })
  return { ...all, ticks }
}

test('a named actor begins, and its timer ticks, on one member', async () => {
  const { clock, first, second, ticks } = await clockwork()
  await clock.advance(10_500)
  assert.deepEqual(
    ticks,
    Array.from({ length: 10 }, () => 'member-1'),
  )
  assert.equal(first.runtime.residentActors, 1)
  assert.equal(second.runtime.residentActors, 0)
})

test('the timer of an actor that moves keeps its beat, one tick at a time', async () => {
  const { clock, first, script, second, ticks } = await clockwork()
  await clock.advance(3_500)
  await clock.run(script.move(second.cluster, ['beat', 'beat']))
  await clock.advance(7_000)
  assert.equal(ticks.length, 10)
  assert.deepEqual([...new Set(ticks.slice(0, 3))], ['member-1'])
  assert.deepEqual([...new Set(ticks.slice(3))], ['member-2'])
  assert.equal(first.runtime.residentActors, 0)
  assert.equal(await first.call('beat', '', 'read'), 10)
})

test('a named actor comes to life where its member is lost and comes back', async () => {
  const { clock, first, script, second, ticks } = await clockwork()
  await clock.advance(2_500)
  first.cluster.lapse()
  first.cluster.tenant.expelled()
  script.place('beat', 'beat', second.cluster)
  second.cluster.tenant.placed()
  await clock.advance(2_000)
  assert.deepEqual(ticks, ['member-1', 'member-1', 'member-2', 'member-2'])
  first.cluster.holdsLease = true
  await clock.run(script.move(first.cluster, ['beat', 'beat']))
  await clock.advance(2_000)
  assert.deepEqual(ticks.slice(4), ['member-1', 'member-1'])
  assert.equal(second.runtime.residentActors, 0)
})

test('a named actor that moves comes to life on its new member without being called', async () => {
  const definitions = [counter('alone', { kind: 'named' })]
  const { clock, first, script, second } = await town({
    definitions: [definitions, definitions],
    placed: (placing, [one]) => {
      if (one !== undefined) placing.place('alone', 'alone', one)
    },
  })
  await clock.advance(100)
  assert.equal(first.runtime.residentActors, 1)
  await clock.run(script.move(second.cluster, ['alone', 'alone']))
  await clock.advance(100)
  assert.equal(first.runtime.residentActors, 0)
  assert.equal(second.runtime.residentActors, 1)
})

test('a timer that is just being set is set before its actor is let go of, and not again where that goes', async () => {
  const { clock, first, script, second, store, ticks } = await clockwork()
  await clock.advance(1_500)
  // As if it had never been set: the next one who has the actor sets it.
  const takes = ['timer ["","beat","tick"]']
  await store.commit([new OutsideCommit('test', 1, { sends: [], takes })])
  await clock.run(script.move(second.cluster, ['beat', 'beat']))
  store.hold()
  let isLetGo = false
  const back = script.move(first.cluster, ['beat', 'beat']).then(() => (isLetGo = true))
  await clock.advance(300)
  assert.equal(isLetGo, false, 'its setting is on its way')
  store.release()
  await clock.run(back)
  const { envelopes } = await store.listEnvelopes('test', 'timer', { limit: 10 })
  assert.equal(envelopes.length, 1)
  const before = ticks.length
  await clock.advance(5_000)
  assert.deepEqual(
    ticks.slice(before),
    Array.from({ length: 5 }, () => 'member-1'),
  )
})
