// What turns set in motion, over many seeds: processes are killed between any two steps of commit, delivery and
// acknowledgement. The next seeds are in test/slow/; `npm run sim -- --world ring --seeds N --seed S` runs more. A seed that
// once failed stands in seeds.test.ts under the name of what was wrong.

import assert from 'node:assert/strict'
import { aside } from '../aside.ts'
import { run, WORLDS } from './worlds/index.ts'

const test = aside(import.meta.url)

/** Per world; and how much must happen in each seed on the whole, lest the seeds try nothing. */
const SEEDS: Readonly<Record<string, { readonly count: number; readonly happens: number }>> = {
  ring: { count: 200, happens: 10 },
  bank: { count: 125, happens: 3 },
  schedules: { count: 125, happens: 10 },
  timers: { count: 100, happens: 50 },
  past: { count: 125, happens: 5 },
}

for (const world of WORLDS) {
  const { count, happens } = SEEDS[world.name] ?? { count: 0, happens: 1 }
  test(`${world.name}: holds for seeds 1 to ${count}, whatever is killed`, async () => {
    let happened = 0
    let processes = 0
    for (let seed = 1; seed <= count; seed += 1) {
      const verdict = await run(world, seed)
      happened += verdict.happened
      processes += verdict.processes
      const replay = `seed ${seed}; replay: npm run sim -- --world ${world.name} --seed ${seed} --log`
      assert.deepEqual(verdict.violations, [], replay)
    }
    assert.ok(happened > happens * count, `only ${happened} times did anything happen`)
    assert.ok(processes > 2.5 * count, `only ${processes} processes lived: the seeds kill too little`)
  })

  test(`${world.name}: a seed gives the same course every time, to the last step`, async () => {
    for (const seed of [3, 25, 141]) {
      const first = await run(world, seed, { log: true })
      const second = await run(world, seed, { log: true })
      assert.deepEqual(second, first, `seed ${seed} differs from itself`)
    }
  })
}
