import assert from 'node:assert/strict'
import { test } from 'node:test'
import { below, seededRandom } from '../../base/index.ts'
import { dueRuns, levelOf } from './merge-choice.ts'

const due = (levels: readonly (number | null)[]): readonly number[] =>
  dueRuns([...levels.keys()], (at) => levels[at] ?? null)

test('a level is four times the one below', () => {
  const sizes = [1, 100, 199, 201, 400, 799, 801, 1_600]
  assert.deepEqual(
    sizes.map((entries) => levelOf(entries, 100)),
    [0, 0, 0, 1, 1, 1, 2, 2],
  )
})

test('four of a level are merged, the lowest level first, and what is smaller between them goes along', () => {
  assert.deepEqual(due([]), [])
  assert.deepEqual(due([2, 1, 1, 1, 0, 0, 0]), [])
  assert.deepEqual(due([1, 1, 1, 1, 0, 0, 0, 0]), [4, 5, 6, 7])
  assert.deepEqual(due([2, 1, 1, 0, 1, 1, 0]), [1, 2, 3, 4, 5, 6])
  assert.deepEqual(due([1, 0, 0, 1, 0, 0]), [])
  assert.deepEqual(due([0, 0, 0, 1, 0, 0, 0, 0, 1]), [4, 5, 6, 7])
})

test('one that is not to be touched is left out, and nothing is merged across it', () => {
  assert.deepEqual(due([0, 0, null, 0, 0]), [])
  assert.deepEqual(due([0, 0, null, 0, 0, 0, 0]), [3, 4, 5, 6])
})

test('there are few runs, and each entry is written a few times, whatever is left of what is merged', () => {
  const random = seededRandom(9)
  const share = (): number => below(random, 1_001) / 1_000
  const kinds: readonly [name: string, kept: () => number][] = [
    ['all', () => 1],
    ['most', () => 0.7 + 0.3 * share()],
    ['half', () => 0.5],
    ['few', () => 0.01],
    ['any', share],
    ['all, and now and then nothing', () => (share() < 0.1 ? 0.001 : 1)],
  ]
  const added = 5_000
  for (const [name, kept] of kinds) {
    let runs: number[] = []
    let [written, longest] = [0, 0]
    for (let round = 0; round < added; round += 1) {
      runs.push(100)
      for (;;) {
        const chosen = dueRuns([...runs.keys()], (at) => levelOf(runs[at] ?? 0, 100))
        const [from] = chosen
        if (from === undefined) break
        const sum = chosen.reduce((all, at) => all + (runs[at] ?? 0), 0)
        written += sum
        runs = runs.toSpliced(from, chosen.length, Math.max(1, Math.round(sum * kept())))
      }
      longest = Math.max(longest, runs.length)
    }
    assert.ok(longest <= 24, `${name}: ${longest} runs`)
    assert.ok(written <= added * 100 * 7, `${name}: each written ${written / added / 100} times`)
  }
})
