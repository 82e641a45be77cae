// Calls in a cluster, made by one of its members. The variant `away` calls actors that all live on another member; a number
// says how many members share the actors that are called. `bare` is NATS' own request-reply between two processes.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { connect } from '@nats-io/transport-node'

import { PrivateNats } from '../test/servers/nats.ts'
import { BenchCluster } from './cluster.ts'
import { actorNames, drive, Picker, warmUp } from './drive.ts'
import type { Prepare } from './subject.ts'

/** One call, and what ends all of it. */
interface Way {
  readonly call: (name: string) => Promise<unknown>
  readonly end: () => Promise<void>
}

export const prepare: Prepare = async ({ actors, callers, directory, variant }) => {
  const { call, end } = await (variant === 'bare' ? bareWay() : clusterWay(directory, variant))
  const names = actorNames(actors)
  const picker = new Picker(actors)
  const next = (): Promise<unknown> => call(names[picker.next()]!)
  await warmUp(next)
  return {
    round: async (durationMs) => {
      const before = process.cpuUsage()
      const rate = await drive({ callers, durationMs, lookEvery: callers }, next)
      const { system, user } = process.cpuUsage(before)
      return { rate, cpuUs: (system + user) / (rate * (durationMs / 1_000)) }
    },
    stop: end,
  }
}

async function clusterWay(directory: string, variant: string): Promise<Way> {
  const members = variant === 'away' ? 2 : Number(variant)
  const ref = variant === 'away' ? 'away' : 'spread'
  const cluster = await BenchCluster.start(directory, members - 1)
  const call = { ref, action: 'add', payload: { value: 1 } }
  return { call: (name) => cluster.own.invoke(name, call), end: () => cluster.stop() }
}

const SUBJECT = 'bench.echo'
const BODY = new TextEncoder().encode('{"value":1}')

async function bareWay(): Promise<Way> {
  const server = await PrivateNats.start()
  const echo = fork(fileURLToPath(new URL('nats-echo.ts', import.meta.url)), [server.address, SUBJECT], {
    stdio: ['ignore', 2, 2, 'ipc'],
  })
  await once(echo, 'message')
  const nats = await connect({ servers: server.address })
  return {
    call: () => nats.request(SUBJECT, BODY, { timeout: 60_000 }),
    end: async () => {
      await nats.close()
      const exited = once(echo, 'exit')
      echo.disconnect()
      await exited
      await server.end()
    },
  }
}
