import assert from 'node:assert/strict'
import { test } from 'node:test'
import { below, seededRandom } from '../../base/index.ts'
import { LateKeys } from './late-keys.ts'

const pairsOf = (late: LateKeys, from = 0, to = 2 ** 53): string[] =>
  Array.from(late.between(from, to), ({ hash, row }) => `${hash} ${row}`).toSorted()

test('entries leave in order, once they are many, and all that were added before', () => {
  const random = seededRandom(3)
  const late = new LateKeys(7, 1_000)
  const written: number[] = []
  let [added, lastRow] = [0, 7]
  let ends: number[] = []
  for (let row = 8; ends.length < 3; row += 1) {
    for (let count = 0; count < 10; count += 1) late.add(below(random, 2 ** 53), row)
    added += 10
    if (late.areLeaving) {
      const end = late.leave(20, (hash) => written.push(hash))
      if (end !== null) {
        assert.deepEqual(
          written,
          written.toSorted((left, right) => left - right),
        )
        assert.equal(written.length, (end - lastRow) * 10, 'those of all rows up to the last one')
        written.length = 0
        ;[lastRow, ends] = [end, [...ends, end]]
      }
    } else
      assert.equal(
        late.leave(20, () => assert.fail('none is to leave yet')),
        null,
      )
    late.settle(true)
  }
  assert.ok(added > 3_000 && added <= 1_500 * 3 + 20, `${added} were added for three times`)
})

test('a transaction that fails leaves them as they were, also those that were leaving', () => {
  const random = seededRandom(4)
  const late = new LateKeys(0, 200)
  /** Few hashes, so that some meet. */
  const hash = (): number => below(random, 300)
  let entries = new Set<string>()
  let left = new Set<string>()
  let [row, failed, ended] = [0, 0, 0]
  for (let round = 0; round < 800; round += 1) {
    const after = new Set(entries)
    const leftAfter = new Set(left)
    for (let changes = below(random, 8); changes > 0; changes -= 1) {
      row += 1
      const added = hash()
      late.add(added, row)
      after.add(`${added} ${row}`)
    }
    for (const entry of after) {
      if (below(random, 90) > 0) continue
      const [dropped = 0, of = 0] = entry.split(' ').map(Number)
      late.drop(dropped, of)
      after.delete(entry)
    }
    let end: number | null = null
    if (late.areLeaving) end = late.leave(9, (each, of) => leftAfter.add(`${each} ${of}`))
    assert.deepEqual(pairsOf(late), [...after].toSorted())
    const committed = below(random, 3) > 0
    late.settle(committed)
    if (committed) [entries, left] = [after, leftAfter]
    else failed += 1
    if (committed && end !== null) {
      // What is no longer here has left, and nothing else.
      for (const entry of entries) {
        if (Number(entry.split(' ')[1]) > end) continue
        assert.ok(left.has(entry), entry)
        entries.delete(entry)
      }
      ended += 1
    }
    assert.deepEqual(pairsOf(late), [...entries].toSorted())
    const from = hash()
    const some = [...entries].filter(
      (entry) => Number(entry.split(' ')[0]) >= from && Number(entry.split(' ')[0]) < from + 9,
    )
    assert.deepEqual(pairsOf(late, from, from + 9), some.toSorted())
  }
  assert.ok(failed > 150 && ended > 2, `${failed} failed, ${ended} times all had left`)
})

test('what a transaction that fails has dropped is back, also where runs were joined after that', () => {
  const late = new LateKeys(0, 10_000)
  const far = Array.from({ length: 300 }, (_none, at) => 10_000 + at)
  for (const hash of far) late.add(hash, 1)
  late.settle(true)
  const before = pairsOf(late)
  late.drop(far[7] ?? 0, 1)
  // Twice too far before the end: with the second run the first two are joined, without what was dropped.
  for (const from of [5_000, 1_000]) for (let at = 0; at < 300; at += 1) late.add(from + at, 2)
  late.settle(false)
  assert.deepEqual(pairsOf(late), before)
})
