// What is wrong with the version and the steps of a definition is said when it is defined.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AddSchema } from '../../examples/incrementor-protobuf/incrementor_pb.ts'
import { isSpawnError } from '../base/index.ts'
import { actor } from './actor.ts'
import { upgradeFrom } from './upgrade-setting.ts'

const pass = (before: unknown): unknown => before

// Applications in JavaScript have no compiler to tell them.
const define = (settings: object): unknown =>
  Reflect.apply(actor, undefined, ['cart', { actions: {}, ...settings }])

describe('the version of a definition', () => {
  const cases: readonly [what: string, settings: object, expected: RegExp][] = [
    ['no number', { version: '1', upgrade: {} }, /version must be a whole number from 0, not "1"/],
    ['below 0', { version: -1 }, /version must be a whole number from 0/],
    ['too large', { version: 1_000_001, upgrade: {} }, /version must be at most 1000000/],
    [
      'without steps',
      { version: 2 },
      /version is 2, and nothing says .* add upgrade: \{ 2: .* or upgrade: \{\} if none/,
    ],
    [
      'steps without a version',
      { upgrade: { 1: pass } },
      /upgrade leads nowhere: say the version .* version: 1/,
    ],
    [
      'steps in an array',
      { version: 1, upgrade: [pass] },
      /upgrade must be an object of steps by the version/,
    ],
    [
      'a step to 0',
      { version: 1, upgrade: { 0: pass, 1: pass } },
      /has a step "0"; steps lead to a version from 1 to 1/,
    ],
    ['a step beyond', { version: 1, upgrade: { 1: pass, 2: pass } }, /has a step "2"/],
    ['a step by a word', { version: 1, upgrade: { one: pass } }, /has a step "one"/],
    ['a gap', { version: 4, upgrade: { 2: pass, 4: pass } }, /upgrade has a gap: no step leads to version 3/],
    ['no last step', { version: 3, upgrade: { 1: pass, 2: pass } }, /no step leads to version 3/],
    [
      'a step that is none',
      { version: 1, upgrade: { 1: 5 } },
      /upgrade\[1\] must be a function .* or upgradeFrom/,
    ],
    [
      'a schema that is none',
      { version: 1, upgrade: { 1: { schema: {}, step: pass } } },
      /upgrade\[1\] is no schema/,
    ],
    [
      'no state',
      { version: 1, upgrade: {}, state: undefined },
      /version has no effect when there is no state/,
    ],
    [
      'nothing stored',
      { version: 1, upgrade: {}, stateful: false },
      /version has no effect when stateful is false/,
    ],
    [
      'a pool',
      { kind: 'pooled', version: 1, upgrade: {}, state: undefined },
      /version has no effect when kind is 'pooled'/,
    ],
  ]
  for (const [what, settings, expected] of cases) {
    test(what, () => {
      assert.throws(
        () => define({ state: { total: 0 }, ...settings }),
        (thrown) => {
          assert.ok(isSpawnError(thrown) && thrown.code === 'INVALID_ARGUMENT', String(thrown))
          assert.match(thrown.message, /^actor "cart" has a bad setting: /)
          assert.match(thrown.message, expected)
          return true
        },
      )
    })
  }

  test('may begin late, or say that there is nothing older', () => {
    for (const settings of [
      { version: 3, upgrade: { 2: pass, 3: upgradeFrom(AddSchema, pass) } },
      { version: 3, upgrade: { 3: pass } },
      { version: 7, upgrade: {} },
      { version: 0 },
    ])
      assert.doesNotThrow(() => define({ state: { total: 0 }, ...settings }))
  })
})
