import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../base/index.ts'
import { Loads } from './loads.ts'

const idsOf = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, at) => ({ system: 'shop', parent: 'cart', name: `${prefix} ${at}` }))

/** How many actors each statement asks for, none of whom stands. */
function counting(): { readonly loads: Loads; readonly asked: number[] } {
  const asked: number[] = []
  const rows = async (ids: readonly unknown[]): Promise<never[]> => {
    asked.push(ids.length)
    return []
  }
  return { loads: new Loads(rows, systemClock), asked }
}

test('what is few is asked together', async () => {
  const { asked, loads } = counting()
  const loaded = await Promise.all([loads.load(idsOf('a', 1)), loads.load(idsOf('b', 255)), loads.load([])])
  assert.deepEqual(
    loaded.map((some) => some.length),
    [1, 255, 0],
  )
  assert.deepEqual(asked, [256])
})

test('what is many goes alone, so that two sessions are at work', async () => {
  const { asked, loads } = counting()
  const loaded = await Promise.all([
    loads.load(idsOf('a', 512)),
    loads.load(idsOf('b', 1)),
    loads.load(idsOf('c', 512)),
  ])
  assert.deepEqual(
    loaded.map((some) => some.length),
    [512, 1, 512],
  )
  assert.deepEqual(
    asked.toSorted((left, right) => left - right),
    [1, 512, 512],
  )
})
