// Calls of volatile actors on another member over NATS, as members send them to each other, and beside them NATS' own
// request-reply, driven the same way. This process asks, through a private server; peer-answers.ts has a process of its own.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { connect } from '@nats-io/transport-node'

import type { PeerRequest } from '../src/mesh/peers/peer-request.ts'
import type { RemoteCall } from '../src/ports/index.ts'
import { jsonCodec, type Packed } from '../src/protocol/index.ts'
import { PrivateNats } from '../test/servers/nats.ts'
import { actorNames, drive, Picker, warmUp } from './drive.ts'
import { ANSWERING, startPeers, SUBJECT } from './peer-link.ts'
import type { Prepare } from './subject.ts'

const ANSWERS = fileURLToPath(new URL('peer-answers.ts', import.meta.url))
const BODY = '{"value":1}'

/** One call, and what ends all of it. */
interface Way {
  readonly call: (name: string) => Promise<unknown>
  readonly end: () => Promise<void>
}

export const prepare: Prepare = async ({ actors, callers, directory, variant }) => {
  const server = await PrivateNats.start()
  const answering = fork(ANSWERS, [variant, server.address, directory], { stdio: ['ignore', 2, 2, 'ipc'] })
  await once(answering, 'message')
  const { call, end } = await (variant === 'bare' ? bareWay(server.address) : peersWay(server.address))
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
    stop: async () => {
      await end()
      const exited = once(answering, 'exit')
      answering.disconnect()
      await exited
      await server.end()
    },
  }
}

async function bareWay(address: string): Promise<Way> {
  const nats = await connect({ servers: address })
  const payload = new TextEncoder().encode(BODY)
  return {
    call: () => nats.request(SUBJECT, payload, { timeout: 60_000 }),
    end: () => nats.close(),
  }
}

async function peersWay(address: string): Promise<Way> {
  const nothing = (): Promise<never> => Promise.reject(new Error('nobody asks this one'))
  const peers = await startPeers(address, 'asking', nothing)
  const payload = jsonCodec.pack({ value: 1 })
  return {
    call: async (name) => {
      const reply = await peers.request(ANSWERING, requestOf(name, payload), { timeoutMs: 60_000 })
      if (reply.kind === 'failed') throw reply.error
    },
    end: () => peers.stop(),
  }
}

function requestOf(name: string, payload: Packed): PeerRequest {
  const call: RemoteCall = {
    operation: 'call',
    definition: 'volatile',
    name,
    action: 'add',
    payload,
    metadata: {},
    caller: null,
    chain: [],
    idempotencyKey: null,
    async: false,
    timeoutMs: 60_000,
    revision: null,
    follows: null,
    repeatable: false,
  }
  return { system: 'bench', epoch: 1, body: { kind: 'call', call } }
}
