// The simulations of test/simulation/ with seeds behind those that `npm test` plays. Each night thousands are played that no
// night before has; these stay the same, so that a change is held against them again.

import assert from 'node:assert/strict'
import { aside } from '../aside.ts'
import { runCluster } from '../simulation/cluster/world.ts'
import { simulate } from '../simulation/simulate.ts'
import { run, WORLDS } from '../simulation/worlds/index.ts'

const test = aside(import.meta.url)

/** What is wrong in the simulation of a seed. */
type Violations = (seed: number) => Promise<readonly string[]>

const SIMULATIONS: Readonly<Record<string, readonly [first: number, last: number, of: Violations]>> = {
  engine: [301, 1_200, async (seed) => (await simulate(seed)).violations],
  cluster: [101, 400, async (seed) => (await runCluster(seed)).violations],
  ...Object.fromEntries(
    WORLDS.map((world) => [
      world.name,
      [101, 800, async (seed: number) => (await run(world, seed)).violations] as const,
    ]),
  ),
}

for (const [name, [first, last, violationsOf]] of Object.entries(SIMULATIONS))
  test(`${name}: holds for seeds ${first} to ${last}`, async () => {
    for (let seed = first; seed <= last; seed += 1)
      assert.deepEqual(await violationsOf(seed), [], `seed ${seed} of ${name}`)
  })
