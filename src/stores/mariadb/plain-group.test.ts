// Which groups are plain, and their values; what the server makes of them is in test/conformance/mariadb-groups.test.ts.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Commit } from '../../ports/index.ts'
import { Packed } from '../../protocol/index.ts'
import { actorId, commitOf, envelopeOf, json, NOON_MS } from '../../testing/statestore-fixture.ts'
import { planGroup } from '../sql/group-plan.ts'
import { plainGroup, type PlainGroup } from './plain-group.ts'

const groupOf = (...commits: readonly Commit[]): PlainGroup | null => plainGroup(planGroup(commits, null))
const one = (name: string, more: Partial<Commit> = {}): Commit =>
  commitOf(name, more.follows ?? 3, { committedAtMs: NOON_MS, ...more })

/** How many values the statement asks for, besides the three that say who writes. */
const asked = ({ text }: PlainGroup): number => text.split('?').length - 1 - 3

describe('a plain group', () => {
  test('has as many values as its statement asks for, whatever its size', () => {
    for (const types of [1, 2])
      for (const size of [1, 2, 3, 5, 64, 65, 255, 256, 257, 1_023, 1_024]) {
        const typeOf = (at: number): string => `type ${at % types}`
        const group = groupOf(
          ...Array.from({ length: size }, (_none, at) =>
            one(`${at}`, { state: new Packed(typeOf(at), Buffer.from('s')) }),
          ),
        )
        assert.ok(group !== null)
        assert.equal(group.values.length, asked(group), `${size} rows of ${types} types`)
      }
  })

  test('scores one for an insert and two for an update, and names those that replaced something', () => {
    const values = groupOf(one('a'), one('b', { follows: 0, revision: 1 }), one('c'))?.values
    assert.deepEqual(values?.slice(-2), [5, '[["a","","conformance"],["c","","conformance"]]'])
  })

  test('says what its rows have in common once', () => {
    const values = groupOf(one('a'), one('b'))?.values ?? []
    assert.equal(values.filter((value) => value === NOON_MS).length, 1)
    assert.equal(values.filter((value) => value === json('')?.typeUrl).length, 1)
  })
})

describe('a group is not plain', () => {
  const others: Readonly<Record<string, readonly Commit[]>> = {
    'of two systems': [one('a'), one('b', { id: { ...actorId('b'), system: 'another' } })],
    'of two epochs': [one('a'), one('b', { epoch: 2 })],
    'of two moments': [one('a'), one('b', { committedAtMs: NOON_MS + 1 })],
    'with a past to keep': [one('a'), one('b', { history: { revisions: 1, durationMs: 0 } })],
    'with a past to keep for a time': [one('a'), one('b', { history: { revisions: 0, durationMs: 1 } })],
    'of several turns of an actor': [one('a'), one('b', { revision: 5 })],
    'with an actor that only has to stand': [one('a'), one('b', { revision: 3, takes: [] })],
    'that sends': [one('a'), one('b', { sends: [envelopeOf('e')] })],
    'that takes': [one('a'), one('b', { takes: ['e'] })],
    'with an outcome': [one('a'), one('b', { outcomes: [{ key: 'k', reply: null, expiresAtMs: NOON_MS }] })],
    'with a large state': [one('a'), one('b', { state: new Packed('t', Buffer.alloc(65_536)) })],
    'of too many bytes': Array.from({ length: 70 }, (_none, at) =>
      one(`${at}`, { state: new Packed('t', Buffer.alloc(65_000)) }),
    ),
    'of names that take too much': Array.from({ length: 1_000 }, (_none, at) =>
      one(`${at}${'a'.repeat(500)}`),
    ),
    'of tags that take too much': Array.from({ length: 100 }, (_none, at) =>
      one(`${at}`, { tags: { text: 'a'.repeat(50_000) } }),
    ),
    'of too many actors': Array.from({ length: 1_025 }, (_none, at) => one(`${at}`)),
    'of none': [],
  }
  for (const [how, commits] of Object.entries(others))
    test(how, () => {
      assert.equal(groupOf(...commits), null)
    })
})
