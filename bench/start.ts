// How long after a command its server gives the first answer: `spawn dev` on a module with one actor, whose first call is
// durable, from the sources or, as the variant `installed`, from the package as it is published; or, as the variant `bare`,
// Node with nothing but a `node:http` server.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { HttpConnection, postRequest } from './http-client.ts'
import type { Prepare } from './subject.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const MODULE = 'start-module.ts'

const BARE = `require('node:http').createServer((request, response) => {
  request.resume().on('end', () => response.end('{}'))
}).listen(Number(process.argv[2]), '127.0.0.1')`

/** How often one looks whether it answers. */
const LOOK_EVERY_MS = 2
const GIVE_UP_MS = 20_000

export const prepare: Prepare = async ({ directory, variant }) => {
  const bare = join(directory, 'bare.cjs')
  writeFileSync(bare, BARE)

  const [from, module] = variant === 'installed' ? installed(directory) : [ROOT, join(ROOT, 'bench', MODULE)]

  const launch = (port: number): ChildProcess => {
    const dev = [join(from, 'bin/spawn.js'), 'dev', module, '--port', String(port)]
    const command = variant === 'bare' ? [bare, String(port)] : dev
    return spawn(process.execPath, command, { cwd: directory, stdio: 'ignore' })
  }

  return {
    round: async () => {
      const port = await freePort()
      const request = postRequest(port, '/api/v1/system/bench/actors/first/actions/add', '{"value":1}')
      const begunMs = performance.now()
      const server = launch(port)
      try {
        await firstAnswer(server, port, request)
        return { tookMs: performance.now() - begunMs }
      } finally {
        const exited = once(server, 'exit')
        server.kill('SIGTERM')
        await exited
      }
    },
    stop: async () => {},
  }
}

/** An application in a folder that has the package in its `node_modules`. @returns the package and the module. */
function installed(folder: string): readonly [string, string] {
  const modules = join(folder, 'node_modules')
  const own = join(modules, 'spawn-mesh')
  const built = spawnSync(process.execPath, [join(ROOT, 'scripts/build.ts'), own], { encoding: 'utf8' })
  if (built.status !== 0) throw new Error(`the package could not be built: ${built.stderr}`)
  const manifest = JSON.parse(readFileSync(join(own, 'package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>
  }
  for (const name of Object.keys(manifest.dependencies)) {
    mkdirSync(dirname(join(modules, name)), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name), 'dir')
  }
  const module = join(folder, MODULE)
  copyFileSync(join(ROOT, 'bench', MODULE), module)
  return [own, module]
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
