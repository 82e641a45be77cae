// A simulated cluster: members on machines that freeze, die and lose touch, callers at their doors, and the judgement. The same
// seed gives the same course, to the last step. What befalls it is weather.ts's, what is true truth.ts's.

import { below, seededRandom, type Random, SpawnError } from '../../../src/base/index.ts'
import { MemoryNetwork, SharedEntries } from '../../../src/cluster/memory/index.ts'
import { type Logger, silentLogger } from '../../../src/ports/index.ts'
import { VirtualClock } from '../../../src/testing/index.ts'
import { oneOf } from '../plan.ts'
import { type Handed, judge, type Op } from './judgement.ts'
import { type Ask, type Fitted, type MakeEngine, Member } from './member.ts'
import { DEFINITION, type EngineBugs, SmallEngine } from './small-engine.ts'
import { Truth } from './truth.ts'
import { type Event, STORM_MS, type Weather, weatherOf } from './weather.ts'

export interface WorldOptions {
  readonly weather?: Partial<Weather>
  readonly bugs?: EngineBugs
  /** What runs on each member. Default: a small engine. */
  readonly engine?: MakeEngine
  readonly kinds?: readonly Ask['kind'][]
  /** What the store says in the end. */
  readonly stored?: (truth: Truth) => Promise<void>
  readonly fitted?: Fitted
  readonly log?: boolean
}

export interface Verdict {
  readonly weather: Weather
  readonly violations: readonly string[]
  readonly steps: number
  /** Calls that were answered as they should be. */
  readonly happened: number
  readonly moved: number
  readonly epoch: number
  readonly failures: ReadonlyMap<string, number>
  readonly log: readonly string[]
}

const CALL_MS = 4_000
/** What everything may take when nothing goes wrong any more. */
const FINE_MS = 12_000
const TOLD = 10
const LOOK_EVERY_MS = 25
/** What real engines may take to deliver what turns have sent. */
const DELIVERED_MS = 5_000

export async function runCluster(seed: number, options: WorldOptions = {}): Promise<Verdict> {
  return new World({ ...weatherOf(seed), ...options.weather }, options).run()
}

class World {
  readonly #weather: Weather
  readonly #options: WorldOptions
  readonly #random: Random
  readonly #clock: VirtualClock
  readonly #shared = new SharedEntries()
  readonly #network: MemoryNetwork
  readonly #truth = new Truth()
  readonly #members: Member[] = []
  readonly #ops: Op[] = []
  readonly #cuts = new Set<string>()
  readonly #sent = new Map<string, number>()
  readonly #envelopes: Handed[] = []
  readonly #log: string[] = []
  #registerAway = false
  #isOver = false

