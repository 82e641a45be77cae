import assert from 'node:assert/strict'
import { test } from 'node:test'
import { below, seededRandom } from '../../base/index.ts'
import { KeyFilter } from './key-filter.ts'

const random = seededRandom(5)
const hash = (): number => below(random, 2 ** 53)

test('what stands is never denied, while it is being filled and after', () => {
  const filter = new KeyFilter()
  const standing = Array.from({ length: 5_000 }, hash).sort((left, right) => left - right)
  filter.write(7)
  assert.equal(filter.fillsFrom, null, 'nobody has asked')
  assert.ok(filter.mayHave(standing[0]!), 'it has seen nothing yet')
  for (let from = filter.fillsFrom; from !== null; from = filter.fillsFrom) {
    const rest = standing.filter((each) => each >= from)
    if (rest.length <= 500) filter.see(rest)
    else filter.see(rest.slice(0, 500), rest[500])
    for (const each of standing) assert.ok(filter.mayHave(each))
    const [newer, gone] = [hash(), standing[below(random, standing.length)]!]
    standing.push(newer)
    standing.sort((left, right) => left - right)
    filter.write(newer)
    standing.splice(standing.indexOf(gone), 1)
    filter.remove(gone)
    for (const each of standing) assert.ok(filter.mayHave(each))
  }
  let taken = 0
  for (let at = 0; at < 5_000; at += 1) if (filter.mayHave(hash())) taken += 1
  assert.ok(taken < 50, `${taken} of 5,000`)
  for (const each of standing) filter.remove(each)
  for (const each of standing) assert.ok(!filter.mayHave(each))
})

test('it grows with what stands, and denies nothing meanwhile, also of what was counted and is not written yet', () => {
  const filter = new KeyFilter(1_024)
  filter.mayHave(1)
  filter.see([])
  /** Those of generations: the one that comes together, and the one that is being written. */
  let open: number[] = []
  let folding: number[] = []
  let [isOpenCounted, isFoldingCounted] = [false, false]
  const written: number[] = []
  let [grown, wasFilling] = [0, false]
  while (written.length < 8_000) {
    for (let at = 0; at < 20; at += 1) {
      const added = hash()
      open.push(added)
      if (isOpenCounted) filter.count(added)
      const next = folding.pop()
      if (next !== undefined) {
        filter.write(next, isFoldingCounted)
        written.push(next)
      }
      if (below(random, 4) > 0 || written.length === 0) continue
      const gone = below(random, written.length)
      filter.remove(written[gone]!)
      written.splice(gone, 1)
    }
    for (const each of written) assert.ok(filter.mayHave(each))
    if (isFoldingCounted) for (const each of folding) assert.ok(filter.mayHave(each))
    if (isOpenCounted) for (const each of open) assert.ok(filter.mayHave(each))
    if (folding.length === 0) {
      ;[folding, isFoldingCounted] = [open, isOpenCounted]
      ;[open, isOpenCounted] = [[], filter.beginGeneration()]
    }
    assert.ok(filter.isFilled, 'the one before answers')
    const from = filter.fillsFrom
    if (from === null && wasFilling) grown += 1
    wasFilling = from !== null
    if (from === null) continue
    const rest = written.filter((each) => each >= from).sort((left, right) => left - right)
    if (rest.length <= 100) filter.see(rest)
    else filter.see(rest.slice(0, 100), rest[100])
  }
  assert.ok(grown >= 4, `it has grown ${grown} times`)
  let taken = 0
  for (let at = 0; at < 1_000; at += 1) if (filter.mayHave(hash())) taken += 1
  assert.ok(taken < 60, `${taken} of 1,000`)
})

test('what was counted before all is seen, or at the very place where seeing goes on, is neither lost nor counted twice', () => {
  const filter = new KeyFilter()
  const [low, middle, high] = [1_000, 2 ** 40, 2 ** 50]
  filter.mayHave(low)
  filter.see([], middle)
  // It is seen with the rest.
  filter.write(middle)
  const isCounted = filter.beginGeneration()
  if (isCounted) filter.count(high)
  filter.see([middle])
  filter.write(high, isCounted)
  for (const each of [middle, high]) assert.ok(filter.mayHave(each))
  filter.remove(middle)
  assert.ok(!filter.mayHave(middle), 'it was counted once')
})

test('a filter that takes the place of another knows what has gone while it was filled', () => {
  const filter = new KeyFilter(1_024)
  const [low, high] = [0, 2 ** 52].map((from) =>
    Array.from({ length: 100 }, () => from + below(random, 2 ** 40)),
  )
  assert.ok(low !== undefined && high !== undefined)
  filter.mayHave(1)
  filter.see([])
  for (const each of [...low, ...high]) filter.write(each)
  assert.notEqual(filter.fillsFrom, null, 'there is a next one')
  filter.see(low, 2 ** 52)
  for (const each of low) filter.remove(each)
  filter.see(high)
  while (!filter.beginGeneration()) assert.ok(filter.isFilled)
  for (const each of high) assert.ok(filter.mayHave(each))
  const taken = low.filter((each) => filter.mayHave(each)).length
  assert.ok(taken < 20, `${taken} of 100 that are gone`)
})

test('a bucket that is full stays full', () => {
  const filter = new KeyFilter()
  filter.mayHave(1)
  filter.see([])
  for (let at = 0; at < 300; at += 1) filter.write(1)
  for (let at = 0; at < 299; at += 1) filter.remove(1)
  assert.ok(filter.mayHave(1))
})

test('of a million keys, few are taken for one that does not stand', () => {
  const filter = new KeyFilter()
  filter.mayHave(1)
  filter.see([])
  // As the table hashes them: by few actors, and keys of theirs.
  const hashOfOne = (): number => below(random, 1_000) * 2_097 * 2 ** 32 + below(random, 2 ** 32)
  for (let at = 0; at < 1_000_000; at += 1) filter.write(hashOfOne())
  let taken = 0
  for (let at = 0; at < 20_000; at += 1) if (filter.mayHave(hashOfOne())) taken += 1
  assert.ok(taken < 300, `${taken} of 20,000`)
})
