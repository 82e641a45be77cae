// The connection to NATS that a member's register and wire share. Decides when it is made and closed, and what is not sent
// while it is away; it comes back by itself, for ever.
//
// Invariants: it is open from the first `open` to the last `close`. What was sent and has not arrived is bounded: beyond,
// what may be lost is dropped.

import type * as nats from '@nats-io/transport-node'
import type { NatsConnection, NodeConnectionOptions, Msg, Subscription } from '@nats-io/transport-node'
import { messageOf, SpawnError } from '../../base/index.ts'
import type { Logger } from '../../ports/index.ts'
import { connectFailure } from './failures.ts'
import type { NatsIdentity, NatsSettings, NatsTls } from './settings.ts'

type Driver = typeof nats

const CONNECT_MS = 5_000
const RECONNECT_MS = 250
/** A server that is gone without a word is noticed after two pings that it has not answered. */
const PING_MS = 2_000

/** Bytes that may be on their way to the server. */
const MAX_UNARRIVED_BYTES = 67_108_864
/** It is asked whether they have arrived whenever so many have been sent. */
const ASK_BYTES = 1_048_576

/** @throws SpawnError MEMBER_UNAVAILABLE when the package is not installed. */
async function loadDriver(): Promise<Driver> {
  try {
    return await import('@nats-io/transport-node')
  } catch (cause) {
    const message =
      'a cluster over NATS needs the package `@nats-io/transport-node`, which is not installed: npm install @nats-io/transport-node'
    throw new SpawnError('MEMBER_UNAVAILABLE', message, { cause, retryable: false })
  }
}

export class Connection {
  readonly #settings: NatsSettings
  readonly #name: string
  readonly #logger: Logger
  readonly #backAgain = new Set<() => void>()
  #users = 0
  #opening: Promise<NatsConnection> | null = null
  #driver: Driver | null = null
  #nats: NatsConnection | null = null
  #isUp = false
  #unarrived = 0
  #unasked = 0
  #dropped = 0

  /** @param name how it is shown in the server's list of connections. */
  constructor(settings: NatsSettings, name: string, logger: Logger) {
    this.#settings = settings
    this.#name = name
    this.#logger = logger
  }

  /** Whether the server can be reached, as far as is known. */
  get isUp(): boolean {
    return this.#isUp
  }

  /** Bytes of one message, at most. */
  get maxBytes(): number {
    return this.#nats?.info?.max_payload ?? 1_048_576
  }

  /** Whether the server is one of several. */
  get isClustered(): boolean {
    return this.#nats?.info?.cluster !== undefined
  }

  /** @throws SpawnError MEMBER_UNAVAILABLE that says what to do. */
  async open(): Promise<void> {
    this.#users += 1
    this.#opening ??= this.#connect()
    try {
      await this.#opening
    } catch (thrown) {
      this.#users -= 1
      this.#opening = null
      throw thrown
    }
  }

