// How long after a command its server gives the first answer: `spawn dev` on a module with one actor, whose first call is
// durable; or, as the variant `bare`, Node with nothing but a `node:http` server.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { HttpConnection, postRequest } from './http-client.ts'
import type { Prepare } from './subject.ts'

const COMMAND = fileURLToPath(new URL('../bin/spawn.js', import.meta.url))
const MODULE = fileURLToPath(new URL('start-module.ts', import.meta.url))

const BARE = `require('node:http').createServer((request, response) => {
  request.resume().on('end', () => response.end('{}'))
}).listen(Number(process.argv[2]), '127.0.0.1')`

/** How often one looks whether it answers. */
const LOOK_EVERY_MS = 2
const GIVE_UP_MS = 20_000

export const prepare: Prepare = async ({ directory, variant }) => {
  const bare = join(directory, 'bare.cjs')
  writeFileSync(bare, BARE)

  const launch = (port: number): ChildProcess => {
    const command =
      variant === 'bare' ? [bare, String(port)] : [COMMAND, 'dev', MODULE, '--port', String(port)]
    return spawn(process.execPath, command, { cwd: directory, stdio: 'ignore' })
  }

  return {
    round: async () => {
      const port = await freePort()
      const request = postRequest(port, '/api/v1/system/bench/actors/first/actions/add', '{"value":1}')
      const from = performance.now()
      const server = launch(port)
      try {
        await firstAnswer(server, port, request)
        return { tookMs: performance.now() - from }
      } finally {
        const exited = once(server, 'exit')
        server.kill('SIGTERM')
        await exited
      }
    },
    stop: async () => {},
  }
}

async function firstAnswer(server: ChildProcess, port: number, request: Buffer): Promise<void> {
  const end = performance.now() + GIVE_UP_MS
  while (server.exitCode === null && performance.now() < end) {
    const connection = await HttpConnection.open(port).catch(() => null)
    if (connection !== null) {
      await connection.send(request)
      connection.close()
      return
    }
    await setTimeout(LOOK_EVERY_MS)
  }
  throw new Error(`the server gave no answer; its exit code is ${server.exitCode}`)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
