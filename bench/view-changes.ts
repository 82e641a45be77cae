// What it costs that a member comes and goes while the others have many actors in memory and are called: how long it takes
// until all that moves has moved, what the slowest call took meanwhile, and for how long this process did nothing else at a
// time.

import { monitorEventLoopDelay } from 'node:perf_hooks'

import { until } from '../src/testing/index.ts'
import { BenchCluster } from './cluster.ts'
import { actorNames, Picker } from './drive.ts'
import type { Prepare } from './subject.ts'

const CALLERS = 64
/** Those that bring all actors into memory. */
const WAKERS = 1_024
const CALM_MS = 1_000

type Call = () => Promise<unknown>

/** As the route of the cluster's status answers. */
interface Status {
  readonly epoch: number
  readonly members: readonly { readonly acked: number | null }[]
}

export const prepare: Prepare = async ({ actors, directory }) => {
  const cluster = await BenchCluster.start(directory, 1, 0)
  const names = actorNames(actors)
  const picker = new Picker(actors)
  const next: Call = () =>
    cluster.own.invoke(names[picker.next()]!, { ref: 'kept', action: 'add', payload: { value: 1 } })
  return {
    round: async () => {
      await callAll(next, actors)
      const calm = await underLoad(next, () => new Promise((resolve) => void setTimeout(resolve, CALM_MS)))
      const joining = cluster.join()
      const join = await underLoad(next, async () => {
        await joining
        await settled(cluster, 3)
      })
      const member = await joining
      const leave = await underLoad(next, async () => {
        await cluster.leave(member)
        await settled(cluster, 2)
      })
      return {
        calmWorstMs: calm.worstMs,
        joinMs: join.tookMs,
        joinWorstMs: join.worstMs,
        joinPauseMs: join.pauseMs,
        leaveMs: leave.tookMs,
        leaveWorstMs: leave.worstMs,
        leavePauseMs: leave.pauseMs,
      }
    },
    stop: () => cluster.stop(),
  }
}

async function callAll(next: Call, actors: number): Promise<void> {
  let left = actors
  const loop = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      await next()
    }
  }
  await Promise.all(Array.from({ length: WAKERS }, loop))
}

async function settled({ own }: BenchCluster, count: number): Promise<void> {
  await until(
    `${count} members have let go of all that is not theirs`,
    async () => {
      const answer = await fetch(`${own.url}/api/v1/cluster`)
      const { epoch, members } = (await answer.json()) as Status
      return members.length === count && members.every(({ acked }) => acked === epoch)
    },
    { timeoutMs: 60_000 },
  )
}

interface Seen {
  readonly tookMs: number
  /** Of all calls that were answered meanwhile. */
  readonly worstMs: number
  /** The longest time for which the event loop did not come round. */
  readonly pauseMs: number
}

/** Callers call while something happens. */
async function underLoad(next: Call, work: () => Promise<void>): Promise<Seen> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  let isOver = false
  let worstMs = 0
  const loop = async (): Promise<void> => {
    while (!isOver) {
      const from = performance.now()
      await next()
      worstMs = Math.max(worstMs, performance.now() - from)
    }
  }
  delay.enable()
  const callers = Array.from({ length: CALLERS }, loop)
  const from = performance.now()
  await work()
  const tookMs = performance.now() - from
  isOver = true
  await Promise.all(callers)
  delay.disable()
  return { tookMs, worstMs, pauseMs: delay.max / 1e6 }
}
