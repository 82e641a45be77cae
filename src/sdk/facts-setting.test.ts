// The `sourceable` setting: what it means, and every way to get it wrong.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { actor } from './actor.ts'

const factsOf = (settings: object): unknown => actor('cart', { state: 1, actions: {}, ...settings }).facts

describe('sourceable', () => {
  test('leaves facts for ever, for a time, or none', () => {
    assert.deepEqual(factsOf({ sourceable: true }), { durationMs: null })
    assert.deepEqual(factsOf({ sourceable: { duration: 60_000 } }), { durationMs: 60_000 })
    const years = 100 * 365 * 86_400_000
    assert.deepEqual(
      factsOf({ sourceable: { duration: years } }),
      { durationMs: years },
      'longer than any timer',
    )
    assert.equal(factsOf({ sourceable: false }), undefined)
    assert.equal(factsOf({}), undefined)
  })

  const refused: readonly [what: string, settings: object, message: RegExp][] = [
    [
      'a word for facts',
      { state: 1, sourceable: 'yes' },
      /sourceable must be true, false, or \{ duration \}, not "yes"/,
    ],
    ['no facts', { state: 1, sourceable: null }, /sourceable must be .*, not null/],
    [
      'facts for no time',
      { state: 1, sourceable: {} },
      /actor "cart" sourceable has a bad setting: duration must say how long facts are kept; for ever: true/,
    ],
    [
      'facts for too short a time',
      { state: 1, sourceable: { duration: 0 } },
      /duration must be a whole number from 1, not 0/,
    ],
    [
      'facts of what is not stored',
      { state: 1, stateful: false, sourceable: true },
      /sourceable has no effect when stateful is false/,
    ],
    [
      'facts of no state',
      { state: undefined, sourceable: true },
      /sourceable has no effect when there is no state/,
    ],
    [
      'facts of a pool',
      { state: undefined, kind: 'pooled', sourceable: true },
      /sourceable has no effect when kind is 'pooled': its workers keep nothing/,
    ],
  ]
  for (const [what, settings, message] of refused) {
    test(`is refused: ${what}`, () => {
      assert.throws(() => factsOf(settings), { code: 'INVALID_ARGUMENT', message })
    })
  }
})
