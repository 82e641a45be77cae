// Calls through the proxy: a client (this process), the proxy, and a host that is plain node:http, each a process of its
// own; one call under way on each keep-alive connection. The variant `two hops` has a forwarder and an echo in their
// places, which read and write the same bytes.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { actorNames, Picker, quantile } from './drive.ts'
import { callFor, HttpConnection, postBytes, warmUpServers } from './http-client.ts'
import { invocationBytes, OCTETS, registrationBytes, SYSTEM } from './proxy-bodies.ts'
import type { Prepare, Reading } from './subject.ts'

const HOP = fileURLToPath(new URL('proxy-hop.ts', import.meta.url))

export const prepare: Prepare = async ({ actors, callers, directory, variant }) => {
  const isBare = variant === 'two hops'
  const inner = await Hop.start(isBare ? 'echo' : 'host', 0, directory)
  const outer = await Hop.start(isBare ? 'forwarder' : 'proxy', inner.port, directory)
  if (!isBare) await register(outer.port, variant)
  const requests = actorNames(actors).map((name) =>
    postBytes(
      outer.port,
      `/api/v1/system/${SYSTEM}/actors/${name}/invoke`,
      OCTETS,
      invocationBytes(name, isBare ? 'durable' : variant),
    ),
  )
  const connections = await Promise.all(
    Array.from({ length: callers }, () => HttpConnection.open(outer.port)),
  )
  const picker = new Picker(actors)
  const following = (): Buffer => requests[picker.next()]!
  const emptyBytes = await outer.heldBytes()

  const round = async (durationMs: number): Promise<Reading> => {
    const cpuBeforeUs = await outer.cpuUs()
    const from = performance.now()
    const tookMs = await callFor(durationMs, connections, following)
    const rate = tookMs.length / ((performance.now() - from) / 1_000)
    const cpuUs = ((await outer.cpuUs()) - cpuBeforeUs) / tookMs.length
    return { rate, cpuUs, p50Ms: quantile(tookMs, 0.5), p99Ms: quantile(tookMs, 0.99) }
  }

  /** Every actor once, in the first round: then all of them are in memory. */
  let next = 0
  const roundOfAll = async (): Promise<Reading> => {
    const use = async (connection: HttpConnection): Promise<void> => {
      for (; next < requests.length;) await connection.send(requests[next++]!)
    }
    await Promise.all(connections.map(use))
    return { bytes: ((await outer.heldBytes()) - emptyBytes) / actors }
  }

  if (actors <= 1_000) await warmUpServers(connections, 1, following)
  const stop = async (): Promise<void> => {
    for (const connection of connections) connection.close()
    await outer.stop()
    await inner.stop()
  }
  return { round: actors > 1_000 ? roundOfAll : round, stop }
}

async function register(port: number, variant: string): Promise<void> {
  const connection = await HttpConnection.open(port)
  await connection.send(postBytes(port, '/api/v1/system', OCTETS, registrationBytes(variant)))
  connection.close()
}

class Hop {
  readonly port: number
  private readonly child: ChildProcess

  private constructor(child: ChildProcess, port: number) {
    this.child = child
    this.port = port
  }

  static async start(role: string, behind: number, directory: string): Promise<Hop> {
    const child = fork(HOP, [role, String(behind), directory], { stdio: ['ignore', 2, 2, 'ipc'] })
    const { port } = await told<{ port: number }>(child)
    return new Hop(child, port)
  }

  /** What its process holds after a full collection. */
  async heldBytes(): Promise<number> {
    const answer = told<{ bytes: number }>(this.child)
    this.child.send('bytes')
    return (await answer).bytes
  }

  /** The processor time that its process has used, in all its threads. */
  async cpuUs(): Promise<number> {
    const answer = told<{ cpuUs: number }>(this.child)
    this.child.send('cpu')
    return (await answer).cpuUs
  }

  async stop(): Promise<void> {
    const exited = once(this.child, 'exit')
    this.child.disconnect()
    await exited
  }
}

/** What a process says next; its end instead is an error. */
function told<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      child.off('message', heard).off('exit', gone)
      act()
    }
    // Our own process at the other end says what the caller expects.
    const heard = (message: T): void => settle(() => resolve(message))
    const gone = (code: number | null): void =>
      settle(() => reject(new Error(`a process of the benchmark ended with code ${code}`)))
    child.on('message', heard).on('exit', gone)
  })
}
