// `npm run sim -- --seeds N --seed S`: more simulations than the tests run, or one again with its whole log. Prints
// progress, and for each failure what was broken and how to replay it; fails if any did.

import { parseArgs } from 'node:util'
import { logOf, simulate } from './simulate.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    /** Goes on after a failure. */
    all: { type: 'boolean', default: false },
    log: { type: 'boolean', default: false },
  },
})
const first = wholeNumber('seed', values.seed)
const count = wholeNumber('seeds', values.seeds)
const startedMs = performance.now()
let lastReportMs = startedMs
let failures = 0
let steps = 0
let calls = 0
for (let seed = first; seed < first + count; seed += 1) {
  const verdict = await simulate(seed)
  steps += verdict.steps
  calls += verdict.history.ops.length
  if (values.log) console.log(logOf(verdict))
  if (verdict.violations.length > 0) {
    failures += 1
    console.log(`✖ seed ${seed}:`)
    for (const violation of verdict.violations.slice(0, 10)) console.log(`  ${violation}`)
    console.log(`  replay with its log: npm run sim -- --seed ${seed} --log`)
    if (!values.all) break
  }
  if (performance.now() - lastReportMs > 5_000) {
    lastReportMs = performance.now()
    console.log(`… seed ${seed}, ${seed - first + 1} of ${count}, ${failures} failed`)
  }
}
const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1)
console.log(
  `${failures === 0 ? '✔ all hold' : `✖ ${failures} failed`}: ${calls} calls, ${steps} steps, ${seconds} s`,
)
process.exitCode = failures === 0 ? 0 : 1

function wholeNumber(name: string, text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw new Error(`--${name} must be a whole number, not ${text}`)
}
