// `npm run demo:cluster`: a NATS server, a Postgres and three members on this machine; load, and the death of one of them; then
// what happened. It decides what is shown; the members, the load and the reckoning are those of the tests.

import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { ClusterCallers } from '../test/cluster/callers.ts'
import { ordeal, type Stage } from '../test/cluster/ordeal.ts'
import { endPostgres } from '../test/servers/postgres.ts'

const HELP = `Usage: npm run demo:cluster -- [options]

Starts a NATS server, a Postgres and three members on free ports, calls 200 actors through all of them, kills one member,
and shows what callers see of that. Servers that are missing are installed with apt, on Debian as root. Takes a minute.

  --lease <ms>   how long a member that is not heard of may go on serving, default 6000
  --callers <n>  calls that are under way at once, default 32
  --help

Examples:
  npm run demo:cluster
  npm run demo:cluster -- --lease 2000 --callers 8`

const { values } = parseArgs({
  options: {
    lease: { type: 'string', default: '6000' },
    callers: { type: 'string', default: '32' },
    help: { type: 'boolean', default: false },
  },
})

const [leaseMs, callers] = [wholeNumber(values.lease, 300), wholeNumber(values.callers, 1)]
if (values.help) console.log(HELP)
else if (leaseMs !== null && callers !== null) await demonstrate(leaseMs, callers)
else {
  console.error(`a lease is a whole number of milliseconds from 300, and callers are at least 1\n\n${HELP}`)
  process.exitCode = 2
}

function wholeNumber(text: string, least: number): number | null {
  const value = Number(text)
  return Number.isSafeInteger(value) && value >= least ? value : null
}

async function demonstrate(leaseMs: number, callers: number): Promise<void> {
  say('starting NATS, Postgres and three members …')
  const load = { callers, ledgers: 200, timeoutMs: 30_000 }
  try {
    const { violations } = await ordeal({ seed: 1, members: 3, leaseMs, load }, (stage) =>
      play(stage, leaseMs),
    )
    for (const violation of violations) say(`WRONG: ${violation}`)
    if (violations.length > 0) process.exitCode = 1
    else
      say(
        'every answer, before and after, fits one history per actor with one call at a time: nothing was lost or doubled',
      )
  } finally {
    await endPostgres()
  }
}

async function play({ callers, members }: Stage, leaseMs: number): Promise<void> {
  for (const { node, port } of members) say(`member ${node} answers at http://127.0.0.1:${port}`)
  await watch(callers, 5)
  const [, victim] = members
  if (victim === undefined) throw new Error('there are three members')
  await victim.kill()
  const killedAt = performance.now()
  say(
    `member ${victim.node} is killed; its lease of ${leaseMs} ms has to run out before others serve its actors`,
  )
  await watch(callers, Math.ceil((leaseMs * 1.25) / 1_000) + 4)
  const slowest = Math.max(...callers.latenciesMs)
  const unsure = callers.failures.filter(({ atMs }) => atMs >= killedAt).length
  say(
    `${unsure} calls were told that they may have happened; the longest that any other waited was ${text(slowest)}`,
  )
  await victim.start()
  say(`member ${victim.node} is back`)
  await watch(callers, 5)
}

/** A line for each second. */
async function watch({ failures, latenciesMs }: ClusterCallers, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    const [answered, failed] = [latenciesMs.length, failures.length]
    await sleep(1_000)
    const taken = latenciesMs.slice(answered).toSorted((one, other) => one - other)
    const at = (part: number): string => text(taken[Math.floor(taken.length * part)] ?? 0)
    const errors = failures.length - failed
    const times = `half within ${at(0.5)}, 99 % within ${at(0.99)}`
    // A caller that has called an actor of a member that is gone waits for it; sooner or later each has.
    const told = taken.length === 0 ? 'every caller waits for an actor that nobody may serve yet' : times
    say(`${String(taken.length).padStart(6)} calls/s, ${told}, ${errors} errors`)
  }
}

function text(ms: number): string {
  return ms < 1_000 ? `${ms.toFixed(1)} ms` : `${(ms / 1_000).toFixed(1)} s`
}

function say(line: string): void {
  console.log(line)
}