  async close(): Promise<void> {
    this.#users -= 1
    if (this.#users > 0) return
    const nats = this.#nats
    this.#nats = null
    this.#opening = null
    this.#isUp = false
    await nats?.close()
  }

  /** Calls it each time that the connection is there again. @returns what ends that. */
  onReturn(task: () => void): () => void {
    this.#backAgain.add(task)
    return () => void this.#backAgain.delete(task)
  }

  /** Sends, unless that would wait for the connection. */
  send(subject: string, bytes: Uint8Array): void {
    const nats = this.#nats
    if (nats === null || !this.#isUp) return
    if (this.#unarrived > MAX_UNARRIVED_BYTES) {
      this.#dropped += 1
      return
    }
    nats.publish(subject, bytes)
    this.#unarrived += bytes.length
    this.#unasked += bytes.length
    if (this.#unasked >= ASK_BYTES) this.#askWhetherArrived(nats)
  }

  /** @throws what the library says; asked while the connection is away, it says so at once. */
  request(
    subject: string,
    payload: Uint8Array | string,
    timeoutMs: number,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Msg> {
    const nats = this.#nats
    const driver = this.#driver
    if (nats === null || driver === null || !this.#isUp)
      return Promise.reject(new Error('the connection to NATS is away'))
    const named = driver.headers()
    for (const [name, value] of Object.entries(headers)) named.set(name, value)
    return nats.request(subject, payload, { timeout: timeoutMs, headers: named })
  }

  /** @throws Error when there is no connection. */
  subscribe(
    subject: string,
    take: (message: Msg) => void,
    ended: (why: unknown) => void,
    queue?: string,
  ): Subscription {
    if (this.#nats === null) throw new Error('there is no connection to NATS')
    const callback = (error: unknown, message: Msg): void => {
      if (error === null) take(message)
      else ended(error)
    }
    return this.#nats.subscribe(subject, { callback, ...(queue !== undefined && { queue }) })
  }

  /** Resolves when the server has taken all that was sent before. */
  async settled(): Promise<void> {
    await this.#nats?.flush()
  }

  /** A subject that nobody else has. */
  inbox(): string {
    if (this.#driver === null) throw new Error('there is no connection to NATS')
    return this.#driver.createInbox()
  }

  async #connect(): Promise<NatsConnection> {
    const driver = await loadDriver()
    let nats: NatsConnection
    try {
      nats = await driver.connect(optionsOf(driver, this.#settings, this.#name))
    } catch (thrown) {
      throw connectFailure(this.#settings, thrown)
    }
    this.#driver = driver
    this.#nats = nats
    this.#isUp = true
    void this.#follow(nats)
    return nats
  }

  async #follow(nats: NatsConnection): Promise<void> {
    for await (const status of nats.status()) {
      if (status.type === 'disconnect') this.#away()
      else if (status.type === 'reconnect') this.#back()
      else if (status.type === 'error')
        this.#logger.warn('NATS refuses something', { reason: messageOf(status.error) })
    }
    const why = await nats.closed()
    if (this.#nats !== nats) return
    this.#isUp = false
    const reason = why === undefined ? 'closed' : messageOf(why)
    this.#logger.error('The connection to NATS has ended and does not come back', { reason })
  }

  #away(): void {
    this.#isUp = false
    this.#unarrived = 0
    this.#unasked = 0
    const fields = { servers: this.#settings.servers.join(', ') }
    this.#logger.warn('The connection to NATS is lost; this member tries to reach it again', fields)
  }

  #back(): void {
    this.#isUp = true
    this.#logger.info('The connection to NATS is there again', { server: this.#nats?.getServer() ?? '' })
    for (const task of this.#backAgain) task()
  }

  /** Asks, and counts what was sent before as arrived when the answer comes. */
  #askWhetherArrived(nats: NatsConnection): void {
    const bytes = this.#unasked
    this.#unasked = 0
    const arrived = (): void => {
      this.#unarrived = Math.max(0, this.#unarrived - bytes)
      if (this.#dropped === 0) return
      const fields = { frames: this.#dropped }
      this.#dropped = 0
      this.#logger.warn('NATS takes less than is sent: some of it was dropped, and is sent again', fields)
    }
    // It fails when the connection is lost, and with it all that was under way.
    nats.flush().then(arrived, () => undefined)
  }
}

function optionsOf(driver: Driver, settings: NatsSettings, name: string): NodeConnectionOptions {
  const { identity, servers, tls } = settings
  return {
    servers: [...servers],
    name,
    timeout: CONNECT_MS,
    reconnect: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_MS,
    // What is refused now may be let in later: keys are changed on both sides, one after the other.
    ignoreAuthErrorAbort: true,
    pingInterval: PING_MS,
    maxPingOut: 2,
    ...(identity !== null && { authenticator: authenticatorOf(driver, identity) }),
    ...(tls !== null && { tls: tlsOf(tls) }),
  }
}

function authenticatorOf(
  driver: Driver,
  identity: NatsIdentity,
): NonNullable<NodeConnectionOptions['authenticator']> {
  const encoder = new TextEncoder()
  switch (identity.kind) {
    case 'password':
      return driver.usernamePasswordAuthenticator(identity.user, identity.password)
    case 'token':
      return driver.tokenAuthenticator(identity.token)
    case 'nkey':
      return driver.nkeyAuthenticator(encoder.encode(identity.seed.trim()))
    case 'credentials':
      return driver.credsAuthenticator(encoder.encode(identity.text))
    default:
      return driver.jwtAuthenticator(identity.jwt.trim())
  }
}

function tlsOf({ ca, cert, key, serverName, verify }: NatsTls): NonNullable<NodeConnectionOptions['tls']> {
  return {
    rejectUnauthorized: verify,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(serverName !== undefined && { servername: serverName }),
  }
}
