// The course of a world of ../worlds over a cluster: its actors live on simulated members, of which each has a real runtime and
// a link of its own to one store, and its outside calls at any door. What befalls members is storm.ts's, what befalls turns
// and the store the world's own weather's; what is wrong, and when all is over, is ../worlds/trial.ts's.

import type { Gateway, Statestore } from '../../../src/ports/index.ts'
import { NO_FAULTS } from '../../../src/testing/index.ts'
import { oneOf } from '../plan.ts'
import { toldOf, Trial, UNANSWERED } from '../worlds/trial.ts'
import {
  clearAfterMs,
  LONG_GAP_MS,
  type Weather as Climate,
  weatherOf as climateOf,
} from '../worlds/weather.ts'
import { SYSTEM, type Told, type World, type WorldKind } from '../worlds/world.ts'
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
const MAX_STEPS = 300_000
/** How often a caller looks for a member that takes calls. */
const DOOR_EVERY_MS = 20
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
  readonly #trial: Trial
  readonly #members = new Map<string, RuntimeMember>()

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
    this.#trial = new Trial(world, this.#storm)
  }

  async run(): Promise<WorldVerdict> {
    const { clock, lines, truth } = this.#storm
    await this.#trial.run(() => this.#course(), MAX_STEPS)
    return {
      weather: this.#weather,
      climate: this.#climate,
      violations: this.#trial.told(truth.violations),
      steps: clock.steps,
      happened: this.#world.happened(),
      epoch: this.#storm.epoch,
      log: lines,
    }
  }

  readonly #engine: MakeEngine = (cluster, machine, options) => {
    const member = runtimeMember(cluster, machine, options, {
      system: SYSTEM,
      definitions: this.#world.definitions(
        this.#trial.kit({ clock: machine.clock, random: options.random, alive: () => !machine.isDead }),
      ),
      store: this.#trial.store,
      faults: this.#trial.isFine ? NO_FAULTS : this.#climate.faults,
      limits: { ...this.#climate.limits, ...this.#world.limits },
      fitted: this.#options.fitted,
    })
    this.#members.set(cluster.self, member)
    const { link, runtime, tenant } = member
    return {
      tenant,
      judged: { name: cluster.self, holds: () => false, inMemory: () => [] },
      start: () => runtime.start(),
      stop: () => runtime.stop(),
      ask: () => Promise.reject(new Error('the doors of this cluster are its gateways')),
      crashed: () => link.cut(),
    }
  }

  async #course(): Promise<void> {
    const ask = (question: (gateway: Gateway) => Promise<unknown>): Promise<Told> => this.#ask(question)
    // Some of it can only be done when there are members again.
    await Promise.all([this.#rage(), this.#world.outside(this.#trial.outside(ask, STRETCHED))])
    await this.#trial.conclude(this.#trial.outside(ask), () => this.#storm.stop())
  }

  async #rage(): Promise<void> {
    const storm = this.#storm
    await storm.rage()
    this.#trial.isFine = true
    for (const { link } of this.#members.values()) link.faults = NO_FAULTS
    await storm.clock.sleep(clearAfterMs(this.#climate))
    await storm.clearUp()
    await storm.settle()
  }

  async #ask(question: (gateway: Gateway) => Promise<unknown>): Promise<Told> {
    const { clock, random } = this.#storm
    while (this.#storm.doors.length === 0) await clock.sleep(DOOR_EVERY_MS)
    const door = oneOf(random, this.#storm.doors)
    const member = this.#members.get(door.name)
    if (member === undefined) throw new Error(`${door.name} takes calls and has no runtime`)
    const answer = toldOf(question(member.runtime))
    return Promise.race([door.letIn(answer), door.gone.promise.then(() => UNANSWERED)])
  }
}
