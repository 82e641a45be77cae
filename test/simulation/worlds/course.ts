// The course of a world: processes that live and end as the weather has it, one after the other on one store and one virtual
// clock; then fine weather, until all has happened; then the judgement.

import { below, type Clock, type Random, seededRandom, SpawnError } from '../../../src/base/index.ts'
import type { Call, Gateway, LogFields, Logger, Statestore } from '../../../src/ports/index.ts'
import { MemoryStore } from '../../../src/stores/memory/index.ts'
import { NO_FAULTS, type StoreEvent, type StoreFaults, VirtualClock } from '../../../src/testing/index.ts'
import { oneOf } from '../plan.ts'
import { SimulatedProcess } from '../process.ts'
import { WatchedStore } from '../watched-store.ts'
import { type Fate, type Weather, weatherOf } from './weather.ts'
import { type Outside, SYSTEM, type Told, type World, type WorldKind } from './world.ts'

export interface CourseOptions {
  /** Changes to the weather that the seed gives, to cut a failure down or to force a situation. */
  readonly weather?: Partial<Weather>
  /** A bug, planted between each runtime and its store. */
  readonly fitted?: (store: Statestore, clock: Clock) => Statestore
  readonly log?: boolean
}

export interface Verdict {
  readonly weather: Weather
  /** What was wrong, in words; empty: everything holds. */
  readonly violations: readonly string[]
  readonly steps: number
  readonly happened: number
  readonly processes: number
  /** With `log`: what the store and the processes did, in order of time. */
  readonly log: readonly string[]
}

/** Violations that are told: what follows from the first ones says nothing more. */
const TOLD = 20
/** Virtual time that everything may take once the weather is fine. */
const FINE_MS = 600_000
const MAX_STEPS = 30_000
const LOOK_EVERY_MS = 50
/** Longer than any turn. */
const CALM_MS = 1_500
const RETRY_MS = 20

export async function run(kind: WorldKind, seed: number, options: CourseOptions = {}): Promise<Verdict> {
  const weather = { ...weatherOf(seed, kind), ...options.weather }
  return new Course(weather, kind.of(weather), options).run()
}

class Course {
  readonly #weather: Weather
  readonly #world: World
  readonly #options: CourseOptions
  readonly #random: Random
  readonly #clock: VirtualClock
  readonly #memory = new MemoryStore()
  readonly #store: Statestore
  readonly #violations: string[] = []
  /** So much is wrong that nothing more need be looked at. */
  readonly #enough = Promise.withResolvers<void>()
  readonly #processes: SimulatedProcess[] = []
  /** Those that take calls now. */
  #serving: SimulatedProcess[] = []
  #woken = Promise.withResolvers<void>()
  #faults: StoreFaults
  #fine = false
  readonly #lines: { readonly atMs: number; readonly text: string }[] = []

