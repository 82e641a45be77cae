// The course of a world: processes that live and end as the weather has it, one after the other on one store and one virtual
// clock; then fine weather, until all has happened. What is wrong, and when all is over, is trial.ts's.

import { below, type Clock, type Random, seededRandom } from '../../../src/base/index.ts'
import type { Gateway, LogFields, Logger, Statestore } from '../../../src/ports/index.ts'
import { NO_FAULTS, type StoreEvent, type StoreFaults, VirtualClock } from '../../../src/testing/index.ts'
import { oneOf } from '../plan.ts'
import { SimulatedProcess } from '../process.ts'
import { toldOf, Trial, UNANSWERED } from './trial.ts'
import { clearAfterMs, type Fate, type Weather, weatherOf } from './weather.ts'
import { SYSTEM, type Told, type World, type WorldKind } from './world.ts'

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

const MAX_STEPS = 30_000
/** How long a process that is doomed may go without coming to its moment: it has nothing more to do. */
const DOOMED_MS = 1_000

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
  readonly #trial: Trial
  readonly #processes: SimulatedProcess[] = []
  /** Those that take calls now. */
  #serving: SimulatedProcess[] = []
  #woken = Promise.withResolvers<void>()
  #faults: StoreFaults
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
    this.#trial = new Trial(world, { clock: this.#clock, random: this.#random })
  }

  async run(): Promise<Verdict> {
    await this.#trial.run(() => this.#course(), MAX_STEPS)
    return {
      weather: this.#weather,
      violations: this.#trial.told(),
      steps: this.#clock.steps,
      happened: this.#world.happened(),
      processes: this.#processes.length,
      log: this.#options.log === true ? this.#log() : [],
    }
  }

  async #course(): Promise<void> {
    const outside = this.#trial.outside((question) => this.#ask(question))
    await Promise.all([this.#lives(), this.#world.outside(outside)])
    await this.#clearUp()
    await this.#trial.conclude(outside, async () => {
      await this.#serving[0]?.stop()
    })
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
      store: this.#trial.store,
      faults: this.#faults,
      definitions: (clock) =>
        this.#world.definitions(this.#trial.kit({ clock, random: this.#random, alive: () => process.alive })),
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
      await Promise.race([process.dead, this.#clock.sleep(DOOMED_MS)])
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
    this.#trial.isFine = true
    this.#faults = NO_FAULTS
    for (const { link } of this.#processes) link.faults = NO_FAULTS
    await this.#clock.sleep(clearAfterMs(this.#weather))
    this.#note('the weather is fine')
  }

  async #ask(question: (gateway: Gateway) => Promise<unknown>): Promise<Told> {
    while (this.#serving.length === 0) await this.#woken.promise
    const process = oneOf(this.#random, this.#serving)
    return Promise.race([toldOf(question(process.runtime)), process.over.then(() => UNANSWERED)])
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
