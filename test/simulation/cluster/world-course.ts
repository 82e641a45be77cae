// The course of a world of ../worlds over a cluster: its actors live on simulated members, of which each has a real runtime and
// a link of its own to one store, and its outside calls at any door. What befalls members is storm.ts's, what befalls turns
// and the store the world's own weather's; what must be true is the world's.

import { below, SpawnError } from '../../../src/base/index.ts'
import type { Runtime } from '../../../src/actor/index.ts'
import type { Call, Gateway, Statestore } from '../../../src/ports/index.ts'
import { MemoryStore } from '../../../src/stores/memory/index.ts'
import { NO_FAULTS } from '../../../src/testing/index.ts'
import { oneOf } from '../plan.ts'
import { WatchedStore } from '../watched-store.ts'
import { LONG_GAP_MS, type Weather as Climate, weatherOf as climateOf } from '../worlds/weather.ts'
import { type Outside, SYSTEM, type Told, type World, type WorldKind } from '../worlds/world.ts'
import type { MakeEngine } from './member.ts'
import { runtimeMember, type RuntimeMember } from './runtime-member.ts'
import { Storm } from './storm.ts'
import { type Weather, weatherOf } from './weather.ts'

export interface WorldCourseOptions {
  readonly weather?: Partial<Weather>
  readonly climate?: Partial<Climate>
  /** A bug, planted between each runtime and its store. */
  readonly fitted?: (store: Statestore) => Statestore
  readonly log?: boolean
}

export interface WorldVerdict {
  readonly weather: Weather
  readonly climate: Climate
  readonly violations: readonly string[]
  readonly steps: number
  readonly happened: number
  readonly epoch: number
  readonly log: readonly string[]
}

/** Worlds that judge by wall time, of which all members must have the same. */
const TIMELY: ReadonlySet<string> = new Set(['schedules', 'timers'])
const TOLD = 20
const FINE_MS = 600_000
const LOOK_EVERY_MS = 50
const CALM_MS = 1_500
const RETRY_MS = 20
/** What worlds do within a second goes on as long as the storm does. */
const STRETCHED = 15

export async function runWorld(
  kind: WorldKind,
  seed: number,
  options: WorldCourseOptions = {},
): Promise<WorldVerdict> {
  const drawn = weatherOf(seed)
  const isFit = ({ event }: Weather['events'][number]): boolean =>
    !TIMELY.has(kind.name) || event.kind !== 'clock'
  const weather = { ...drawn, events: drawn.events.filter(isFit), ...options.weather }
  // One process follows the other by its lease: what the last one asked for is done by then.
  const climate: Climate = {
    ...climateOf(seed, { ...kind, twins: false, lateWrites: false }),
    fates: [],
    gapMs: LONG_GAP_MS,
    ...options.climate,
  }
  return new WorldCourse(weather, climate, kind.of(climate), options).run()
}

class WorldCourse {
  readonly #weather: Weather
  readonly #climate: Climate
  readonly #world: World
  readonly #options: WorldCourseOptions
  readonly #storm: Storm
  readonly #memory = new MemoryStore()
  readonly #store: Statestore
  readonly #started: Promise<void>
  readonly #members = new Map<string, RuntimeMember>()
  readonly #violations: string[] = []
  readonly #enough = Promise.withResolvers<void>()
  #fine = false

