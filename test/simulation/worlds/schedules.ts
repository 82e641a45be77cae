// Calls for a later time: from outside, with and without an idempotency key, cancelled or not; from actors, as effects with a
// delay; and cron ones. Each that was acknowledged runs exactly once and never before its time, each that was cancelled not
// at all; a cron one at most once a beat, and in fine weather at every beat.

import { letterFrom } from '../../../src/actor/post/letter.ts'
import { below } from '../../../src/base/index.ts'
import type { Definition, Statestore, StoredActor } from '../../../src/ports/index.ts'
import { oneOf } from '../plan.ts'
import { mixed } from './mixed.ts'
import { type Act, cast } from './cast.ts'
import type { Weather } from './weather.ts'
import {
  type Outside,
  type ProcessKit,
  stateOf,
  storedActors,
  SYSTEM,
  type World,
  type WorldKind,
} from './world.ts'

/** An errand and when it was run, epoch milliseconds. */
interface Run {
  readonly errand: string
  readonly atMs: number
}

interface Clerk {
  readonly runs: readonly Run[]
}

interface Errand {
  readonly id: string
}

/** How often an errand may have run in the end. */
interface Expected {
  readonly least: number
  readonly most: number
  /** Epoch milliseconds. */
  readonly notBeforeMs: number
}

const CRON = '*/2 * * * * *'
const BEAT_MS = 2_000
const BEATS = 5
/** Within which everything that had to be tried again has been. */
const CALM_MS = 61_000
/** How late a beat may run when nothing is in its way. */
const LATE_MS = 500

class Schedules implements World {
  readonly limits = { deliveryAttempts: 1_000_000 }
  readonly #weather: Weather
  readonly #errands: number
  readonly #expected = new Map<string, Expected>()
  /** Cron schedules that were acknowledged. */
  readonly #crons: string[] = []
  /** In fine weather: from the first beat on, all of these must have run. */
  #fineFromMs = 0
  #runs = 0

  constructor(weather: Weather) {
    this.#weather = weather
    this.#errands = 2 + (weather.seed % 12)
  }

