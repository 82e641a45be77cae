// Keeps the actors of this process registered with its proxy: tries until the proxy is there, and again when it may have
// restarted. It decides when; what is registered it is given.
//
// A proxy that restarts has lost every registration and every connection. So one connection is kept, and used often enough
// to stay: when the other side closes it, or a probe on it fails, the actors are registered anew. Registering what is
// registered already changes nothing.
//
// Invariant: at most one registration is under way.

import type { Client } from 'undici'
import { type Clock, messageOf, type Random, SpawnError, type Timer } from '../../base/index.ts'
import type { Logger } from '../../ports/index.ts'
import { type ProxyIdentity, readRegistrationAnswer } from '../../protocol/protobuf/index.ts'
import type { ProxyClient } from './proxy-client.ts'

const PATH = '/api/v1/system'
const PROBE_PATH = '/health'
const PROBE_EVERY_MS = 1_000
/** For one registration or probe. */
const TIMEOUT_MS = 10_000
const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 5_000

/** What a proxy says that will not be otherwise another time. */
const FINAL: ReadonlySet<string> = new Set(['INVALID_ARGUMENT', 'UNAUTHENTICATED', 'PERMISSION_DENIED'])

export interface RegistrarOptions {
  readonly proxy: ProxyClient
  readonly body: Uint8Array
  readonly headers: Readonly<Record<string, string>>
  readonly system: string
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

export class Registrar {
  /** Whether the proxy knows of the actors, as far as can be told. */
  registered = false
  private readonly options: RegistrarOptions
  private probes: Client | null = null
  private probeTimer: Timer | null = null
  private waiting: { readonly timer: Timer; readonly go: () => void } | null = null
  private underWay: Promise<void> | null = null
  /** The kept connection has ended since it was last used for a registration. */
  private ended = false
  private readonly ending = new AbortController()

  constructor(options: RegistrarOptions) {
    this.options = options
  }

  /**
   * Resolves when the proxy has taken the registration, however long it is away.
   *
   * @throws SpawnError what it says when it refuses it; CANCELLED when `stop` comes first.
   */
  async start(): Promise<void> {
    await this.connect()
    await this.begin((error) => FINAL.has(error.code))
    this.probeLater()
  }

  /** The proxy may have forgotten. Resolves when it has been told again. */
  again(): Promise<void> {
    return this.underWay ?? this.begin(() => false)
  }

  async stop(): Promise<void> {
    this.ending.abort()
    this.registered = false
    this.probeTimer?.cancel()
    this.waiting?.timer.cancel()
    this.waiting?.go()
    await this.probes?.destroy()
  }

  private get stopped(): boolean {
    return this.ending.signal.aborted
  }

  private begin(isFinal: (error: SpawnError) => boolean): Promise<void> {
    this.registered = false
    this.underWay = this.untilRegistered(isFinal).finally(() => (this.underWay = null))
    return this.underWay
  }

  private async untilRegistered(isFinal: (error: SpawnError) => boolean): Promise<void> {
    const { logger, proxy, system } = this.options
    let told = ''
    for (let waitMs = FIRST_WAIT_MS; !this.stopped; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
      try {
        const { name, version } = await this.registerOnce()
        logger.info('registered with the proxy', { proxy: proxy.address.text, system, name, version })
        return
      } catch (thrown) {
        if (!(thrown instanceof SpawnError) || isFinal(thrown)) throw thrown
        // Once for each reason, however often it is tried.
        if (told !== thrown.message && !this.stopped) {
          const fields = { proxy: proxy.address.text, system, error: thrown.message }
          logger.warn('the proxy has not taken the registration; it is tried again', fields)
        }
        told = thrown.message
      }
      await this.pause(waitMs)
    }
    throw new SpawnError('CANCELLED', `the registration of system "${system}" was given up`)
  }

  /** The connection that tells of an end stands before the proxy is told anything: no end goes unnoticed. */
  private async registerOnce(): Promise<ProxyIdentity> {
    do {
      this.ended = false
      await this.touch()
      const identity = await this.register()
      this.registered = !this.ended
      if (this.registered) return identity
    } while (!this.stopped)
    throw new SpawnError('CANCELLED', 'the registration was given up')
  }

  private async register(): Promise<ProxyIdentity> {
    const { body, headers, proxy, system } = this.options
    const what = `the registration of system "${system}"`
    const { signal } = this.ending
    const answer = await proxy.post(PATH, body, { what, timeoutMs: TIMEOUT_MS, signal, headers })
    try {
      return readRegistrationAnswer(answer)
    } catch (thrown) {
      if (thrown instanceof SpawnError) throw thrown
      const problem = `${what} was answered at ${proxy.address.text} with what is no message of the wire`
      throw new SpawnError('MEMBER_UNAVAILABLE', problem, { cause: thrown })
    }
  }

  /** Not in step with others that lost the proxy at the same moment. */
  private pause(ms: number): Promise<void> {
    if (this.stopped) return Promise.resolve()
    const { clock, random } = this.options
    return new Promise((resolve) => {
      const timer = clock.after(ms * (0.5 + random.next() / 2), resolve)
      this.waiting = { timer, go: resolve }
    })
  }

  private async connect(): Promise<void> {
    const { Client } = await import('undici')
    const { origin, socket } = this.options.proxy.address
    this.probes = new Client(origin, {
      pipelining: 1,
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
      connect: { timeout: TIMEOUT_MS, ...(socket !== null && { socketPath: socket }) },
    })
    this.probes.on('disconnect', (_origin, _targets, error) => {
      // This side closes connections, too: those that were idle for long, or that the proxy said it would close.
      if (Reflect.get(error, 'code') !== 'UND_ERR_INFO') this.lost(error)
    })
  }

  private probeLater(): void {
    if (this.stopped) return
    this.probeTimer = this.options.clock.after(PROBE_EVERY_MS, () => void this.probe(), { background: true })
  }

  private async probe(): Promise<void> {
    try {
      await this.touch()
    } catch (thrown) {
      this.lost(thrown)
    }
    this.probeLater()
  }

  /** Any answer will do: the proxy is there. @throws SpawnError */
  private async touch(): Promise<void> {
    try {
      const answer = await this.probes?.request({ path: PROBE_PATH, method: 'GET' })
      await answer?.body.dump()
    } catch (cause) {
      const { text } = this.options.proxy.address
      throw new SpawnError(
        'MEMBER_UNAVAILABLE',
        `the proxy at ${text} does not answer: ${messageOf(cause)}`,
        { cause },
      )
    }
  }

  private lost(cause: unknown): void {
    this.ended = true
    if (this.stopped || this.underWay !== null) return
    const { logger, proxy, system } = this.options
    const fields = { proxy: proxy.address.text, system, error: messageOf(cause) }
    logger.debug('the connection to the proxy has ended', fields)
    this.again().catch((thrown: unknown) => {
      if (!this.stopped) logger.error('the registration was given up', { system, error: thrown })
    })
  }
}
