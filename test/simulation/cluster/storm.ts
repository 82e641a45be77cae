// Members on their machines, and what befalls them: they freeze, die, lose touch with the register and each other, as the
// weather has it, and then it clears up. Decides nothing of what is called meanwhile; that is its worlds'.

import { below, seededRandom, type Random } from '../../../src/base/index.ts'
import { MemoryNetwork, SharedEntries } from '../../../src/cluster/memory/index.ts'
import { type Logger, silentLogger } from '../../../src/ports/index.ts'
import { VirtualClock } from '../../../src/testing/index.ts'
import { oneOf } from '../plan.ts'
import { type Fitted, type MakeEngine, Member } from './member.ts'
import { Truth } from './truth.ts'
import type { Event, Weather } from './weather.ts'

export interface StormOptions {
  readonly weather: Weather
  /** What runs on each member. */
  readonly engine: MakeEngine
  readonly fitted: Fitted | undefined
  /** That of every second member; null: there are no zones. */
  readonly zone: string | null
  readonly log: boolean
}

/** What everything may take when nothing goes wrong any more. */
const FINE_MS = 12_000
const LOOK_EVERY_MS = 25

export class Storm {
  readonly clock: VirtualClock
  readonly random: Random
  readonly truth = new Truth()
  readonly members: Member[] = []
  readonly lines: string[] = []
  readonly #options: StormOptions
  readonly #shared = new SharedEntries()
  readonly #network: MemoryNetwork
  readonly #cuts = new Set<string>()
  #registerAway = false
  #isOver = false

  constructor(options: StormOptions) {
    this.#options = options
    const { latenessMs, seed } = options.weather
    this.random = seededRandom(seed ^ 0xc1a5)
    this.clock = new VirtualClock({ random: this.random, latenessMs, startMs: 1_000_000 })
    this.#network = new MemoryNetwork({ clock: this.clock })
  }

  get alive(): readonly Member[] {
    return this.members.filter(({ isAlive }) => isAlive)
  }

  /** Members that take calls. */
  get doors(): readonly Member[] {
    return this.members.filter(({ isOpen }) => isOpen)
  }

  /** The highest epoch that any member has known. */
  get epoch(): number {
    return Math.max(0, ...this.members.map(({ cluster }) => cluster.epoch))
  }

  /** From the first start to the last of what befalls. */
  async rage(): Promise<void> {
    void this.#watch()
    const { members } = this.#options.weather
    await Promise.all([...Array.from({ length: members }, () => this.start()), this.#befallAll()])
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.alive.map((member) => member.stop(0)))
  }

  note(text: string): void {
    if (this.#options.log) this.lines.push(`${this.clock.now()}: ${text}`)
  }

  /** What members would do is looked at all the time, also when nobody calls. */
  async #watch(): Promise<void> {
    while (!this.#isOver) {
      this.truth.look()
      await this.clock.sleep(LOOK_EVERY_MS)
    }
  }

  async start(): Promise<void> {
    const number = this.members.length + 1
    const member = new Member({
      name: `m${number}`,
      zone: this.#zoneOf(number),
      clock: this.clock,
      random: this.random,
      seeded: seededRandom(this.#options.weather.seed ^ (number << 20)),
      shared: this.#shared,
      network: this.#network,
      weather: this.#options.weather,
      truth: this.truth,
      isCut: (from, to) => this.#cuts.has(`${from} ${to}`),
      isRegisterAway: () => this.#registerAway,
      logger: this.#logger(`m${number}`),
      engine: this.#options.engine,
      fitted: this.#options.fitted,
    })
    this.members.push(member)
    this.note(`${member.name} starts`)
    await Promise.race([member.start(), member.gone.promise])
  }

  async #befallAll(): Promise<void> {
    const startMs = this.clock.now()
    const underWay: Promise<void>[] = []
    for (const { atMs, event } of this.#options.weather.events) {
      await this.clock.sleep(Math.max(0, startMs + atMs - this.clock.now()))
      this.note(JSON.stringify(event))
      underWay.push(this.#befall(event))
    }
    await Promise.all(underWay)
  }

  async #befall(event: Event): Promise<void> {
    if (event.kind === 'start') {
      void this.start()
      return
    }
    if (event.kind === 'register away') {
      this.#registerAway = true
      await this.clock.sleep(event.forMs)
      this.#registerAway = false
      return
    }
    const member = this.members[event.member % this.members.length]
    if (member === undefined || !member.isAlive) return
    const { machine } = member
    switch (event.kind) {
      case 'crash':
        return member.crash()
      case 'stop':
        return void member.stop(0)
      case 'drain':
        return void member.stop(3_000)
      case 'service': {
        const by = oneOf(this.random, this.alive)
        const phase = this.random.next() < 0.5 ? 'up' : 'draining'
        return void by.mesh.setPhase(member.name, phase).catch(() => {})
      }
      case 'clock':
        machine.jumpedMs += event.byMs
        return
      case 'freeze':
        machine.isFrozen = true
        await this.clock.sleep(event.forMs)
        return machine.thaw()
      case 'cut from the register':
        machine.isMute = true
        machine.isDeaf = true
        await this.clock.sleep(event.forMs)
        machine.isMute = false
        // It can ask again before it is told what it has missed.
        await this.clock.sleep(below(this.random, 1_000))
        return machine.hear()
      case 'mute':
        machine.isMute = true
        await this.clock.sleep(event.forMs)
        machine.isMute = false
        return
      case 'deaf':
        machine.isDeaf = true
        await this.clock.sleep(event.forMs)
        return machine.hear()
      case 'cut from each other':
        return this.#cut(member, event.other, event.oneWay, event.forMs)
    }
  }

  async #cut(member: Member, place: number, oneWay: boolean, forMs: number): Promise<void> {
    const other = this.members[place % this.members.length]
    if (other === undefined || other === member) return
    const ways = [`${member.name} ${other.name}`, ...(oneWay ? [] : [`${other.name} ${member.name}`])]
    for (const way of ways) this.#cuts.add(way)
    await this.clock.sleep(forMs)
    for (const way of ways) this.#cuts.delete(way)
  }

