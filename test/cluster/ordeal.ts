// The ordeal of a cluster: callers that never rest at the doors of real members, things that happen to these, and the
// reckoning. Used by the tests and by the demonstration.

import { performance } from 'node:perf_hooks'
import { seededRandom } from '../../src/base/index.ts'
import { until } from '../../src/testing/index.ts'
import { PrivateNats } from '../servers/nats.ts'
import { postgresServer, type TestDatabase } from '../servers/postgres.ts'
import type { Place } from './cable.ts'
import { ClusterCallers, type CallersOptions, type Door } from './callers.ts'
import { reckon } from './reckoning.ts'
import { CabledMember, type Member, type MemberOptions } from './world.ts'

export interface OrdealOptions {
  /** Decides who is called where, and what happens when. */
  readonly seed: number
  readonly members: number
  readonly leaseMs: number
  readonly load: Pick<CallersOptions, 'callers' | 'ledgers' | 'everyMs' | 'timeoutMs'>
  readonly progress?: ((text: string) => void) | undefined
}

/** How long after the last thing that happens every actor may take to be served. */
const SERVED_AGAIN_MS = 60_000

const SESSIONS_END = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`

export interface Stage<M extends Member = CabledMember> {
  readonly members: readonly M[]
  readonly callers: ClusterCallers
  readonly nats: PrivateNats
  readonly seed: number
  readonly progress: (text: string) => void
}

export interface Reckoning {
  readonly callers: ClusterCallers
  /** What is wrong, in words; empty: all that was told can have happened one call at a time. */
  readonly violations: readonly string[]
}

/** @param play what happens while the callers go on; they stop when it is over. */
export function ordeal(options: OrdealOptions, play: (stage: Stage) => Promise<void>): Promise<Reckoning> {
  return ordealOf(options, CabledMember.of, play)
}

/** The same of members of any kind. */
export async function ordealOf<M extends Member>(
  options: OrdealOptions,
  make: (node: string, options: MemberOptions) => Promise<M>,
  play: (stage: Stage<M>) => Promise<void>,
): Promise<Reckoning> {
  const nats = await PrivateNats.start()
  const database = await (await postgresServer()).takeDatabase()
  const members: M[] = []
  try {
    for (let at = 0; at < options.members; at += 1) {
      const node = String.fromCodePoint('a'.codePointAt(0)! + at)
      members.push(await make(node, { database, nats: placeOf(nats), leaseMs: options.leaseMs }))
    }
    await Promise.all(members.map((member) => member.start()))
    return await underLoad(options, nats, members, play)
  } finally {
    await endAll(members, nats, database)
  }
}

async function underLoad<M extends Member>(
  { load, progress = () => {}, seed }: OrdealOptions,
  nats: PrivateNats,
  members: readonly M[],
  play: (stage: Stage<M>) => Promise<void>,
): Promise<Reckoning> {
  const callers = new ClusterCallers({
    ...load,
    doors: members,
    random: seededRandom(seed),
  })
  const running = callers.run()
  try {
    await until('the first hundred answers', () => callers.latenciesMs.length >= 100, { timeoutMs: 60_000 })
    await play({ members, callers, nats, seed, progress })
  } finally {
    callers.stop()
    await running
  }
  const [door] = members
  if (door === undefined) throw new Error('there is no member')
  const ends = []
  for (const [ledger, calls] of callers.calls.entries())
    ends.push({ calls, entries: await inTheEnd(callers, ledger, door) })
  return { callers, violations: reckon(ends, performance.now()) }
}

/** What has just been put in order may take a while until it serves. */
function inTheEnd(callers: ClusterCallers, ledger: number, door: Door): Promise<readonly string[]> {
  const looked = (): Promise<readonly string[]> => callers.entries(ledger, door)
  return until(`the entries of ledger ${ledger}`, looked, { timeoutMs: SERVED_AGAIN_MS })
}

async function endAll(members: readonly Member[], nats: PrivateNats, database: TestDatabase): Promise<void> {
  for (const member of members) await member.end()
  await nats.end()
  // Those of a member whose network did not say that it died.
  await database.query(SESSIONS_END)
  await database.release()
}

function placeOf({ address }: PrivateNats): Place {
  const { hostname: host, port } = new URL(`nats://${address}`)
  return { host, port: Number(port) }
}
