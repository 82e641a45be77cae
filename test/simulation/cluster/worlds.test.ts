// What turns set in motion, over members of a cluster that come, go, freeze, die and lose touch: the worlds of ../worlds, with
// their promises as they are for one process. `npm run sim -- --world cluster-ring --seeds N` runs more.

import assert from 'node:assert/strict'
import { aside } from '../../aside.ts'
import type { Commit, Statestore } from '../../../src/ports/index.ts'
import { withCommit } from '../planted.ts'
import { bank, ring, schedules, timers, WORLDS } from '../worlds/index.ts'
import type { WorldKind } from '../worlds/world.ts'
import { runWorld } from './world-course.ts'

const test = aside(import.meta.url)

/** Per world; and how much must happen in each seed on the whole, lest the seeds try nothing. */
const SEEDS: Readonly<Record<string, { readonly count: number; readonly happens: number }>> = {
  ring: { count: 15, happens: 10 },
  bank: { count: 15, happens: 3 },
  schedules: { count: 10, happens: 20 },
  timers: { count: 10, happens: 50 },
  past: { count: 10, happens: 4 },
}

for (const world of WORLDS) {
  const { count, happens } = SEEDS[world.name] ?? { count: 0, happens: 1 }
  test(`${world.name}: holds over members for seeds 1 to ${count}`, async () => {
    let happened = 0
    let views = 0
    for (let seed = 1; seed <= count; seed += 1) {
      const verdict = await runWorld(world, seed)
      happened += verdict.happened
      views += verdict.epoch
      const replay = `seed ${seed}; replay: npm run sim -- --world cluster-${world.name} --seed ${seed} --log`
      assert.deepEqual(verdict.violations, [], replay)
    }
    assert.ok(happened > happens * count, `only ${happened} times did anything happen`)
    assert.ok(views > 4 * count, `only ${views} views: the seeds move too little`)
  })
}

test('what was passed over before its actor came is not overtaken by what was read after it', async () => {
  assert.deepEqual((await runWorld(ring, 700_860)).violations, [])
})

test('a seed gives the same course every time, to the last step', async () => {
  const first = await runWorld(bank, 3, { log: true })
  assert.deepEqual(await runWorld(bank, 3, { log: true }), first)
})

async function finds(
  world: WorldKind,
  words: RegExp,
  fitted: (store: Statestore) => Statestore,
): Promise<void> {
  for (let seed = 1; seed <= 20; seed += 1) {
    const { violations } = await runWorld(world, seed, { fitted })
    if (violations.some((violation) => words.test(violation))) return
  }
  assert.fail(`no seed up to 20 broke ${String(words)}`)
}

/** Every so many commits, one is acknowledged and forgotten. */
const forgetful =
  (every: number) =>
  (store: Statestore): Statestore => {
    let commits = 0
    return withCommit(store, async (group: readonly Commit[]) => {
      commits += 1
      return commits % every === 0 ? group.map(() => 'committed') : store.commit(group)
    })
  }

test('a store that forgets some of what it acknowledged is found by each', async () => {
  await finds(ring, /is lost/, forgetful(5))
  await finds(schedules, /were to be|in the beat of/, forgetful(5))
  await finds(timers, /in the beat of|has no timer/, forgetful(5))
})
