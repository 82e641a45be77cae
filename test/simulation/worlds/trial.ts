// A world on its store, whoever runs its actors: it is looked at after every commit, its outside is let in, and when the weather
// is fine it is tended until all has happened, and judged. Decides what is wrong and when all is over; which processes there
// are and which of them answers is its course's: course.ts's, or cluster/world-course.ts's.

import { below, type Clock, type Random, SpawnError } from '../../../src/base/index.ts'
import type { Call, Gateway, Statestore } from '../../../src/ports/index.ts'
import { MemoryStore } from '../../../src/stores/memory/index.ts'
import type { VirtualClock } from '../../../src/testing/index.ts'
import { WatchedStore } from '../watched-store.ts'
import type { Outside, ProcessKit, Told, World } from './world.ts'

/** Asks a process that takes calls, now or as soon as there is one. */
export type Ask = (question: (gateway: Gateway) => Promise<unknown>) => Promise<Told>

/** What is told of a call to a process that is gone. */
export const UNANSWERED: Told = { kind: 'unknown', code: 'GONE', message: 'it may have happened' }

/** Violations that are told: what follows from the first ones says nothing more. */
const TOLD = 20
/** Virtual time that everything may take once the weather is fine. */
const FINE_MS = 600_000
const LOOK_EVERY_MS = 50
/** Longer than any turn. */
const CALM_MS = 1_500
/** The longest that who insists waits before the next try. */
const RETRY_MS = 20

export class Trial {
  /** Nothing goes wrong by chance any more. */
  isFine = false
  /** The store that all processes share. */
  readonly store: Statestore
  readonly violations: string[] = []
  readonly #world: World
  readonly #clock: VirtualClock
  readonly #random: Random
  readonly #memory = new MemoryStore()
  /** By nobody else where all processes share it. */
  readonly #started = this.#memory.start()
  /** So much is wrong that nothing more need be looked at. */
  readonly #enough = Promise.withResolvers<void>()

  constructor(world: World, { clock, random }: { clock: VirtualClock; random: Random }) {
    this.#world = world
    this.#clock = clock
    this.#random = random
    const told = world.watch === undefined ? {} : { committed: () => this.#look() }
    this.store = new WatchedStore(this.#memory, { asked: () => {}, answered: () => true, ...told })
  }

  /** Takes its course, to the end or until enough is wrong. */
  async run(course: () => Promise<void>, maxSteps: number): Promise<void> {
    try {
      await this.#started
      await this.#clock.run(Promise.race([course(), this.#enough.promise]), { maxMs: 10_000_000, maxSteps })
    } catch (thrown) {
      const text = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
      this.violations.push(`course: ${text}`)
    }
  }

  /** What was wrong, in the world and elsewhere, as far as it is told. */
  told(elsewhere: readonly string[] = []): readonly string[] {
    return [...this.violations, ...elsewhere].slice(0, TOLD)
  }

  kit(process: Pick<ProcessKit, 'alive' | 'clock' | 'random'>): ProcessKit {
    return { ...process, alarm: (text) => void this.violations.push(text), fine: () => this.isFine }
  }

  /** @param stretched how many times longer the outside waits than it means to. */
  outside(ask: Ask, stretched = 1): Outside {
    const clock = this.#clock
    const insistOn: Outside['insistOn'] = async (question) => {
      for (;;) {
        const told = await ask(question)
        if (told.kind === 'ok') return told.response
        await clock.sleep(below(this.#random, RETRY_MS))
      }
    }
    const asked = (name: string, call: Call) => (gateway: Gateway) => gateway.invoke(name, call)
    return {
      clock: stretched === 1 ? clock : slowed(clock, stretched),
      random: this.#random,
      ask,
      insistOn,
      call: (name, call) => ask(asked(name, call)),
      insist: (name, call) => insistOn(asked(name, call)),
    }
  }

  /** Once the weather is fine: until all has happened, and nothing more does; then the judgement. */
  async conclude(outside: Outside, stop: () => Promise<void>): Promise<void> {
    await this.#finish(outside)
    await this.#world.afterwards?.(outside, this.#memory)
    await stop()
    for (const text of await this.#world.judge(this.#memory)) this.violations.push(text)
  }

  async #finish(outside: Outside): Promise<void> {
    const endMs = this.#clock.now() + FINE_MS
    for (let overMs = 0; overMs < CALM_MS; overMs += LOOK_EVERY_MS) {
      await this.#clock.sleep(LOOK_EVERY_MS)
      if (!(await this.#world.isOver(this.#memory))) {
        overMs = 0
        await this.#world.tend?.(outside)
      }
      if (this.#clock.now() < endMs) continue
      this.violations.push(`over: not all has happened after ${FINE_MS} ms of fine weather`)
      return
    }
  }

  async #look(): Promise<void> {
    if (this.violations.length >= TOLD) {
      this.#enough.resolve()
      return
    }
    // What goes wrong in looking is no failure of the store.
    const watched = this.#world.watch?.(this.#memory).catch((thrown: unknown) => [`watch: ${String(thrown)}`])
    for (const text of (await watched) ?? []) this.violations.push(`at ${this.#clock.now()}: ${text}`)
  }
}

/** What the outside is told of an answer, or of a failure. */
export async function toldOf(answer: Promise<unknown>): Promise<Told> {
  try {
    return { kind: 'ok', response: await answer }
  } catch (thrown) {
    if (!(thrown instanceof SpawnError)) return { kind: 'refused', code: 'DEFECT', message: String(thrown) }
    const { code, message } = thrown
    return { kind: message.includes('may have happened') ? 'unknown' : 'refused', code, message }
  }
}

function slowed(clock: VirtualClock, times: number): Clock & { sleep(delayMs: number): Promise<void> } {
  return {
    now: () => clock.now(),
    elapsedMs: () => clock.elapsedMs(),
    after: (delayMs, task, more) => clock.after(delayMs, task, more),
    defer: (task) => clock.defer(task),
    sleep: (delayMs) => clock.sleep(delayMs * times),
  }
}
