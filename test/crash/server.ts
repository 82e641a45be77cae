// The server under test: `spawn start` as a process of its own, on one port and one file, through all its lives. Decides
// how it is begun and ended; what is done to it in between is the test's.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { messageOf } from '../../src/base/index.ts'
import { until } from '../../src/testing/index.ts'

export const SYSTEM = 'crash-test'

const COMMAND = fileURLToPath(new URL('../../bin/spawn.js', import.meta.url))
const START_MS = 60_000
/** How long whoever found no server rests, so that the processor is left to the one that comes up. */
export const RETRY_MS = 100

/** What is killed and begun again. */
export interface Victim {
  readonly port: number
  readonly url: string
  /** Begins a life; resolves when it takes calls. */
  start(): Promise<void>
  /** kill -9, now: of all of it, or of a part. */
  kill(): Promise<void>
  /** Leaves no process behind. */
  end(): Promise<void>
  /** Asks for an orderly stop; answers with the exit code. */
  stop(): Promise<number | null>
}

/** Where a server runs, when that is not this machine as it is. */
export interface Place {
  readonly host: string
  /** What a command begins with that runs there. */
  readonly enter: readonly string[]
}

const HERE: Place = { host: '127.0.0.1', enter: [] }

export class Server implements Victim {
  readonly port: number
  readonly #place: Place
  readonly #command: readonly string[]
  #child: ChildProcess | null = null
  #output = ''

  private constructor(port: number, store: string, command: readonly string[], place = HERE) {
    this.port = port
    this.#place = place
    this.#command = [...command, '--system', SYSTEM, '--port', String(port), '--store', store]
  }

  /** A server of one of the modules in this folder, not running yet, on a port that is free now. */
  static async on(file: string, module: string): Promise<Server> {
    return Server.over(`sqlite:${file}`, new URL(module, import.meta.url))
  }

  /** The same over any store, and of any module. */
  static async over(
    store: string,
    module: URL,
    options: readonly string[] = [],
    place?: Place,
  ): Promise<Server> {
    return new Server(await freePort(), store, ['start', fileURLToPath(module), ...options], place)
  }

  /** A proxy before a host that answers on a port of this machine. */
  static async proxy(file: string, hostPort: number, options: readonly string[]): Promise<Server> {
    const command = ['proxy', '--user-function-port', String(hostPort), ...options]
    return new Server(await freePort(), `sqlite:${file}`, command)
  }

  /** A proxy over any store, whose hosts say where they answer. */
  static async proxyOver(store: string, options: readonly string[]): Promise<Server> {
    return new Server(await freePort(), store, ['proxy', ...options])
  }

  get url(): string {
    return `http://${this.#place.host}:${this.port}`
  }

  /** The last of what its latest life has printed. */
  get output(): string {
    return this.#output
  }

  async start(): Promise<void> {
    const [program = '', ...words] = [...this.#place.enter, process.execPath, COMMAND, ...this.#command]
    const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    this.#output = ''
    const keep = (chunk: Buffer): void =>
      void (this.#output = (this.#output + chunk.toString()).slice(-4_000))
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    await until('the server to be ready', () => this.#isReady(child), { timeoutMs: START_MS, pauseMs: 30 })
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  end(): Promise<void> {
    return this.kill()
  }

  async stop(): Promise<number | null> {
    return this.#end('SIGTERM')
  }

  /** Takes all time from it, as a machine does that stands still; `thaw` gives it back. */
  freeze(): void {
    this.#child?.kill('SIGSTOP')
  }

  thaw(): void {
    this.#child?.kill('SIGCONT')
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
    try {
      const answer = await fetch(`${this.url}/health/readiness`)
      await answer.arrayBuffer()
      if (answer.ok) return true
      throw new Error(`it answers with ${answer.status}`)
    } catch (thrown) {
      // Why it takes so long, only it can say.
      throw new Error(`${messageOf(thrown)}; it has printed:\n${this.#output}`, { cause: thrown })
    }
  }
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (address === null || typeof address === 'string') throw new Error('a TCP listener has a port')
  return address.port
}
