// Real runtimes on simulated members, over one store that fails: what is acknowledged stands once, no turn runs on what is older
// than that, effects, also by way of pooled actors, and broadcasts are taken once, calls for later run once, and what is
// placed in a zone lives there, whatever befalls the members. `npm run sim -- --world cluster-town --seeds N` runs more.

import assert from 'node:assert/strict'
import { aside } from '../../aside.ts'
import { Directory } from '../../../src/mesh/directory.ts'
import type { Commit, Statestore } from '../../../src/ports/index.ts'
import { changed, withCommit } from '../planted.ts'
import { runTown } from './town.ts'

const test = aside(import.meta.url)

const SEEDS = 16

test(`every promise holds over members, for seeds 1 to ${SEEDS}`, async () => {
  let happened = 0
  let moved = 0
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const verdict = await runTown(seed)
    assert.deepEqual(verdict.violations, [], `seed ${seed}`)
    happened += verdict.happened
    moved += verdict.moved
  }
  assert.ok(happened > 80 * SEEDS, `only ${happened} calls succeeded`)
  assert.ok(moved > SEEDS, `only ${moved} times did an actor move`)
})

test('a seed gives the same course every time', async () => {
  const [first, second] = [await runTown(7), await runTown(7)]
  assert.deepEqual([second.steps, second.violations], [first.steps, first.violations])
})

async function finds(rule: RegExp, fitted: (store: Statestore) => Statestore): Promise<void> {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { violations } = await runTown(seed, { fitted })
    if (violations.some((violation) => rule.test(violation))) return
  }
  assert.fail(`no seed up to ${SEEDS} broke ${String(rule)}`)
}

test('a store that acknowledges and forgets some is found', () => {
  let commits = 0
  return finds(/^(acknowledged|stale)/, (store) =>
    withCommit(store, async (group) => {
      commits += 1
      return commits % 15 === 0 ? group.map(() => 'committed') : store.commit(group)
    }),
  )
})

test('a store that does not say that an envelope was taken before is found', () => {
  let commits = 0
  return finds(/^(distinct|effect)/, (store) =>
    withCommit(store, (group) => {
      commits += 1
      return store.commit(commits % 5 === 0 ? group.map((commit) => changed(commit, { takes: [] })) : group)
    }),
  )
})

test('a store that loses what is sent to the listeners of a channel is found', () =>
  finds(/^broadcast/, (store) =>
    withCommit(store, (group) => {
      const kept = ({ header }: Commit['sends'][number]): boolean => !header.includes('"paper"')
      return store.commit(group.map((commit) => changed(commit, { sends: commit.sends.filter(kept) })))
    }),
  ))

test('a placement that does not keep to its zone is found', (context) => {
  const { place } = Directory.prototype
  context.mock.method(Directory.prototype, 'place', function (this: Directory, definition: string) {
    return place.call(this, definition === 'northern list' ? 'list' : definition)
  })
  return finds(/^placed/, (store) => store)
})
