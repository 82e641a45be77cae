// A runtime over a store whose database is behind a proxy, as an application composes it, and how to see in the end what
// stands. Decides the times: a clock that runs faster than the world, so that what must time out does so soon; but not where
// nobody waits for the database, because a busy machine alone would be an outage then.

import { type ErrorCode, systemClock, systemRandom } from '../../src/base/index.ts'
import { silentLogger } from '../../src/ports/index.ts'
import { type System, system } from '../../src/sdk/index.ts'
import type { DatabaseOptions } from '../../src/stores/sql/options.ts'
import { until } from '../../src/testing/index.ts'
import { fastClock } from '../wire/fast-clock.ts'
import { chronicle, fleeting, ledger, type Ledger } from './actors.ts'
import { Book, type BookOptions, type Place, placeText } from './book.ts'
import { factFaults } from './facts.ts'
import type { Target } from './link.ts'
import type { Callee, CallKey } from './load.ts'
import { type Standing, standingOf } from './standing.ts'
import type { FaultDatabase, FaultSubject } from './subject.ts'
import { TcpProxy } from './tcp-proxy.ts'

const SPEED = 5
/** Of the runtime's time. */
const CALL_MS = 30_000
/** What a busy machine may add to the longest call, in real milliseconds. */
const SLACK_MS = 2_000
const REQUEST_MS = { fast: 2_000, slow: 1_000 } as const
const ERRORS: readonly ErrorCode[] = ['STORE_UNAVAILABLE', 'DEADLINE_EXCEEDED']
const SETTLE_MS = 20_000
/** A busy machine may take long for what a quiet one does at once. */
export const PATIENCE = { timeoutMs: 60_000 } as const

export interface WorldOptions {
  readonly subject: FaultSubject
  readonly database: FaultDatabase
  readonly name: string
  /** Other servers of the database, which are reached without the proxy. Default: none. */
  readonly others?: readonly Target[]
  /** Default: longer than any fault lasts. */
  readonly outageMs?: number
  readonly requestMs?: number
  readonly callMs?: number
  /** Milliseconds of the runtime and the store in one of the world. Default: 1 with `outageMs` 0, else `SPEED`. */
  readonly speed?: number
}

export class World implements Callee {
  readonly proxy: TcpProxy
  readonly system: System
  readonly name: string
  readonly callMs: number
  readonly #subject: FaultSubject
  #database: FaultDatabase
  readonly #bookOptions: BookOptions

  private constructor(proxy: TcpProxy, running: System, options: WorldOptions) {
    const { callMs = CALL_MS, database, name, outageMs, subject } = options
    this.proxy = proxy
    this.system = running
    this.name = name
    this.callMs = callMs
    this.#subject = subject
    this.#database = database
    const longestMs = callMs / speedOf(options) + SLACK_MS
    // Where nobody waits, a commit that was given up may be applied later, and overtake the next one.
    this.#bookOptions = {
      longestMs,
      allows: new Set(outageMs === 0 ? [...ERRORS, 'STATE_CONFLICT'] : ERRORS),
    }
  }

  static async start(options: WorldOptions): Promise<World> {
    const { database, name, others = [], outageMs = 60_000, subject } = options
    const speed = speedOf(options)
    const requestMs = options.requestMs ?? REQUEST_MS[speed === 1 ? 'slow' : 'fast']
    const proxy = await TcpProxy.start(database.options, subject.framing)
    const clock = speed === 1 ? systemClock : fastClock(Date.now(), speed)
    const limits = { outageMs, requestMs, clock }
    const settings: DatabaseOptions = { ...database.options, ...proxy.address, others, ...limits }
    const actors = [ledger, fleeting, chronicle]
    // Without patience a busy machine is enough to fail the first time.
    const start = (): Promise<System> => {
      const store = subject.open({ ...settings, random: systemRandom })
      return system(name, { actors, store, clock, logger: silentLogger }).start()
    }
    try {
      return new World(proxy, await until('the system to start', start, PATIENCE), options)
    } catch (thrown) {
      await proxy.stop()
      throw thrown
    }
  }

  book(): Book {
    return new Book(this.#bookOptions)
  }

  /** Adds a mark to an actor. */
  add(book: Book, at: Place, mark: string): Promise<boolean> {
    return book.add(mark, at, null, () => this.call(at, 'add', { mark }))
  }

  call({ name, ref }: Place, action: string, payload: unknown, more: CallKey = {}): Promise<unknown> {
    return this.system.invoke(name, { ref, action, payload, timeout: this.callMs, ...more })
  }

  /**
   * Waits until all that was set in motion has come to rest, and reckons: with what the runtime says, and with what stands in
   * the database.
   */
  async reckon(book: Book): Promise<string[]> {
    this.proxy.heal()
    await until('what is late to arrive', () => !this.proxy.isLate, PATIENCE)
    const places = book.places()
    let wrong: string[] = []
    const isRight = async (): Promise<boolean> => {
      const seen = new Map<string, Ledger | null>()
      for (const place of places) seen.set(placeText(place), await this.#ledgerSeen(place))
      wrong = book.reckon((place) => seen.get(placeText(place)) ?? null)
      return wrong.length === 0
    }
    // What is on its way to another actor may take a moment; what is wrong stays wrong.
    await until('the books to be right', isRight, { timeoutMs: SETTLE_MS, pauseMs: 10 }).catch(
      (thrown: unknown) => {
        if (wrong.length === 0) throw thrown
      },
    )
    const standing = await this.standing(places)
    const faults = await factFaults(this.#subject, this.#database.options, this.name, standing)
    return [...wrong, ...book.reckon((place) => standing.get(placeText(place)) ?? null), ...faults]
  }

  standing(places: readonly Place[]): Promise<Standing> {
    return standingOf(this.#subject, this.#database.options, this.name, places)
  }

  async stop(): Promise<void> {
    this.proxy.heal()
    await this.system.stop()
    await this.proxy.stop()
  }

  /** Another server is in the place of the one that was there. */
  moveTo(target: Target): void {
    this.standsAt(target)
    this.proxy.moveTo(target)
  }

  /** What is stored stands at another server from now on. */
  standsAt(target: Target): void {
    this.#database = { ...this.#database, options: { ...this.#database.options, ...target } }
  }

  async #ledgerSeen({ name, ref }: Place): Promise<Ledger | null> {
    const answer = await this.system.invoke(name, { ref, action: 'get', timeout: this.callMs })
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- all of these actors have such a state
    return (answer ?? null) as Ledger | null
  }
}

function speedOf({ outageMs, speed }: WorldOptions): number {
  return speed ?? (outageMs === 0 ? 1 : SPEED)
}
