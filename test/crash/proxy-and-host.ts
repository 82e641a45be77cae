// A proxy and its host, each a process of its own: now the one is killed, now the other, now both. Decides which, so that
// three kills in a row are one of each, and that a life begins when calls reach the host.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { below, type Random } from '../../src/base/index.ts'
import { until } from '../../src/testing/index.ts'
import { freePort, Server, SYSTEM, type Victim } from './server.ts'

const HOST = fileURLToPath(new URL('counter-host.ts', import.meta.url))
const START_MS = 20_000

/** Who is killed. */
type Fate = 'proxy' | 'host' | 'both'

export class ProxyAndHost implements Victim {
  readonly #proxy: Server
  readonly #hostPort: number
  readonly #random: Random
  #host: ChildProcess | null = null
  #isProxyUp = false
  #toCome: Fate[] = []

  private constructor(proxy: Server, hostPort: number, random: Random) {
    this.#proxy = proxy
    this.#hostPort = hostPort
    this.#random = random
  }

  /** @param options of the command `spawn proxy`. */
  static async on(file: string, random: Random, options: readonly string[]): Promise<ProxyAndHost> {
    const hostPort = await freePort()
    return new ProxyAndHost(await Server.proxy(file, hostPort, options), hostPort, random)
  }

  get port(): number {
    return this.#proxy.port
  }

  get url(): string {
    return this.#proxy.url
  }

  async start(): Promise<void> {
    if (this.#host === null) {
      const args = ['--disable-warning=ExperimentalWarning', HOST, String(this.#hostPort), String(this.port)]
      this.#host = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
    }
    if (!this.#isProxyUp) {
      await this.#proxy.start()
      this.#isProxyUp = true
    }
    await until('calls to reach the host', () => this.#isServing(), { timeoutMs: START_MS, pauseMs: 30 })
  }

  async kill(): Promise<void> {
    if (this.#toCome.length === 0) this.#toCome = ['proxy', 'host', 'both']
    const [fate] = this.#toCome.splice(below(this.#random, this.#toCome.length), 1)
    await Promise.all([
      fate === 'host' ? null : this.#killProxy(),
      fate === 'proxy' ? null : this.#killHost(),
    ])
  }

  async stop(): Promise<number | null> {
    const code = await this.#proxy.stop()
    this.#isProxyUp = false
    await this.#killHost()
    return code
  }

  async end(): Promise<void> {
    await Promise.all([this.#killProxy(), this.#killHost()])
  }

  async #killProxy(): Promise<void> {
    await this.#proxy.kill()
    this.#isProxyUp = false
  }

  async #killHost(): Promise<void> {
    const host = this.#host
    this.#host = null
    if (host === null || host.exitCode !== null || host.signalCode !== null) return
    const exit = once(host, 'exit')
    host.kill('SIGKILL')
    await exit
  }

  async #isServing(): Promise<boolean> {
    const path = `/api/v1/system/${SYSTEM}/actors/probe/actions/add?ref=counter`
    const answer = await fetch(`${this.url}${path}`, {
      method: 'POST',
      body: '{"value":1}',
      headers: { 'content-type': 'application/json' },
    })
    await answer.arrayBuffer()
    return answer.ok
  }
}
