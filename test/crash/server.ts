// The server under test: `spawn start` as a process of its own, on one port and one file, through all its lives. Decides
// how it is begun and ended; what is done to it in between is the test's.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { until } from '../../src/testing/index.ts'

export const SYSTEM = 'crash-test'

const COMMAND = fileURLToPath(new URL('../../bin/spawn.js', import.meta.url))
const START_MS = 20_000

export class Server {
  readonly port: number
  readonly #file: string
  readonly #module: string
  #child: ChildProcess | null = null
  #output = ''

  private constructor(port: number, file: string, module: string) {
    this.port = port
    this.#module = fileURLToPath(new URL(module, import.meta.url))
    this.#file = file
  }

  /** A server of one of the modules in this folder, not running yet, on a port that is free now. */
  static async on(file: string, module: string): Promise<Server> {
    const probe = createServer().listen(0, '127.0.0.1')
    await once(probe, 'listening')
    const address = probe.address()
    probe.close()
    await once(probe, 'close')
    if (address === null || typeof address === 'string') throw new Error('a TCP listener has a port')
    return new Server(address.port, file, module)
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** Begins a life; resolves when it takes calls. */
  async start(): Promise<void> {
    const options = ['--system', SYSTEM, '--port', String(this.port), '--store', `sqlite:${this.#file}`]
    const child = spawn(process.execPath, [COMMAND, 'start', this.#module, ...options], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    this.#output = ''
    const keep = (chunk: Buffer): void =>
      void (this.#output = (this.#output + chunk.toString()).slice(-4_000))
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    await until('the server to be ready', () => this.#isReady(child), { timeoutMs: START_MS, pauseMs: 10 })
  }

  /** kill -9, now. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Asks for an orderly stop; answers with the exit code. */
  async stop(): Promise<number | null> {
    return this.#end('SIGTERM')
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child
    this.#child = null
    if (child === null || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null
    const exit = once(child, 'exit')
    child.kill(signal)
    await exit
    return child.exitCode
  }

  async #isReady(child: ChildProcess): Promise<boolean> {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}:\n${this.#output}`)
    const answer = await fetch(`${this.url}/health/readiness`)
    await answer.arrayBuffer()
    return answer.ok
  }
}
