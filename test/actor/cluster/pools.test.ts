// Pooled actors in a cluster: workers on every member that hosts them, and each message taken by one of them.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Definition, Placement } from '../../../src/ports/index.ts'
import { counter } from '../fixture.ts'
import { town, type Town } from './fixture.ts'

interface Workshop extends Town {
  /** The member and the payload of each turn. */
  readonly done: string[]
}

async function workshop(placement?: Placement): Promise<Workshop> {
  const done: string[] = []
  const pooled = (member: number): Definition =>
    counter('work', {
      kind: 'pooled',
      stateful: false,
      state: null,
      pool: { min: 1, max: 4 },
      placement,
      handlers: {
        do: (turn) => {
          done.push(`${member} ${String(turn.payload)}`)
          return { response: member }
        },
      },
    })
  const definitions = [[pooled(1)], [pooled(2)], [counter('other')]]
  const all = await town({
    definitions,
    placed: (script, [, second]) => {
      if (second !== undefined) script.place('work', 'work', second)
    },
  })
  return { ...all, done }
}

test('a call is taken by a worker of the member where it is made, if that hosts the pool', async () => {
  const { first, members, second } = await workshop()
  assert.equal(await first.call('work', '', 'do', { payload: 'a' }), 1)
  assert.equal(await second.call('work', '', 'do', { payload: 'b' }), 2)
  assert.equal(await members[2]?.call('work', '', 'do', { payload: 'c' }), 2)
})

test('an envelope for a pool is taken by one member', async () => {
  const { clock, done, first } = await workshop()
  const later = first.runtime.invoke('work', { action: 'do', payload: 'late', delayMs: 1_000 })
  await clock.run(later)
  await clock.advance(60_000)
  assert.deepEqual(done, ['2 late'])
})

test('a pool that is placed by its name has workers on one member', async () => {
  const { first, second } = await workshop({ by: 'hash' })
  assert.equal(await first.call('work', '', 'do', { payload: 'a' }), 2)
  assert.equal(await second.call('work', '', 'do', { payload: 'b' }), 2)
})
