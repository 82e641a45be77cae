import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Candidate, Rendezvous } from './rendezvous.ts'

const NAMES = 1_000_000

const even = (...ids: string[]): Candidate[] => ids.map((id) => ({ id, weight: 1 }))
const members = (count: number): Candidate[] =>
  even(...Array.from({ length: count }, (_, at) => `node-${at}-a7`))

/** Who has each of a million names that differ in little. */
function placed(candidates: readonly Candidate[], space = 'system/order'): Uint8Array {
  const rendezvous = new Rendezvous(candidates, space)
  return Uint8Array.from({ length: NAMES }, (_, at) => rendezvous.ownerOf(`order-${at}`))
}

function shares(owners: Uint8Array, count: number): number[] {
  const counts = new Array<number>(count).fill(0)
  for (const owner of owners) counts[owner]! += 1
  return counts.map((each) => each / NAMES)
}

test('a million names are spread evenly over eight members, in each space anew', () => {
  const orders = placed(members(8))
  for (const share of shares(orders, 8)) assert.ok(Math.abs(share * 8 - 1) < 0.02, `a share of ${share}`)
  const users = placed(members(8), 'system/user')
  const together = orders.reduce((sum, owner, at) => sum + (owner === users[at] ? 1 : 0), 0) / NAMES
  assert.ok(Math.abs(together * 8 - 1) < 0.02, `${together} of the names have one place in two spaces`)
})

test('a member that goes leaves its names to all others, and nothing else moves', () => {
  const all = members(8)
  const before = placed(all)
  const after = placed(all.toSpliced(3, 1))
  const heirs = new Array<number>(8).fill(0)
  for (let at = 0; at < NAMES; at += 1) {
    const [owner, heir] = [before[at] as number, after[at] as number]
    if (owner === 3) heirs[heir]! += 1
    else assert.equal(heir, owner > 3 ? owner - 1 : owner)
  }
  const moved = heirs.reduce((sum, each) => sum + each, 0)
  for (const each of heirs.slice(0, 7))
    assert.ok(Math.abs((each / moved) * 7 - 1) < 0.04, `${each} of ${moved}`)
})

test('a member that comes takes its share from all others, and nothing else moves', () => {
  const before = placed(members(7))
  const after = placed(members(8))
  let moved = 0
  for (let at = 0; at < NAMES; at += 1) {
    if (after[at] === 7) moved += 1
    else assert.equal(after[at], before[at])
  }
  assert.ok(Math.abs((moved / NAMES) * 8 - 1) < 0.02, `${moved} moved`)
})

test('weights are shares, and what changes moves no more than its share', () => {
  const weighed = ['a', 'b', 'c'].map((id, at) => ({ id, weight: at + 1 }))
  const before = placed(weighed)
  for (const [at, share] of shares(before, 3).entries())
    assert.ok(Math.abs((share * 6) / (at + 1) - 1) < 0.02, `${share} for ${at + 1} of 6`)
  const after = placed(weighed.with(0, { id: 'a', weight: 2 }))
  for (let at = 0; at < NAMES; at += 1) if (after[at] !== before[at]) assert.equal(after[at], 0)
})

test('where there is one candidate it has all, where there is none nobody has anything', () => {
  assert.equal(new Rendezvous(even('a'), 's').ownerOf('x'), 0)
  assert.equal(new Rendezvous([], 's').ownerOf('x'), -1)
})

test('it stays what it is: members of two versions must agree', () => {
  const three = new Rendezvous(even('a', 'b', 'c'), 's/d')
  const weighed = new Rendezvous([...even('a', 'b'), { id: 'c', weight: 4 }], 's/d')
  const names = ['', 'a', 'order-7', 'ü', 'x'.repeat(500), '\u{1f600}', 'a/b', '0', 'b', 'c', 'd', 'e']
  assert.deepEqual(names.map((name) => three.ownerOf(name)).join(''), '221221220021')
  assert.deepEqual(names.map((name) => weighed.ownerOf(name)).join(''), '222221222221')
})
