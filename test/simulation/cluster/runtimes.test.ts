// Real runtimes on simulated members, over one store: what is acknowledged stands once, no turn runs on what is older than that,
// effects are taken once and calls for later run once, whatever befalls the members.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Commit, Statestore } from '../../../src/ports/index.ts'
import { withCommit } from '../planted.ts'
import { townOf } from './runtime-engine.ts'
import { weatherOf } from './weather.ts'
import { runCluster, type Verdict } from './world.ts'

const SEEDS = 30

function run(seed: number, fitted?: (store: Statestore) => Statestore): Promise<Verdict> {
  const { actors, events } = weatherOf(seed)
  const { engine, stored } = townOf(seed, actors, fitted)
  return runCluster(seed, {
    engine,
    stored,
    kinds: ['add', 'add', 'read', 'pass', 'later'],
    // Calls for later go by wall clocks: where these differ by much, later is not the same for all.
    weather: { events: events.filter(({ event }) => event.kind !== 'clock') },
  })
}

test(`every promise holds over members, for seeds 1 to ${SEEDS}`, async () => {
  let happened = 0
  let moved = 0
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const verdict = await run(seed)
    assert.deepEqual(verdict.violations, [], `seed ${seed}`)
    happened += verdict.happened
    moved += verdict.moved
  }
  assert.ok(happened > 80 * SEEDS, `only ${happened} calls succeeded`)
  assert.ok(moved > 2 * SEEDS, `only ${moved} times did an actor move`)
})

test('a seed gives the same course every time', async () => {
  const [first, second] = [await run(7), await run(7)]
  assert.deepEqual([second.steps, second.violations], [first.steps, first.violations])
})

async function finds(rule: RegExp, fitted: (store: Statestore) => Statestore): Promise<void> {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { violations } = await run(seed, fitted)
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
  const untaken = (commit: Commit): Commit => {
    const { birth, committedAtMs, epoch, follows, history, id, outcomes, revision, sends, state, tags } =
      commit
    return {
      birth,
      committedAtMs,
      epoch,
      follows,
      history,
      id,
      outcomes,
      revision,
      sends,
      state,
      tags,
      takes: [],
    }
  }
  let commits = 0
  return finds(/^(distinct|effect)/, (store) =>
    withCommit(store, (group) => {
      commits += 1
      return store.commit(commits % 5 === 0 ? group.map(untaken) : group)
    }),
  )
})
