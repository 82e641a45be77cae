// The crash test by hand: node test/crash/main.ts [--minutes M | --kills N] [--seed S]. Prints every kill and the
// reckoning; fails if anything was lost or doubled.

import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { ordeal } from './ordeal.ts'

/** How long a life and the start after it take together, roughly. */
const KILL_EVERY_MS = 1_200

const { values } = parseArgs({
  options: { minutes: { type: 'string' }, kills: { type: 'string' }, seed: { type: 'string' } },
})
const seed = values.seed === undefined ? randomInt(1_000_000) : Number(values.seed)
const kills =
  values.minutes === undefined
    ? Number(values.kills ?? 10)
    : Math.ceil((Number(values.minutes) * 60_000) / KILL_EVERY_MS)
console.log(`seed ${seed}, ${kills} kills`)
const { acknowledged, total, unknown, violations } = await ordeal({ seed, kills, progress: console.log })
console.log(`${acknowledged} acknowledged, ${unknown} unknown, ${total} in the end`)
for (const violation of violations) console.log(`✖ ${violation}`)
console.log(violations.length === 0 ? '✔ nothing lost, nothing doubled' : `✖ seed ${seed}`)
process.exitCode = violations.length === 0 ? 0 : 1
