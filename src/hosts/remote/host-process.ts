// One host process: its connections, what runs on it and what waits for it, and whether it is there. It decides when a
// request may go and to which connection; which host a turn goes to is the remote host's business.
//
// A connection that is refused, or does not stand in time, marks the host down: what waits for it is handed back unsent,
// and it is tried again by a bare TCP connection until one stands. A connection that breaks marks nothing: some hosts
// close it to say that an action failed.
//
// Invariant: at most `concurrencyPerHost` actions run that nobody's action waits for, as many that such an action waits for,
// as many that one of these waits for, and so on: none waits for a place that it keeps from others. At most `queuePerHost`
// wait.

import { connect } from 'node:net'
import { buildConnector, Client } from 'undici'
import { assert, type Clock, Queue, type Random, type SpawnError, type Timer } from '../../base/index.ts'
import type { Carrier, Connection, End, Exchange } from './exchange.ts'
import type { Culprit } from './failure.ts'
import { type HostAddress, hostText, originOf, reachable } from './host-address.ts'
import type { RemoteSettings } from './settings.ts'

const PATH = '/api/v1/actors/actions'
const HEADERS = ['content-type', 'application/octet-stream']

/** The first probe comes this soon, in milliseconds, each later one after twice the time, up to `probeEveryMs`. */
const FIRST_PROBE_MS = 50

/** A connection that has rested so long, in milliseconds, may have been closed unseen. */
const RESTED_MS = 2

/** What says that this process is short of sockets, and nothing of the host. */
const OWN_SHORTAGE: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL'])

export interface HostProcessOptions {
  readonly address: HostAddress
  readonly clock: Clock
  readonly random: Random
  readonly settings: RemoteSettings
  /** It is back, or it is down, with what told so. */
  readonly onChange: (host: HostProcess, cause: unknown) => void
  /** It was tried, and is still down. */
  readonly onMissed: (host: HostProcess) => void
}

interface Lane {
  running: number
  readonly queue: Queue<Exchange>
}

export class HostProcess implements Carrier, Culprit {
  readonly address: HostAddress
  /** As messages name it. */
  readonly where: string
  readonly host: string
  live = true
  /** Since when it is down, epoch milliseconds; null: it is there. */
  downSinceMs: number | null = null
  running = 0
  waiting = 0
  /** How many requests ended in which way. */
  readonly ends: Record<End['kind'], number> = { reply: 0, unsent: 0, lost: 0, garbled: 0 }

  private readonly options: HostProcessOptions
  private readonly origin: string
  private readonly connect: buildConnector.connector
  /** By the depth of what they take. */
  private readonly lanes: Lane[] = []
  /** The one that was used last goes first: the others close when they have rested for some seconds. */
  private readonly idle: Connection[] = []
  private readonly clients = new Set<Client>()
  private probeTimer: Timer | null = null
  private probeMs = FIRST_PROBE_MS
  private stopped = false

  constructor(options: HostProcessOptions) {
    this.options = options
    this.address = options.address
    this.host = hostText(options.address)
    this.where = `the host ${this.host}`
    this.origin = originOf(options.address)
    const connector = buildConnector({ timeout: options.settings.connectTimeoutMs, allowH2: false })
    this.connect = (target, callback) =>
      connector(target, (...result) => {
        // Before its request hears of it, and looks for a host that is there.
        if (result[0] !== null) this.down(result[0])
        callback(...result)
      })
  }

  /** What it has to do. */
  get load(): number {
    return this.running + this.waiting
  }

  /**
   * Sends a request, now or in its turn.
   *
   * @param admitted it takes no place in the queue: it has had one elsewhere.
   * @returns false when too many wait.
   */
  send(exchange: Exchange, admitted: boolean): boolean {
    const { concurrencyPerHost, queuePerHost } = this.options.settings
    const lane = this.laneOf(exchange)
    if (lane.running < concurrencyPerHost) {
      this.start(lane, exchange)
    } else {
      if (!admitted && this.waiting >= queuePerHost) return false
      lane.queue.push(exchange)
      this.waiting += 1
    }
    return true
  }

  /** It has just been heard of: it is tried again at once. */
  revive(): void {
    if (this.live || this.stopped) return
    this.probeTimer?.cancel()
    this.probeTimer = null
    this.probeMs = FIRST_PROBE_MS
    this.live = true
    this.downSinceMs = null
    this.options.onChange(this, null)
  }

