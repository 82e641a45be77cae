import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { FOR_EVER_MS } from '../../ports/index.ts'
import { PendingEntries } from './pending-entries.ts'
import { PendingEnvelope } from './pending-outbox.ts'

const factAt = (place: number, id = `fact:${place}`, isNew = true): PendingEnvelope => {
  const envelope = { id, box: 'fact', dueAtMs: FOR_EVER_MS, header: '', payload: null, isNew } as const
  return new PendingEnvelope('s', id, envelope, place, 0)
}

const places = (entries: Iterable<PendingEnvelope>): number[] => [...entries].map(({ place }) => place)

describe('entries that are not folded', () => {
  test('are read behind any place, also one that has none', () => {
    const facts = new PendingEntries()
    const all = [2, 3, 5, 8, 13, 14]
    for (const place of all) facts.put(factAt(place))
    const behind = (after: number): number[] => places(facts.behind(after))
    for (let after = 0; after <= 15; after += 1)
      assert.deepEqual(
        behind(after),
        all.filter((place) => place > after),
        `behind ${after}`,
      )
    assert.equal(facts.get('fact:5')?.place, 5)
    for (let after = 0; after <= 15; after += 1)
      assert.deepEqual(
        behind(after),
        all.filter((place) => place > after),
        `behind ${after}, when one was looked for`,
      )
    assert.deepEqual(places(new PendingEntries().behind(0)), [])
  })

  test('stand once under an id, whether it was looked for or not', () => {
    const facts = new PendingEntries()
    facts.put(factAt(1))
    facts.put(factAt(2))
    facts.put(factAt(1, 'fact:1', false))
    facts.put(factAt(3))
    assert.deepEqual([places(facts), facts.get('fact:9')], [[1, 2, 3], undefined])
    facts.remove('fact:2')
    facts.remove('fact:9')
    facts.put(factAt(4))
    assert.deepEqual(
      [places(facts), places(facts.behind(1))],
      [
        [1, 3, 4],
        [3, 4],
      ],
    )
  })
})