  constructor(weather: Weather, climate: Climate, world: World, options: WorldCourseOptions) {
    this.#weather = weather
    this.#climate = climate
    this.#world = world
    this.#options = options
    this.#storm = new Storm({
      weather,
      engine: this.#engine,
      fitted: undefined,
      log: options.log === true,
      zone: null,
    })
    const told = world.watch === undefined ? {} : { committed: () => this.#look() }
    this.#store = new WatchedStore(this.#memory, { asked: () => {}, answered: () => true, ...told })
    this.#started = this.#memory.start()
  }

  async run(): Promise<WorldVerdict> {
    const { clock, lines } = this.#storm
    try {
      await clock.run(Promise.race([this.#course(), this.#enough.promise]), {
        maxMs: 10_000_000,
        maxSteps: 300_000,
      })
    } catch (thrown) {
      const text = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
      this.#violations.push(`course: ${text}`)
    }
    return {
      weather: this.#weather,
      climate: this.#climate,
      violations: [...this.#violations, ...this.#storm.truth.violations].slice(0, TOLD),
      steps: clock.steps,
      happened: this.#world.happened(),
      epoch: this.#storm.epoch,
      log: lines,
    }
  }

  readonly #engine: MakeEngine = (cluster, machine, options) => {
    const member = runtimeMember(cluster, machine, options, {
      system: SYSTEM,
      definitions: this.#world.definitions({
        clock: machine.clock,
        random: options.random,
        alarm: (text) => void this.#violations.push(text),
        fine: () => this.#fine,
        alive: () => !machine.isDead,
      }),
      store: this.#store,
      faults: this.#fine ? NO_FAULTS : this.#climate.faults,
      limits: { ...this.#climate.limits, ...this.#world.limits },
      fitted: this.#options.fitted,
    })
    this.#members.set(cluster.self, member)
    const { link, runtime, tenant } = member
    return {
      tenant,
      judged: { name: cluster.self, holds: () => false, inMemory: () => [] },
      start: () => this.#started.then(() => runtime.start()),
      stop: () => runtime.stop(),
      ask: () => Promise.reject(new Error('the doors of this cluster are its gateways')),
      crashed: () => link.cut(),
    }
  }

  async #course(): Promise<void> {
    const storm = this.#storm
    const outside = this.#outside(1)
    // Some of it can only be done when there are members again.
    await Promise.all([this.#rage(), this.#world.outside(this.#outside(STRETCHED))])
    await this.#finish(outside)
    await this.#world.afterwards?.(outside, this.#memory)
    await storm.stop()
    for (const text of await this.#world.judge(this.#memory)) this.#violations.push(text)
  }

  async #rage(): Promise<void> {
    const storm = this.#storm
    await storm.rage()
    this.#fine = true
    for (const { link } of this.#members.values()) link.faults = NO_FAULTS
    const { faults, latenessMs } = this.#climate
    await storm.clock.sleep(2 * (faults.delayMs + faults.lateMs + latenessMs) + 1)
    await storm.clearUp()
    await storm.settle()
  }

  /** Until all has happened, and nothing more does. */
  async #finish(outside: Outside): Promise<void> {
    const { clock } = this.#storm
    const endMs = clock.now() + FINE_MS
    for (let overMs = 0; overMs < CALM_MS; overMs += LOOK_EVERY_MS) {
      await clock.sleep(LOOK_EVERY_MS)
      if (!(await this.#world.isOver(this.#memory))) {
        overMs = 0
        await this.#world.tend?.(outside)
      }
      if (clock.now() < endMs) continue
      this.#violations.push(`over: not all has happened after ${FINE_MS} ms of fine weather`)
      return
    }
  }

  async #look(): Promise<void> {
    if (this.#violations.length >= TOLD) {
      this.#enough.resolve()
      return
    }
    const watched = this.#world.watch?.(this.#memory).catch((thrown: unknown) => [`watch: ${String(thrown)}`])
    for (const text of (await watched) ?? []) this.#violations.push(`at ${this.#storm.clock.now()}: ${text}`)
  }

  /** @param stretched how many times longer it waits than it means to. */
  #outside(stretched: number): Outside {
    const { clock, random } = this.#storm
    const ask = (question: (gateway: Gateway) => Promise<unknown>): Promise<Told> => this.#ask(question)
    const insistOn = async (question: (gateway: Gateway) => Promise<unknown>): Promise<unknown> => {
      for (;;) {
        const told = await ask(question)
        if (told.kind === 'ok') return told.response
        await clock.sleep(1 + below(random, RETRY_MS))
      }
    }
    const asked = (name: string, call: Call) => (gateway: Gateway) => gateway.invoke(name, call)
    const own: Outside['clock'] = {
      now: () => clock.now(),
      elapsedMs: () => clock.elapsedMs(),
      after: (delayMs, task, more) => clock.after(delayMs, task, more),
      defer: (task) => clock.defer(task),
      sleep: (delayMs) => clock.sleep(delayMs * stretched),
    }
    return {
      clock: own,
      random,
      ask,
      insistOn,
      call: (name, call) => ask(asked(name, call)),
      insist: (name, call) => insistOn(asked(name, call)),
    }
  }

  async #ask(question: (gateway: Gateway) => Promise<unknown>): Promise<Told> {
    const { clock, random } = this.#storm
    while (this.#storm.doors.length === 0) await clock.sleep(RETRY_MS)
    const door = oneOf(random, this.#storm.doors)
    const { runtime } = this.#members.get(door.name) as { runtime: Runtime }
    const unanswered: Told = { kind: 'unknown', code: 'GONE', message: 'it may have happened' }
    return Promise.race([door.letIn(toldOf(question(runtime))), door.gone.promise.then(() => unanswered)])
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
