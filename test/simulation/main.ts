// `npm run sim -- --seeds N --seed S`: more simulations than the tests run, or one again with its whole log; `--help` lists
// the rest. Prints progress, and for each failure what was broken and how to replay it; fails if any did.

import { parseArgs } from 'node:util'
import { runTown } from './cluster/town.ts'
import { runWorld } from './cluster/world-course.ts'
import { runCluster } from './cluster/world.ts'
import { logOf, simulate } from './simulate.ts'
import { run, WORLDS } from './worlds/index.ts'

/** The mesh alone, real runtimes on it, and each world over them. */
const CLUSTERS = ['cluster', 'cluster-town', ...WORLDS.map(({ name }) => `cluster-${name}`)]

const HELP = `npm run sim -- [--world NAME] [--seeds N] [--seed S] [--all] [--log]

  --world   calls (default), ${WORLDS.map(({ name }) => name).join(', ')}; over the members of a cluster
            ${CLUSTERS.join(', ')}; all: one after the other
  --seeds   how many, each of another course. Default 1
  --seed    the first of them. Default 1
  --all     goes on after a failure
  --log     the whole course: what was called, what the store did, when processes ended
`

/** One simulation, whatever it was of. */
interface Told {
  readonly violations: readonly string[]
  readonly steps: number
  /** Calls, or what else there is to count. */
  readonly happened: number
  readonly log: string
}

const { values } = parseArgs({
  options: {
    world: { type: 'string', default: 'calls' },
    seeds: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    all: { type: 'boolean', default: false },
    log: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const REPORT_EVERY_MS = 5_000
const SHOWN = 10

if (values.help) console.log(HELP)
else await main()

async function main(): Promise<void> {
  const first = wholeNumber('seed', values.seed)
  const count = wholeNumber('seeds', values.seeds)
  const known = ['calls', ...WORLDS.map(({ name }) => name), ...CLUSTERS]
  if (![...known, 'all'].includes(values.world))
    throw new Error(`--world must be one of ${known.join(', ')}, all; not ${values.world}`)
  for (const world of values.world === 'all' ? known : [values.world]) {
    if (!(await hold(world, first, count))) process.exitCode = 1
  }
}

/** Whether all seeds of a world hold. */
async function hold(world: string, first: number, count: number): Promise<boolean> {
  const startedMs = performance.now()
  let lastReportMs = startedMs
  let failures = 0
  let steps = 0
  let happened = 0
  for (let seed = first; seed < first + count && (values.all || failures === 0); seed += 1) {
    const told = await one(world, seed)
    steps += told.steps
    happened += told.happened
    if (values.log) console.log(told.log)
    if (told.violations.length > 0) {
      failures += 1
      console.log(`✖ ${world}, seed ${seed}:`)
      for (const violation of told.violations.slice(0, SHOWN)) console.log(`  ${violation}`)
      console.log(`  replay with its log: npm run sim -- --world ${world} --seed ${seed} --log`)
    }
    if (performance.now() - lastReportMs > REPORT_EVERY_MS) {
      lastReportMs = performance.now()
      console.log(`… ${world}, seed ${seed}, ${seed - first + 1} of ${count}, ${failures} failed`)
    }
  }
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1)
  const verdict = failures === 0 ? '✔ all hold' : `✖ ${failures} failed`
  console.log(`${world}: ${verdict}: ${happened} happened in ${steps} steps, ${seconds} s`)
  return failures === 0
}

async function one(name: string, seed: number): Promise<Told> {
  if (name === 'cluster' || name === 'cluster-town') {
    const play = name === 'cluster' ? runCluster : runTown
    const verdict = await play(seed, { log: values.log })
    return { ...verdict, log: [JSON.stringify(verdict.weather), ...verdict.log].join('\n') }
  }
  const spread = WORLDS.find((each) => `cluster-${each.name}` === name)
  if (spread !== undefined) {
    const verdict = await runWorld(spread, seed, { log: values.log })
    const { climate, log, weather } = verdict
    return { ...verdict, log: [JSON.stringify(weather), JSON.stringify(climate), ...log].join('\n') }
  }
  const world = WORLDS.find((each) => each.name === name)
  if (world !== undefined) {
    const verdict = await run(world, seed, { log: values.log })
    return { ...verdict, log: verdict.log.join('\n') }
  }
  const verdict = await simulate(seed)
  const { history, steps, violations } = verdict
  return { violations, steps, happened: history.ops.length, log: values.log ? logOf(verdict) : '' }
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw new Error(`--${name} must be a whole number, not ${text}`)
}
