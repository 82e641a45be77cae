// A sample has as many actors as it was asked for, none twice, and not only those that stand together.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { seededRandom } from '../../base/index.ts'
import { MemoryStore } from '../../stores/memory/index.ts'
import { commitOf } from '../../testing/statestore-fixture.ts'
import { allOf, sampleOf } from './pages.ts'

const FILTER = { system: 's', parent: 'user' }

async function storeOf(names: readonly string[]) {
  const store = new MemoryStore()
  await store.start()
  for (let at = 0; at < names.length; at += 500)
    await store.commit(names.slice(at, at + 500).map((name) => commitOf({ ...FILTER, name }, 0)))
  return store
}

async function namesIn(pages: ReturnType<typeof allOf>): Promise<string[]> {
  const names: string[] = []
  for await (const page of pages) names.push(...page.map(({ id }) => id.name))
  return names
}

const numbered = Array.from({ length: 5_000 }, (_, at) => `user-${at}`)
const mixed = numbered.map((name) => `${(Number(name.slice(5)) * 7_919) % 65_536}-${name}`)

test('all are all, each once, in order', async () => {
  const names = await namesIn(allOf(await storeOf(numbered), FILTER))
  assert.deepEqual(names, numbered.toSorted())
})

for (const [what, names] of Object.entries({
  numbered,
  mixed,
  'of one beginning': numbered.map((name) => `x${name}`),
})) {
  test(`a sample of ${what} names is spread over them`, async () => {
    const store = await storeOf(names)
    const sorted = names.toSorted()
    for (const seed of [1, 2, 3]) {
      const sample = await namesIn(sampleOf(store, FILTER, 200, seededRandom(seed)))
      assert.equal(new Set(sample).size, 200)
      const places = new Set(sample.map((name) => Math.floor((sorted.indexOf(name) * 10) / sorted.length)))
      assert.ok(places.size >= 6, `${places.size} tenths of the names, seed ${seed}`)
    }
  })
}

test('what a few of the names have in common is about as common in a sample', async () => {
  const names = Array.from({ length: 4_000 }, (_, at) => `user-${at}`)
  const store = await storeOf(names)
  const isOne = (name: string): boolean => name.endsWith('07')
  const sample = await namesIn(sampleOf(store, FILTER, 400, seededRandom(5)))
  const found = sample.filter(isOne).length
  assert.ok(found >= 1 && found <= 14, `${found} of 400, where 1 of 100 is one`)
})

test('a sample ends where there are no more, and begins with less than a page', async () => {
  const few = await storeOf(numbered.slice(0, 30))
  assert.equal((await namesIn(sampleOf(few, FILTER, 100, seededRandom(1)))).length, 30)
  assert.equal((await namesIn(sampleOf(few, FILTER, 3, seededRandom(1)))).length, 3)
  assert.deepEqual(await namesIn(sampleOf(await storeOf([]), FILTER, 3, seededRandom(1))), [])
})
