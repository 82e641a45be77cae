import assert from 'node:assert/strict'
import { test } from 'node:test'

import { actor } from '../../sdk/index.ts'
import { definitionLines } from './definition-lines.ts'

const user = actor('user', {
  kind: 'unnamed',
  state: 0,
  actions: { init: () => {}, rename: () => {}, leave: () => {} },
})
const shop = actor('東京', { actions: { open: () => {} } })

test('each definition has a line with its kind and its actions, but the one that begins its life', () => {
  assert.deepEqual(definitionLines([user, shop], null), [
    '  user  unnamed  rename, leave',
    '  東京  named    open',
  ])
})

test('lines end with the screen, and are not too many', () => {
  const many = Array.from({ length: 25 }, () => user)
  const lines = definitionLines(many, 20)
  assert.equal(lines.length, 21)
  assert.equal(lines[0], '  user  unnamed  re…')
  assert.equal(lines.at(-1), '  … and 5 more')
})