  constructor(weather: Weather, world: World, options: CourseOptions) {
    this.#weather = weather
    this.#world = world
    this.#options = options
    this.#faults = weather.faults
    this.#random = seededRandom(weather.seed ^ 0x5eed)
    this.#clock = new VirtualClock({
      random: this.#random,
      latenessMs: weather.latenessMs,
      startMs: 1_000_000,
    })
    const told = world.watch === undefined ? {} : { committed: () => this.#look() }
    this.#store = new WatchedStore(this.#memory, { asked: () => {}, answered: () => true, ...told })
  }

  async run(): Promise<Verdict> {
    try {
      await this.#clock.run(Promise.race([this.#course(), this.#enough.promise]), {
        maxMs: 10_000_000,
        maxSteps: MAX_STEPS,
      })
    } catch (thrown) {
      const text = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
      this.#violations.push(`course: ${text}`)
    }
    return {
      weather: this.#weather,
      violations: this.#violations.slice(0, TOLD),
      steps: this.#clock.steps,
      happened: this.#world.happened(),
      processes: this.#processes.length,
      log: this.#options.log === true ? this.#log() : [],
    }
  }

  async #course(): Promise<void> {
    const outside = this.#outside()
    await Promise.all([this.#lives(), this.#world.outside(outside)])
    await this.#clearUp()
    await this.#finish(outside)
    await this.#world.afterwards?.(outside, this.#memory)
    await this.#serving[0]?.stop()
    for (const text of await this.#world.judge(this.#memory)) this.#violations.push(text)
  }

  /** One process after the other, each to its fate; the last one stays. */
  async #lives(): Promise<void> {
    for (const fate of this.#weather.fates) {
      const process = await this.#begin(fate)
      await this.#meet(process, fate)
      this.#note(`process ${process.number} is over`)
      const { gapMs, pauseMs } = this.#weather
      if (this.#serving.length === 0) await this.#clock.sleep(gapMs + below(this.#random, pauseMs + 1))
    }
    if (this.#serving.length === 0) await this.#begin(null)
  }

  async #begin(fate: Fate | null): Promise<SimulatedProcess> {
    const number = this.#processes.length + 1
    const { limits, seed } = this.#weather
    const { fitted } = this.#options
    const process: SimulatedProcess = new SimulatedProcess({
      number,
      system: SYSTEM,
      clock: this.#clock,
      random: this.#random,
      seed,
      store: this.#store,
      faults: this.#faults,
      definitions: (clock) =>
        this.#world.definitions({
          clock,
          random: this.#random,
          alarm: (text) => void this.#violations.push(text),
          fine: () => this.#fine,
          alive: () => process.alive,
        }),
      limits: { ...limits, ...this.#world.limits },
      logger: this.#logger(number),
      diesAt: fate?.kind === 'doomed' ? fate.moment : null,
      ...(fitted !== undefined && { fitted }),
    })
    this.#note(`process ${number} begins: ${JSON.stringify(fate)}`)
    this.#processes.push(process)
    await Promise.race([process.runtime.start(), process.dead])
    if (!process.alive) return process
    this.#serving.push(process)
    this.#woken.resolve()
    return process
  }

  async #meet(process: SimulatedProcess, fate: Fate): Promise<void> {
    if (fate.kind === 'doomed') {
      // One that has nothing more to do does not come to its moment.
      await Promise.race([process.dead, this.#clock.sleep(1_000)])
      this.#leave(process)
      process.crash()
      return
    }
    await this.#clock.sleep(fate.afterMs)
    if (fate.kind === 'twin') {
      await this.#begin(null)
      await this.#clock.sleep(below(this.#random, 300))
    }
    this.#leave(process)
    // A twin leaves in either way; the other one goes on, until it is overtaken or told to end.
    if (fate.kind === 'stop' || (fate.kind === 'twin' && this.#random.next() < 0.5)) await process.stop()
    else process.crash()
    for (const other of fate.kind === 'twin' ? [] : [...this.#serving]) {
      this.#leave(other)
      other.crash()
    }
  }

  #leave(process: SimulatedProcess): void {
    if (!this.#serving.includes(process)) return
    this.#serving = this.#serving.filter((other) => other !== process)
    if (this.#serving.length === 0) this.#woken = Promise.withResolvers()
  }

  /** The store is well again, and all that was late has arrived. */
  async #clearUp(): Promise<void> {
    this.#fine = true
    this.#faults = NO_FAULTS
    for (const { link } of this.#processes) link.faults = NO_FAULTS
    const { faults, latenessMs } = this.#weather
    await this.#clock.sleep(2 * (faults.delayMs + faults.lateMs + latenessMs) + 1)
    this.#note('the weather is fine')
  }

  /** Until all has happened, and nothing more does. */
  async #finish(outside: Outside): Promise<void> {
    const endMs = this.#clock.now() + FINE_MS
    for (let overMs = 0; overMs < CALM_MS; overMs += LOOK_EVERY_MS) {
      await this.#clock.sleep(LOOK_EVERY_MS)
      if (!(await this.#world.isOver(this.#memory))) {
        overMs = 0
        await this.#world.tend?.(outside)
      }
      if (this.#clock.now() < endMs) continue
      this.#violations.push(`over: not all has happened after ${FINE_MS} ms of fine weather`)
      return
    }
  }

  async #look(): Promise<void> {
    if (this.#violations.length >= TOLD) {
      this.#enough.resolve()
      return
    }
    // What goes wrong in looking is no failure of the store.
    const watched = this.#world.watch?.(this.#memory).catch((thrown: unknown) => [`watch: ${String(thrown)}`])
    for (const text of (await watched) ?? []) this.#violations.push(`at ${this.#clock.now()}: ${text}`)
  }

  #outside(): Outside {
    const ask = (question: (gateway: Gateway) => Promise<unknown>): Promise<Told> => this.#ask(question)
    const insistOn = async (question: (gateway: Gateway) => Promise<unknown>): Promise<unknown> => {
      for (;;) {
        const told = await ask(question)
        if (told.kind === 'ok') return told.response
        await this.#clock.sleep(below(this.#random, RETRY_MS))
      }
    }
    const asked = (name: string, call: Call) => (gateway: Gateway) => gateway.invoke(name, call)
    return {
      clock: this.#clock,
      random: this.#random,
      ask,
      insistOn,
      call: (name, call) => ask(asked(name, call)),
      insist: (name, call) => insistOn(asked(name, call)),
    }
  }

  async #ask(question: (gateway: Gateway) => Promise<unknown>): Promise<Told> {
    while (this.#serving.length === 0) await this.#woken.promise
    const process = oneOf(this.#random, this.#serving)
    const unanswered: Told = { kind: 'unknown', code: 'GONE', message: 'it may have happened' }
    return Promise.race([toldOf(question(process.runtime)), process.over.then(() => unanswered)])
  }

  #logger(number: number): Logger {
    const line =
      (level: string) =>
      (message: string, fields: LogFields = {}): void =>
        this.#note(`process ${number} ${level}: ${message} ${JSON.stringify(fields)}`)
    return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') }
  }

  #note(text: string): void {
    if (this.#options.log === true) this.#lines.push({ atMs: this.#clock.now(), text })
  }

  #log(): string[] {
    const store = this.#processes.flatMap(({ link, number }) =>
      link.log.map(({ atMs, event, request }: StoreEvent) => ({
        atMs,
        text: `${number}: ${event}: ${request}`,
      })),
    )
    const lines = [...this.#lines, ...store].toSorted((left, right) => left.atMs - right.atMs)
    return [JSON.stringify(this.#weather), ...lines.map(({ atMs, text }) => `${atMs}: ${text}`)]
  }
}

async function toldOf(answer: Promise<unknown>): Promise<Told> {
  try {
    return { kind: 'ok', response: await answer }
  } catch (thrown) {
    if (!(thrown instanceof SpawnError)) return { kind: 'refused', code: 'DEFECT', message: String(thrown) }
    const { code, message } = thrown
    return { kind: message.includes('may have happened') ? 'unknown' : 'refused', code, message }
  }
}