  definitions(kit: ProcessKit): Definition[] {
    const acts = { run: this.#run, plan: this.#plan }
    const role = { initial: (): Clerk => ({ runs: [] }), acts }
    return [
      cast<Clerk>(this.#weather, kit, { ...role, name: 'desk', kind: 'named' }),
      cast<Clerk>(this.#weather, kit, { ...role, name: 'clerk', kind: 'unnamed' }),
    ]
  }

  async outside(outside: Outside): Promise<void> {
    const { clock, random } = outside
    const ways: readonly ((id: string) => Promise<unknown>)[] = [
      (id) => this.#plain(outside, id),
      (id) => this.#keyed(outside, id),
      (id) => this.#cancelled(outside, id),
      (id) => this.#planned(outside, id),
    ]
    const one = async (at: number): Promise<void> => {
      await clock.sleep(below(random, 400))
      // One that comes again is enough: it goes on to the end.
      await (at === 0 ? this.#cron(outside, 'e0') : oneOf(random, ways)(`e${at}`))
    }
    await Promise.all(Array.from({ length: this.#errands }, (_, at) => one(at)))
  }

  /** Nothing waits but what comes again. */
  async isOver(store: Statestore): Promise<boolean> {
    const { envelopes: deliveries } = await store.listEnvelopes(SYSTEM, 'delivery', { limit: 1_000 })
    const { envelopes } = await store.listEnvelopes(SYSTEM, 'schedule', { limit: 1_000 })
    return [...deliveries, ...envelopes].every(
      ({ header, id }) => letterFrom(id, header).rhythm !== undefined,
    )
  }

  async afterwards({ clock }: Outside): Promise<void> {
    await clock.sleep(CALM_MS)
    this.#fineFromMs = clock.now()
    await clock.sleep((BEATS + 1) * BEAT_MS)
  }

  async judge(store: Statestore): Promise<string[]> {
    const runs = (await storedActors(store)).flatMap((stored) => clerkOf(stored).runs)
    this.#runs = runs.length
    const byErrand = Map.groupBy(runs, ({ errand }) => errand)
    const found: string[] = []
    for (const [errand, { least, most, notBeforeMs }] of this.#expected) {
      const times = (byErrand.get(errand) ?? []).map(({ atMs }) => atMs)
      const text = `${errand} ran at ${times.join(', ') || 'no time'}`
      if (times.length < least || times.length > most)
        found.push(`${text}: ${least} to ${most} times were to be`)
      if (times.some((atMs) => atMs < notBeforeMs)) found.push(`${text}, before ${notBeforeMs}`)
      if (most === Number.POSITIVE_INFINITY) found.push(...this.#beats(errand, times))
    }
    for (const errand of byErrand.keys()) if (!this.#expected.has(errand)) found.push(`${errand} was made up`)
    const { envelopes: dead } = await store.listEnvelopes(SYSTEM, 'dead', { limit: 1 })
    if (dead.length > 0) found.push('there are dead letters, and nothing fails for ever')
    return found
  }

  happened(): number {
    return this.#runs
  }

  /** One call, made once: if its answer is lost, nobody knows. */
  async #plain(outside: Outside, id: string): Promise<string | null> {
    const { call, clock, random } = outside
    const delayMs = below(random, 600)
    const notBeforeMs = clock.now() + delayMs
    this.#expect(id, 0, 1, notBeforeMs)
    const timing = random.next() < 0.5 ? { delayMs } : { scheduledToMs: notBeforeMs }
    const { name, ...ref } = this.#target(id)
    const told = await call(name, { ...ref, action: 'run', payload: { id }, ...timing })
    if (told.kind === 'ok') this.#expect(id, 1, 1, notBeforeMs)
    if (told.kind === 'refused') this.#expect(id, 0, 0, notBeforeMs)
    return told.kind === 'ok' ? String(told.response) : null
  }

  /** Made again and again until it is acknowledged: all of these calls stand, and one of them runs. */
  async #keyed({ clock, insist, random }: Outside, id: string): Promise<void> {
    const delayMs = below(random, 600)
    const notBeforeMs = clock.now() + delayMs
    const { name, ...ref } = this.#target(id)
    this.#expect(id, 0, 1, notBeforeMs)
    await insist(name, { ...ref, action: 'run', payload: { id }, delayMs, idempotencyKey: id })
    this.#expect(id, 1, 1, notBeforeMs)
  }

  async #cancelled(outside: Outside, id: string): Promise<void> {
    const { ask, clock, random } = outside
    const schedule = await this.#plain(outside, id)
    if (schedule === null) return
    await clock.sleep(below(random, 800))
    const told = await ask(({ schedules }) => schedules.cancel(schedule))
    if (told.kind === 'ok') this.#expect(id, told.response === true ? 0 : 1, told.response === true ? 0 : 1)
    if (told.kind === 'unknown') this.#expect(id, 0, 1)
  }

  /** An actor sends it to another. */
  async #planned({ clock, insist, random }: Outside, id: string): Promise<void> {
    const delayMs = below(random, 600)
    const notBeforeMs = clock.now() + delayMs
    this.#expect(id, 0, 1, notBeforeMs)
    const payload = { id, delayMs, ...this.#target(id) }
    await insist('desk', { action: 'plan', payload, idempotencyKey: `plan ${id}` })
    this.#expect(id, 1, 1, notBeforeMs)
  }

  async #cron({ call, clock, random }: Outside, id: string): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const errand = `${id}.${attempt}`
      const { name, ...ref } = this.#target(id)
      this.#expect(errand, 0, Number.POSITIVE_INFINITY)
      const told = await call(name, { ...ref, action: 'run', payload: { id: errand }, cron: CRON })
      if (told.kind === 'refused') this.#expect(errand, 0, 0)
      if (told.kind === 'ok') {
        this.#crons.push(errand)
        return
      }
      await clock.sleep(below(random, 50))
    }
  }

  #expect(errand: string, least: number, most: number, notBeforeMs?: number): void {
    const before = notBeforeMs ?? this.#expected.get(errand)?.notBeforeMs ?? 0
    this.#expected.set(errand, { least, most, notBeforeMs: before })
  }

  #target(id: string): { readonly name: string; readonly ref?: string } {
    const at = mixed(id) % 4
    return at === 0 ? { name: 'desk' } : { name: `c${at}`, ref: 'clerk' }
  }

  /** Each beat once at most, and at the end every one, on time. */
  *#beats(errand: string, times: readonly number[]): Iterable<string> {
    for (const [at, atMs] of times.entries()) {
      const before = times[at - 1]
      if (before !== undefined && Math.floor(before / BEAT_MS) >= Math.floor(atMs / BEAT_MS))
        yield `${errand} ran at ${before} and ${atMs}, in one beat of ${BEAT_MS} ms`
    }
    if (!this.#crons.includes(errand)) return
    const first = Math.ceil(this.#fineFromMs / BEAT_MS) * BEAT_MS
    for (let beatMs = first; beatMs < first + BEATS * BEAT_MS; beatMs += BEAT_MS) {
      const ran = times.filter((atMs) => atMs >= beatMs && atMs < beatMs + BEAT_MS)
      if (ran.length !== 1 || (ran[0] ?? 0) > beatMs + LATE_MS)
        yield `${errand} ran at ${ran.join(', ') || 'no time'} in the beat of ${beatMs}`
    }
  }

  readonly #run: Act<Clerk> = ({ nowMs, payload, state }) => {
    return { state: { runs: [...state.runs, { errand: errandOf(payload).id, atMs: nowMs }] } }
  }

  readonly #plan: Act<Clerk> = ({ payload }) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the world's own payload
    const { delayMs, id, name, ref } = payload as { delayMs: number; id: string; name: string; ref?: string }
    const effect = { to: name, ref, action: 'run', payload: { id }, delayMs }
    return { workflow: { effects: [effect] } }
  }
}

function errandOf(payload: unknown): Errand {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the world's own payload
  return payload as Errand
}

function clerkOf(stored: StoredActor): Clerk {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the world's own state
  return (stateOf(stored) ?? { runs: [] }) as Clerk
}

export const schedules: WorldKind = {
  name: 'schedules',
  twins: true,
  lateWrites: true,
  of: (weather) => new Schedules(weather),
}
