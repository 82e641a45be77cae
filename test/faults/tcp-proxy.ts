// A proxy of the tests between a store and its real database, which does to their connections what networks and servers do:
// it cuts, refuses, stalls, delays, and loses answers. It counts statements, not packets: so a test can name the one that
// something happens to. What is done to a connection is link.ts's.

import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { Framing } from './framing.ts'
import { type Fate, Link, type Target } from './link.ts'

/** A statement, as the proxy sees it. */
export interface Seen {
  /** What it is, such as `commit`; the name of a prepared statement, or the beginning of its text. */
  readonly statement: string
  readonly fate: Fate
}

const SLOW_MS = 20
/** How long nobody is let in after a statement met `refuse`. */
const REFUSE_MS = 60

export class TcpProxy {
  /** Asked once for each statement, in the order in which they come. */
  fate: (statement: string) => Fate = () => 'pass'
  /** Whether nobody is let in. */
  refuses = false
  /** How many have come, let in or not. */
  tried = 0
  /** How many were not let in. */
  refused = 0
  /** How long a `late` statement is on its way. */
  lateMs = 60
  /** All statements since it was emptied. */
  seen: Seen[] = []
  readonly #server: Server
  readonly #framing: Framing
  readonly #links = new Set<Link>()
  #target: Target
  /** What has to come before the server may say anything more; null: nothing. */
  #awaited: { readonly statement: string; left: number } | null = null

  private constructor(server: Server, target: Target, framing: Framing) {
    this.#server = server
    this.#target = target
    this.#framing = framing
    server.on('connection', (client) => this.#let(client))
  }

  static async start(target: Target, framing: Framing): Promise<TcpProxy> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new TcpProxy(server, { host: target.host, port: target.port }, framing)
  }

  get address(): Target {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the proxy does not listen')
    return { host: '127.0.0.1', port: address.port }
  }

  /** The connections that are open. */
  get open(): number {
    return this.#links.size
  }

  /** Whether something is on its way to the server that its client has given up. */
  get isLate(): boolean {
    return [...this.#links].some((link) => link.isLate)
  }

  /** How many statements are `held`. */
  get heldCount(): number {
    return [...this.#links].filter((link) => link.holds).length
  }

  /** Hands the server what is `held`. */
  deliverHeld(): void {
    for (const link of this.#links) link.deliverHeld()
  }

  /** One of these fates for each statement of a kind, in order; then they pass. */
  meet(statement: string, ...fates: Fate[]): void {
    this.fate = (asked) => (asked === statement ? (fates.shift() ?? 'pass') : 'pass')
  }

  /**
   * Clients hear nothing more until so many of these statements have come, the last one whole: so one that waits for an answer
   * before it has sent them waits for ever.
   */
  answerBehind(statement: string, count: number): void {
    this.#awaited = { statement, left: count }
  }

  /** From now on everything passes. */
  heal(): void {
    this.fate = () => 'pass'
    this.refuses = false
    this.#answer()
  }

  /** Breaks all connections. */
  cut(): void {
    for (const link of this.#links) link.cut()
  }

  /** Whoever comes from now on is connected with another server; the connections that are open end. */
  moveTo({ host, port }: Target): void {
    this.#target = { host, port }
    this.cut()
  }

  async stop(): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #let(client: Socket): void {
    this.tried += 1
    if (this.refuses) {
      this.refused += 1
      client.resetAndDestroy()
      return
    }
    const link: Link = new Link(client, {
      conversation: this.#framing(),
      target: this.#target,
      fateOf: (statement) => this.#fateOf(statement),
      lateMs: () => this.lateMs,
      slowMs: SLOW_MS,
      isWithheld: () => this.#awaited !== null,
      ended: () => this.#links.delete(link),
    })
    this.#links.add(link)
  }

  #answer(): void {
    this.#awaited = null
    for (const link of this.#links) link.deliverAnswers()
  }

  #fateOf(statement: string): Fate {
    const fate = this.fate(statement)
    this.seen.push({ statement, fate })
    if (statement === this.#awaited?.statement && (this.#awaited.left -= 1) === 0) this.#answer()
    if (fate === 'refuse') {
      this.refuses = true
      setTimeout(() => (this.refuses = false), REFUSE_MS)
    }
    return fate
  }
}
