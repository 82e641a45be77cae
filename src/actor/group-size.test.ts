// What goes into one group: so many commits, and so many bytes of them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LIMITS } from '../base/index.ts'
import { Packed } from '../protocol/index.ts'
import { commitOf, envelopeOf, outsideCommit } from '../testing/statestore-fixture.ts'
import { fitting } from './group-size.ts'

const packed = (length: number): Packed => new Packed('t', new Uint8Array(length))
const taken = (open: Parameters<typeof fitting>[0], commitGroup: number, commitGroupBytes: number): number =>
  fitting(open, { commitGroup, commitGroupBytes })

test('a group has as many commits as both limits take', () => {
  const open = [1, 2, 3, 4].map((at) => commitOf(`a${at}`, 0, { state: packed(1_000) }))
  assert.equal(taken([], 10, 10_000), 0)
  assert.equal(taken(open, 10, 10_000), 4)
  assert.equal(taken(open, 3, 10_000), 3)
  assert.equal(taken(open, 10, 3_500), 2)
})

test('a commit that is larger goes alone, and nothing with it', () => {
  const [large, small] = [commitOf('large', 0, { state: packed(2_000) }), commitOf('small', 0)]
  assert.equal(taken([large, small], 10, 1_000), 1)
  assert.equal(taken([small, large], 10, 1_600), 1)
})

test('what it keeps under a key, what it sends and what it takes counts, too', () => {
  const reply = { key: 'k', reply: packed(3_000), expiresAtMs: 1 }
  const sends = [envelopeOf('a', { payload: packed(3_000) })]
  const takes = Array.from({ length: 6 }, (_none, at) => String(at))
  for (const commit of [
    commitOf('keyed', 0, { outcomes: [reply] }),
    outsideCommit({ sends }),
    outsideCommit({ takes }),
  ])
    assert.equal(taken([commit, commit], 10, 6_000), 1)
})

test('a group of the largest states comes to what is said, and small ones are as many as may be', () => {
  const largest = { ...commitOf('a', 0), state: packed(LIMITS.payloadBytes) }
  const many = Array.from({ length: LIMITS.commitGroup }, () => largest)
  assert.equal(fitting(many, LIMITS), 7)
  assert.equal(
    fitting(
      many.map(() => commitOf('a', 0, { state: packed(60_000) })),
      LIMITS,
    ),
    LIMITS.commitGroup,
  )
})
