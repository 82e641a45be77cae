// `npm run bench`: measures the project's budgets, each beside a physical limit or a peer, and says whether they hold.
// Reads the arguments and prints; what is measured is in plan.ts, how in measure.ts.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { type Line, lineOf, quantityText } from './line.ts'
import { loadText, machineText } from './machine.ts'
import { compare, type Rounds } from './measure.ts'
import type { Comparison } from './comparison.ts'
import { PLAN } from './plan.ts'
import { jsonText, tableText } from './table.ts'

const HELP = `Usage: npm run bench -- [options]

Measures each path of the runtime in turns with a physical limit or a peer, and prints a table.

  --only <pattern>    only paths whose name matches this regular expression
  --rounds <n>        rounds of each subject, default 5, or 15 where they differ much;
                      one more warms up
  --seconds <n>       length of a round, default 0.4
  --directory <path>  where databases are made, default the system's temporary folder
  --long              also what takes minutes to prepare
  --json              one JSON object per line: name, unit, value, beside, ratio, bar, holds, …
  --strict            exit with 1 when a bar does not hold
  --help

Examples:
  npm run bench
  npm run bench -- --only 'durable call' --rounds 9
  npm run bench -- --json > bench.jsonl`

const ROUNDS = 5

/** Exit codes: a bar does not hold (with --strict) or a path could not be measured; the command line is wrong. */
const EXIT = { failed: 1, usage: 64 } as const

interface Arguments {
  readonly only: RegExp
  /** Null: as the plan has them. */
  readonly rounds: number | null
  readonly seconds: number
  readonly directory: string
  readonly long: boolean
  readonly json: boolean
  readonly strict: boolean
  readonly help: boolean
}

function readArguments(): Arguments {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: '' },
      rounds: { type: 'string' },
      seconds: { type: 'string', default: '0.4' },
      directory: { type: 'string', default: tmpdir() },
      long: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      strict: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const rounds = values.rounds === undefined ? null : Number(values.rounds)
  const seconds = Number(values.seconds)
  if (rounds !== null && !(Number.isInteger(rounds) && rounds > 0))
    throw new Error('--rounds takes a whole number from 1')
  if (!(seconds > 0)) throw new Error('--seconds takes a number above 0')
  const only = new RegExp(values.only, 'i')
  if (chosen(only, values.long).length === 0) throw new Error(`no path matches ${only}`)
  return { ...values, only, rounds, seconds }
}

function chosen(only: RegExp, long: boolean): Comparison[] {
  return PLAN.filter(({ isLong }) => long || isLong !== true)
    .map((comparison) => ({
      ...comparison,
      lines: comparison.lines.filter((line) => only.test(line.name)),
    }))
    .filter(({ lines }) => lines.length > 0)
}

function countOf({ maxRounds = Infinity, rounds = ROUNDS }: Comparison, asked: number | null): number {
  return Math.min(asked ?? rounds, maxRounds)
}

async function measured(comparison: Comparison, rounds: Rounds): Promise<Line[]> {
  const { beside, lines, onOneProcessor = false, subject } = comparison
  const choices = beside === null ? [subject] : [subject, beside]
  const [own = [], limit = []] = await compare(choices, { ...rounds, onOneProcessor })
  const besideReadings = beside === null ? null : { name: beside.name, readings: limit }
  return lines.map((line) => lineOf(line, own, besideReadings))
}

/** The lines of all paths that could be measured, and how many could not. */
async function run(options: Arguments): Promise<{ lines: Line[]; missing: number }> {
  const { directory: parent, json, long, only, rounds, seconds } = options
  const comparisons = chosen(only, long)
  const directory = await mkdtemp(join(parent, 'spawn-bench-'))
  const lines: Line[] = []
  let missing = 0
  try {
    for (const [at, comparison] of comparisons.entries()) {
      const names = comparison.lines.map((line) => line.name).join('; ')
      process.stderr.write(`[${at + 1}/${comparisons.length}] ${names} … `)
      try {
        const found = await measured(comparison, {
          count: countOf(comparison, rounds),
          durationMs: seconds * 1_000,
          directory,
        })
        process.stderr.write(
          `${found.map((line) => quantityText(line.value.median, line.unit)).join('; ')}\n`,
        )
        if (json) console.log(found.map(jsonText).join('\n'))
        lines.push(...found)
      } catch (error) {
        // The other paths can still be measured; the run as a whole has failed.
        process.stderr.write(`not measured: ${textOf(error)}\n`)
        missing += comparison.lines.length
      }
    }
    return { lines, missing }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function main(options: Arguments): Promise<void> {
  const loadBefore = loadText()
  const from = performance.now()
  const { lines, missing } = await run(options)
  const failing = lines.filter((line) => line.holds === false).length
  if (missing > 0 || (failing > 0 && options.strict)) process.exitCode = EXIT.failed
  if (options.json) return
  const took = ((performance.now() - from) / 1_000).toFixed(0)
  const { directory, long, only, rounds, seconds } = options
  const counts = chosen(only, long).map((comparison) => countOf(comparison, rounds))
  console.log(await machineText(directory))
  console.log(
    `load ${loadBefore} before, ${loadText()} after; ${rangeText(counts)} rounds of ${seconds} s each; ${took} s\n`,
  )
  console.log(tableText(lines))
  console.log(`\n${verdictText(failing, missing)}`)
}

function rangeText(counts: readonly number[]): string {
  const [least, most] = [Math.min(...counts), Math.max(...counts)]
  return least === most ? String(least) : `${least} to ${most}`
}

function verdictText(failing: number, missing: number): string {
  const bars = failing === 0 ? 'all bars that were measured hold' : `${failing} of the bars do not hold`
  return missing === 0 ? bars : `${bars}; ${missing} paths could not be measured`
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function argumentsOrExit(): Arguments | null {
  try {
    return readArguments()
  } catch (error) {
    console.error(`bench: ${textOf(error)}; see npm run bench -- --help`)
    process.exitCode = EXIT.usage
    return null
  }
}

const options = argumentsOrExit()
if (options?.help === true) console.log(HELP)
else if (options !== null) await main(options)