  /** It is needed no more: what waits for it goes elsewhere, and what runs on it ends. */
  async retire(): Promise<void> {
    this.stopped = true
    this.live = false
    this.probeTimer?.cancel()
    this.handBack(undefined)
    await Promise.all([...this.clients].map((client) => client.close()))
  }

  /** Closes its connections; what runs on it is lost. */
  async stop(cause: SpawnError): Promise<void> {
    this.stopped = true
    this.live = false
    this.probeTimer?.cancel()
    this.handBack(cause)
    await Promise.all([...this.clients].map((client) => client.destroy(cause)))
  }

  /** What other hosts wait for may be the first that comes here: lanes above none are made, too. */
  private laneOf({ depth }: Exchange): Lane {
    let lane = this.lanes[depth]
    while (lane === undefined) {
      this.lanes.push({ running: 0, queue: new Queue() })
      lane = this.lanes[depth]
    }
    return lane
  }

  private start(lane: Lane, exchange: Exchange): void {
    this.running += 1
    lane.running += 1
    const connection = this.idle.pop() ?? this.connection()
    exchange.carrier = this
    exchange.connection = connection
    const { clock } = this.options
    // If the host has closed it meanwhile, that is seen before anything is written: what was written then would be lost.
    const rested = clock.elapsedMs() - connection.usedMs >= RESTED_MS
    if (rested) clock.defer(() => dispatch(connection.client, exchange))
    else dispatch(connection.client, exchange)
  }

  /** An exchange that ran here has ended. */
  free({ connection, depth, end }: Exchange): void {
    const lane = this.lanes[depth]
    assert(lane !== undefined, 'what ended had begun')
    this.running -= 1
    lane.running -= 1
    if (end !== null) this.ends[end] += 1
    if (connection !== null) this.rest(connection)
    const { concurrencyPerHost } = this.options.settings
    while (this.live && lane.running < concurrencyPerHost) {
      const next = this.shift(lane)
      if (next === undefined) return
      if (next.end === null) this.start(lane, next)
    }
  }

  private connection(): Connection {
    const client = new Client(this.origin, {
      // The deadline of the turn ends it; what is between two bytes does not.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: this.connect,
      allowH2: false,
    })
    this.clients.add(client)
    // It does not stand yet.
    return { client, usedMs: Number.POSITIVE_INFINITY }
  }

  private rest(connection: Connection): void {
    // Then all of them are closed, or about to be.
    if (this.stopped) return
    if (this.idle.length < this.options.settings.concurrencyPerHost) {
      connection.usedMs = this.options.clock.elapsedMs()
      this.idle.push(connection)
    } else {
      this.clients.delete(connection.client)
      // Nothing more runs on it: there is nothing to wait for, or to fail.
      void connection.client.close()
    }
  }

  /** It is not there, or says that it stops. */
  down(cause: unknown): void {
    const code: unknown = cause instanceof Error ? Reflect.get(cause, 'code') : undefined
    if (!this.live || this.stopped || OWN_SHORTAGE.has(code)) return
    this.live = false
    this.downSinceMs = this.options.clock.now()
    this.handBack(cause)
    this.probeLater()
    this.options.onChange(this, cause)
  }

  private shift(lane: Lane): Exchange | undefined {
    const next = lane.queue.shift()
    if (next !== undefined) this.waiting -= 1
    return next
  }

  private handBack(cause: unknown): void {
    for (const lane of this.lanes) {
      for (let next = this.shift(lane); next !== undefined; next = this.shift(lane)) next.refuse(cause)
    }
  }

  private probeLater(): void {
    const { clock, random, settings } = this.options
    // Not in step with others that lost it at the same moment.
    const waitMs = Math.min(this.probeMs, settings.probeEveryMs) * (0.75 + random.next() / 4)
    this.probeMs = Math.min(this.probeMs * 2, settings.probeEveryMs)
    this.probeTimer = clock.after(waitMs, () => this.probe(), { background: true })
  }

  private probe(): void {
    const { clock, settings } = this.options
    const socket = connect(reachable(this.address))
    const giveUp = clock.after(settings.connectTimeoutMs, () => socket.destroy(), { background: true })
    socket.unref()
    socket.once('connect', () => {
      this.revive()
      socket.destroy()
    })
    // `close` follows, and says enough.
    socket.once('error', () => undefined)
    socket.once('close', () => {
      giveUp.cancel()
      if (this.live || this.stopped) return
      this.probeLater()
      this.options.onMissed(this)
    })
  }
}

function dispatch(client: Client, exchange: Exchange): void {
  client.dispatch({ path: PATH, method: 'POST', headers: HEADERS, body: exchange.body }, exchange)
}
