// HTTP JSON calls over keep-alive connections, one under way on each. This process is the client; the server has one of
// its own (http-server.ts), and may be the runtime or an echo.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { actorNames, Picker, quantile } from './drive.ts'
import { callFor, HttpConnection, postRequest, warmUpServers } from './http-client.ts'
import { cpuUsOf } from './processor-time.ts'
import type { Prepare, Reading } from './subject.ts'

const SERVER = fileURLToPath(new URL('http-server.ts', import.meta.url))

/** @param shape its variant: what is called, and behind a slash how many processes serve it. */
export const prepare: Prepare = async ({ actors, callers, directory, variant: given }) => {
  const [variant = '', processes = '1'] = given.split('/')
  const server = fork(SERVER, [variant, directory, processes])
  const port = await portOf(server)
  const requests = actorNames(actors).map((name) =>
    postRequest(port, `/api/v1/system/bench/actors/${name}/actions/add?ref=${variant}`, '{"value":1}'),
  )
  const connections = await Promise.all(Array.from({ length: callers }, () => HttpConnection.open(port)))
  const picker = new Picker(actors)

  const next = (): Buffer => requests[picker.next()]!
  await warmUpServers(connections, Number(processes), next)

  const round = async (durationMs: number): Promise<Reading> => {
    const cpuBeforeUs = await cpuUsOf(server.pid!)
    const from = performance.now()
    const tookMs = await callFor(durationMs, connections, next)
    const rate = tookMs.length / ((performance.now() - from) / 1_000)
    const cpuUs = ((await cpuUsOf(server.pid!)) - cpuBeforeUs) / tookMs.length
    return { rate, cpuUs, p50Ms: quantile(tookMs, 0.5), p99Ms: quantile(tookMs, 0.99) }
  }

  const stop = async (): Promise<void> => {
    for (const connection of connections) connection.close()
    const exited = once(server, 'exit')
    server.disconnect()
    await exited
  }
  return { round, stop }
}

async function portOf(server: ChildProcess): Promise<number> {
  const gone = once(server, 'exit').then(([code]) => {
    throw new Error(`the server ended with code ${code}`)
  })
  const [port] = (await Promise.race([once(server, 'message'), gone])) as [number]
  return port
}