  constructor(weather: Weather, options: WorldOptions) {
    this.#weather = weather
    this.#options = options
    this.#random = seededRandom(weather.seed ^ 0xc1a5)
    this.#clock = new VirtualClock({
      random: this.#random,
      latenessMs: weather.latenessMs,
      startMs: 1_000_000,
    })
    this.#network = new MemoryNetwork({ clock: this.#clock })
  }

  async run(): Promise<Verdict> {
    try {
      await this.#clock.run(this.#course(), { maxMs: 300_000, maxSteps: 60_000 })
    } catch (thrown) {
      this.#truth.violations.push(
        `course: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`,
      )
    }
    const answers = this.#ops.map(({ answer }) => answer)
    const codes = answers.flatMap((answer) => (answer !== null && 'code' in answer ? [answer.code] : []))
    return {
      weather: this.#weather,
      violations: this.#truth.violations.slice(0, TOLD),
      steps: this.#clock.steps,
      happened: answers.filter((answer) => answer !== null && 'revision' in answer).length,
      moved: this.#truth.moved,
      epoch: Math.max(0, ...this.#members.map(({ cluster }) => cluster.epoch)),
      failures: new Map([...Map.groupBy(codes, (code) => code)].map(([code, all]) => [code, all.length])),
      log: this.#log,
    }
  }

  /** What members would do is looked at all the time, also when nobody calls. */
  async #watch(): Promise<void> {
    while (!this.#isOver) {
      this.#truth.look()
      await this.#clock.sleep(LOOK_EVERY_MS)
    }
  }

  async #course(): Promise<void> {
    void this.#watch()
    const { members } = this.#weather
    await Promise.all([
      ...Array.from({ length: members }, () => this.#start()),
      this.#storm(),
      this.#callers(),
    ])
    await this.#clearUp()
    await this.#settle()
    if (this.#options.engine !== undefined) await this.#clock.sleep(DELIVERED_MS)
    await this.#options.stored?.(this.#truth)
    await this.#readAll()
    this.#isOver = true
    judge({
      ops: this.#ops,
      envelopes: this.#envelopes,
      truth: this.#truth,
      alive: this.#alive(),
      weather: this.#weather,
    })
    await Promise.all(this.#alive().map((member) => member.stop(0)))
  }

  async #start(): Promise<void> {
    const number = this.#members.length + 1
    const member = new Member({
      name: `m${number}`,
      clock: this.#clock,
      random: this.#random,
      seeded: seededRandom(this.#weather.seed ^ (number << 20)),
      shared: this.#shared,
      network: this.#network,
      weather: this.#weather,
      truth: this.#truth,
      isCut: (from, to) => this.#cuts.has(`${from} ${to}`),
      isRegisterAway: () => this.#registerAway,
      logger: this.#logger(`m${number}`),
      engine: this.#options.engine ?? smallEngine(this.#options.bugs ?? {}),
      fitted: this.#options.fitted,
    })
    this.#members.push(member)
    this.#note(`${member.name} starts`)
    await Promise.race([member.start(), member.gone.promise])
  }

  #alive(): Member[] {
    return this.#members.filter(({ isAlive }) => isAlive)
  }

  async #storm(): Promise<void> {
    const startMs = this.#clock.now()
    const under: Promise<void>[] = []
    for (const { atMs, event } of this.#weather.events) {
      await this.#clock.sleep(Math.max(0, startMs + atMs - this.#clock.now()))
      this.#note(JSON.stringify(event))
      under.push(this.#befall(event))
    }
    await Promise.all(under)
  }

  async #befall(event: Event): Promise<void> {
    if (event.kind === 'start') {
      void this.#start()
      return
    }
    if (event.kind === 'register away') {
      this.#registerAway = true
      await this.#clock.sleep(event.forMs)
      this.#registerAway = false
      return
    }
    const member = this.#members[event.member % this.#members.length]
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
        const by = oneOf(this.#random, this.#alive())
        const phase = this.#random.next() < 0.5 ? 'up' : 'draining'
        return void by.mesh.setPhase(member.name, phase).catch(() => {})
      }
      case 'clock':
        machine.jumpedMs += event.byMs
        return
      case 'freeze':
        machine.isFrozen = true
        await this.#clock.sleep(event.forMs)
        return machine.thaw()
      case 'cut from the register':
        machine.isMute = true
        machine.isDeaf = true
        await this.#clock.sleep(event.forMs)
        machine.isMute = false
        // It can ask again before it is told what it has missed.
        await this.#clock.sleep(below(this.#random, 1_000))
        return machine.hear()
      case 'mute':
        machine.isMute = true
        await this.#clock.sleep(event.forMs)
        machine.isMute = false
        return
      case 'deaf':
        machine.isDeaf = true
        await this.#clock.sleep(event.forMs)
        return machine.hear()
      case 'cut from each other':
        return this.#cut(member, event.other, event.oneWay, event.forMs)
    }
  }

  async #cut(member: Member, place: number, oneWay: boolean, forMs: number): Promise<void> {
    const other = this.#members[place % this.#members.length]
    if (other === undefined || other === member) return
    const ways = [`${member.name} ${other.name}`, ...(oneWay ? [] : [`${other.name} ${member.name}`])]
    for (const way of ways) this.#cuts.add(way)
    await this.#clock.sleep(forMs)
    for (const way of ways) this.#cuts.delete(way)
  }

  async #callers(): Promise<void> {
    const { callers } = this.#weather
    await Promise.all(Array.from({ length: callers }, (_, at) => this.#caller(at)))
  }

  async #caller(number: number): Promise<void> {
    const { actors, callsEach } = this.#weather
    for (let call = 0; call < callsEach; call += 1) {
      await this.#clock.sleep(below(this.#random, (STORM_MS * 2) / callsEach))
      const doors = this.#members.filter(({ isOpen }) => isOpen)
      if (doors.length === 0) continue
      const door = oneOf(this.#random, doors)
      const actor = `a${below(this.#random, actors)}`
      const { engine, kinds = ['add', 'add', 'read'] } = this.#options
      if (engine === undefined && this.#random.next() < 0.3) this.#hand(door, actor)
      const kind = oneOf(this.#random, kinds)
      await this.#call(door, actor, kind, `${kind}${number}.${call}`, this.#random.next() < 0.4)
    }
  }

  async #call(door: Member, actor: string, kind: Op['kind'], id: string, isKeyed: boolean): Promise<Op> {
    const op: Op = {
      id,
      kind,
      actor,
      door,
      endMs: this.#clock.elapsedMs() + CALL_MS,
      answer: null,
      answeredMs: 0,
    }
    this.#ops.push(op)
    // Nobody waits longer than a frozen door sleeps, or for one that is gone.
    await Promise.race([this.#answered(op, isKeyed), door.gone.promise, this.#clock.sleep(CALL_MS * 3)])
    return op
  }

  async #answered(op: Op, isKeyed: boolean): Promise<void> {
    const { actor, door, id, kind } = op
    let answer: Op['answer']
    try {
      answer = { revision: await door.ask({ actor, kind, id, isKeyed, timeoutMs: CALL_MS }) }
    } catch (thrown) {
      const known = thrown instanceof SpawnError
      answer = { code: known ? thrown.code : 'NOT A SPAWN ERROR', message: String(thrown) }
    }
    if (!op.door.isAlive) return
    op.answer = answer
    op.answeredMs = this.#clock.elapsedMs()
    this.#note(`${op.door.name}: ${op.kind} ${op.id} of ${op.actor}: ${JSON.stringify(answer)}`)
  }

  #hand(door: Member, actor: string): void {
    const key = `${door.name} ${actor}`
    const number = (this.#sent.get(key) ?? 0) + 1
    this.#sent.set(key, number)
    const id = `${actor} ${number}`
    const header = JSON.stringify(['effect', null, [DEFINITION, actor], 'take', 0])
    const envelope = { id, box: 'delivery', dueAtMs: 0, header, payload: null } as const
    this.#envelopes.push({ member: door.name, id, atMs: this.#clock.elapsedMs() })
    door.cluster.hand([{ envelope, asksForMs: null, chain: [], member: null }])
  }

  /** Nothing goes wrong any more, and everybody who lives is awake. */
  async #clearUp(): Promise<void> {
    this.#registerAway = false
    this.#cuts.clear()
    for (const { machine } of this.#members) machine.clear()
    if (this.#alive().length === 0) void this.#start()
    this.#note('the weather is fine')
    await this.#clock.sleep(3_000)
  }

  /** All members have one view, and all that moved is let go of. */
  async #settle(): Promise<void> {
    const endMs = this.#clock.now() + FINE_MS
    const isSettled = (): boolean => {
      const alive = this.#alive()
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
    const [first] = this.#alive()
    for (const { isOpen, name } of this.#alive())
      if (isOpen) await first?.mesh.setPhase(name, 'up').catch(() => {})
    while (!isSettled()) {
      if (this.#clock.now() > endMs) {
        const shown = this.#alive().map(({ failure, mesh }) => ({
          ...mesh.status(),
          counts: 0,
          failure: String(failure),
        }))
        this.#truth.violations.push(
          `settled: not after ${FINE_MS} ms of fine weather: ${JSON.stringify(shown)}`,
        )
        return
      }
      await this.#clock.sleep(100)
    }
    await this.#clock.sleep(1_000)
  }

  async #readAll(): Promise<void> {
    for (const door of this.#alive()) {
      for (const actor of this.#truth.actors()) {
        const { answer } = await this.#call(door, actor, 'read', 'last', false)
        const count = this.#truth.load(actor).adds.length
        if (answer === null || !('revision' in answer) || answer.revision !== count)
          this.#truth.violations.push(
            `alive: ${door.name} reads ${JSON.stringify(answer)} of ${actor}, which has ${count}`,
          )
      }
    }
  }

  #logger(member: string): Logger {
    if (this.#options.log !== true) return silentLogger
    const line = (message: string, fields: object = {}): void =>
      this.#note(`${member}: ${message} ${JSON.stringify(fields)}`)
    return { debug: line, info: line, warn: line, error: line }
  }

  #note(text: string): void {
    if (this.#options.log === true) this.#log.push(`${this.#clock.now()}: ${text}`)
  }
}

function smallEngine(bugs: EngineBugs): MakeEngine {
  return (cluster, machine, { truth, weather }) =>
    new SmallEngine(cluster, machine, truth, { storeMs: weather.storeMs, bugs })
}
