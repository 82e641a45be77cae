// The crash test by hand: node test/crash/main.ts [--of adds|past|ring|schedules|wire] [--minutes M | --kills N] [--seed S]. Prints
// every kill and the reckoning; fails if anything was lost or doubled.

import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { ordeal } from './ordeal.ts'
import { pastOrdeal } from './past-ordeal.ts'
import { ringOrdeal } from './ring-ordeal.ts'
import { scheduleOrdeal } from './schedule-ordeal.ts'
import { wireOrdeal } from './wire-ordeal.ts'

/** How long a life and the start after it take together, roughly. */
const KILL_EVERY_MS = 1_200

const { values } = parseArgs({
  options: {
    of: { type: 'string', default: 'adds' },
    minutes: { type: 'string' },
    kills: { type: 'string' },
    seed: { type: 'string' },
  },
})
const seed = values.seed === undefined ? randomInt(1_000_000) : Number(values.seed)
const kills =
  values.minutes === undefined
    ? Number(values.kills ?? 10)
    : Math.ceil((Number(values.minutes) * 60_000) / KILL_EVERY_MS)
console.log(`${values.of}, seed ${seed}, ${kills} kills`)
const violations = await endured()
for (const violation of violations) console.log(`✖ ${violation}`)
console.log(violations.length === 0 ? '✔ nothing lost, nothing doubled' : `✖ seed ${seed}`)
process.exitCode = violations.length === 0 ? 0 : 1

async function endured(): Promise<readonly string[]> {
  const options = { seed, kills, progress: console.log }
  if (values.of === 'past') {
    const told = await pastOrdeal(options)
    console.log(`${told.adds} adds, ${told.restores} restores, ${told.unknown} unknown`)
    return told.violations
  }
  if (values.of === 'ring') {
    const told = await ringOrdeal(options)
    console.log(`${told.tokens} tokens were passed on ${told.passes} times`)
    return told.violations
  }
  if (values.of === 'schedules') {
    const windowMs = kills * KILL_EVERY_MS
    const told = await scheduleOrdeal({ ...options, schedules: 200 * kills, windowMs })
    console.log(`${told.acknowledged} acknowledged, ${told.unknown} unknown, ${told.ran} ran`)
    return told.violations
  }
  const isWire = values.of === 'wire'
  if (!isWire && values.of !== 'adds') {
    throw new Error(`--of must be one of adds, past, ring, schedules, wire; not ${values.of}`)
  }
  const told = isWire ? await wireOrdeal(options) : await ordeal(options)
  console.log(`${told.acknowledged} acknowledged, ${told.unknown} unknown, ${told.total} in the end`)
  return told.violations
}
