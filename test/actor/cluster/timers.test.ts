// What begins by itself, in a cluster: on one member each, and on another one when that is to have it.

import assert from 'node:assert/strict'
import { test } from 'node:test'

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
