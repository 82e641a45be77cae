import assert from 'node:assert/strict'
import { test } from 'node:test'

import { isSpawnError } from '../base/index.ts'
import { actor } from './actor.ts'
import type { PlacementSetting } from './placement-setting.ts'

const of = (placement: unknown, stateful = false) =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what JavaScript hands in may be anything
  actor('p', { placement: placement as PlacementSetting, stateful, actions: {} }).placement

test('a definition says where its actors may live', () => {
  assert.deepEqual(of('hash'), { by: 'hash' })
  assert.deepEqual(of('local'), { by: 'local' })
  assert.deepEqual(of({ zone: 'eu' }), { by: 'zone', zone: 'eu' })
  assert.deepEqual(of({ labels: { disk: 'fast' } }), { by: 'labels', labels: { disk: 'fast' } })
  assert.deepEqual(of({ zone: 'eu' }, true), { by: 'zone', zone: 'eu' })
  assert.equal(of(undefined), undefined)
})

const refused: readonly (readonly [what: string, placement: unknown, message: RegExp])[] = [
  ['a misspelt one', 'near', /placement must be 'hash', 'local', \{ zone \} or \{ labels \}, not "near"/],
  ['a number', 1, /placement must be .*, not 1/],
  ['two kinds', { zone: 'eu', labels: { disk: 'fast' } }, /: one of zone and labels, not both/],
  ['none', {}, /: one of zone and labels, not none/],
  ['an unknown option', { zones: ['eu'] }, /placement has an unknown setting "zones"; did you mean zone\?/],
  ['a zone without a name', { zone: '' }, /zone must be the name of a zone/],
  ['no labels', { labels: {} }, /labels must have a label/],
]

for (const [what, placement, message] of refused) {
  test(`${what} is refused`, () => {
    assert.throws(
      () => of(placement),
      (error) => isSpawnError(error) && error.code === 'INVALID_ARGUMENT' && message.test(error.message),
    )
  })
}

test('a state that is stored lives on one member at a time', () => {
  assert.throws(() => of('local', true), /placement cannot be 'local' when stateful is true/)
})
