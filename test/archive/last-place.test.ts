// The last place of a store is found by few looks, wherever facts and messages stand.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../src/base/index.ts'
import type { ArchiveRow, Envelope, Statestore } from '../../src/ports/index.ts'
import { lastPlace } from '../../src/archive/last-place.ts'
import { envelopeOf, factOf } from '../../src/testing/statestore-fixture.ts'
import { replaced } from '../simulation/planted.ts'
import { emptyMemory } from './fixture.ts'

const FACTS = 3_000
/** Twice for each bit of a place, about. */
const MOST_LOOKS = 110

const rowAt = (system: string, envelope: Envelope, place: number): ArchiveRow => ({
  kind: 'envelope',
  system,
  envelope: { ...envelope, place },
})

test('the last place is found, and facts are looked at a few times only', async () => {
  const random = seededRandom(7)
  assert.equal(await lastPlace(await emptyMemory()), 0)
  for (const most of [1, 2, 3, 9, 1_000, 2 ** 52]) {
    for (const count of [0, 1, 2, 5, FACTS]) {
      const store = await emptyMemory()
      const places = new Set(Array.from({ length: count }, () => 1 + Math.floor(random.next() * most)))
      const rows = [...places].map((place) => rowAt('s', factOf(`${place}`), place))
      if (count === 5)
        rows.push(rowAt('t', factOf('of another'), most + 1), rowAt('t', factOf('first'), most + 2))
      if (count === 2) rows.push(rowAt('t', envelopeOf('waits'), most + 3))
      for (let at = 0; at < rows.length; at += 500) await store.archive.write(rows.slice(at, at + 500))
      let looks = 0
      const counting = replaced<Statestore>(store, {
        facts: (...asked) => {
          looks += 1
          assert.equal(asked[2], 1)
          return store.facts(...asked)
        },
      })
      const last = Math.max(0, ...rows.map((row) => (row.kind === 'envelope' ? row.envelope.place : 0)))
      assert.equal(await lastPlace(counting), last, `of ${count} up to ${most}`)
      const systems = await store.systems()
      assert.ok(looks <= MOST_LOOKS * systems.length, `${looks} looks`)
    }
  }
})