  /** Nothing goes wrong any more, and everybody who lives is awake. */
  async clearUp(): Promise<void> {
    this.#registerAway = false
    this.#cuts.clear()
    for (const { engine, machine } of this.members) {
      machine.clear()
      engine.calm?.()
    }
    const { zone } = this.#options
    // Some of them may be about to stop.
    const isServed = (): boolean =>
      this.alive.some(({ isLeaving, zone: own }) => !isLeaving && (zone === null || own === zone))
    while (!isServed()) void this.start()
    this.note('the weather is fine')
    await this.clock.sleep(3_000)
  }

  /** All members have one view, and all that moved is let go of. */
  async settle(): Promise<void> {
    const endMs = this.clock.now() + FINE_MS
    const isSettled = (): boolean => {
      const alive = this.alive
      const epochs = new Set(alive.map(({ cluster }) => cluster.epoch))
      return (
        epochs.size === 1 &&
        alive.every(({ cluster, isOpen, mesh }) => {
          const { members } = mesh.status()
          return (
            isOpen &&
            cluster.holdsLease &&
            members.length === alive.length &&
            members.every(({ acked }) => acked === cluster.epoch)
          )
        })
      )
    }
    // Were all of them out of service, nobody would have anything.
    const [first] = this.alive
    for (const { isOpen, name } of this.alive)
      if (isOpen) await first?.mesh.setPhase(name, 'up').catch(() => {})
    while (!isSettled()) {
      if (this.clock.now() > endMs) {
        const shown = this.alive.map(({ failure, mesh }) => ({
          ...mesh.status(),
          counts: 0,
          failure: String(failure),
        }))
        this.truth.violations.push(
          `settled: not after ${FINE_MS} ms of fine weather: ${JSON.stringify(shown)}`,
        )
        return
      }
      await this.clock.sleep(100)
    }
    await this.clock.sleep(1_000)
  }

  #zoneOf(number: number): string {
    return this.#options.zone !== null && number % 2 === 1 ? this.#options.zone : ''
  }

  #logger(member: string): Logger {
    if (!this.#options.log) return silentLogger
    const line = (message: string, fields: object = {}): void =>
      this.note(`${member}: ${message} ${JSON.stringify(fields)}`)
    return { debug: line, info: line, warn: line, error: line }
  }
}
