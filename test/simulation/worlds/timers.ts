// Actors with timers, named ones and instances, whose turns change and stop them. A timer keeps its beat through every
// crash: each tick is one beat later than the one before or more, never two in a beat, none overlaps another, none comes
// before its time, and in fine weather none is left out.

import { letterFrom } from '../../../src/actor/post/letter.ts'
import { assert, below } from '../../../src/base/index.ts'
import type { Definition, StandingEnvelope, Statestore, StoredActor } from '../../../src/ports/index.ts'
import { type Act, cast, type Role } from './cast.ts'
import { mixed } from './mixed.ts'
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

/** What an actor remembers of its timer. `everyMs`: as it was set from then on; null: stopped; absent: it ticked. */
interface Mark {
  readonly atMs: number
  readonly everyMs?: number | null
}

interface Metronome {
  readonly marks: readonly Mark[]
}

/** When a timer comes and how often, as it stands in the store. */
interface Beat {
  readonly dueAtMs: number
  readonly everyMs: number
}

/** From one setting of a timer to the next. */
interface Segment {
  /** Beats are counted from here, epoch milliseconds. */
  readonly fromMs: number
  readonly everyMs: number
  readonly ticks: number[]
}

/** Instead of a time. */
const UNKNOWN = -1
const STOPPED = -2

const INSTANCES = 3
const FINE_MS = 3_000
/** Within which everything that had to be tried again has been. */
const CALM_MS = 4_000
/** How late a tick may be when nothing is in its way. */
const LATE_MS = 500
/** The due time of a timer that was stopped. */
const NEVER_MS = Number.MAX_SAFE_INTEGER

class Timers implements World {
  readonly #weather: Weather
  readonly #periodMs: number
  /** The first beat of each actor's timer that was seen in the store. */
  readonly #first = new Map<string, Beat>()
  readonly #last = new Map<string, Beat>()
  #fineFromMs = 0
  #ticks = 0

  constructor(weather: Weather) {
    this.#weather = weather
    this.#periodMs = 40 + (weather.seed % 160)
  }

  definitions(kit: ProcessKit): Definition[] {
    const role: Omit<Role<Metronome>, 'name' | 'kind'> = {
      initial: () => ({ marks: [] }),
      acts: { tick: this.#tick, change: this.#change },
      timers: { tick: this.#periodMs },
    }
    return [
      cast<Metronome>(this.#weather, kit, { ...role, name: 'clock', kind: 'named' }),
      cast<Metronome>(this.#weather, kit, { ...role, name: 'watch', kind: 'unnamed' }),
    ]
  }

  async outside({ call, clock, insist, random }: Outside): Promise<void> {
    const one = async (at: number): Promise<void> => {
      const { name, ...ref } = at === 0 ? { name: 'clock' } : { name: `w${at}`, ref: 'watch' }
      for (let turn = 0; turn < 4; turn += 1) {
        await clock.sleep(below(random, 600))
        const chance = random.next()
        // The periods are all different, so that a change is told from a beat.
        const everyMs = chance < 0.2 ? null : 300 + 7 * (4 * at + turn)
        if (chance < 0.4) await call(name, { ...ref, action: 'change', payload: { everyMs } })
        else await insist(name, { ...ref, action: 'get' })
      }
    }
    await Promise.all(Array.from({ length: 1 + INSTANCES }, (_, at) => one(at)))
  }

  /** It is never over: what is late has its time before `afterwards` begins. */
  async isOver(): Promise<boolean> {
    return Promise.resolve(true)
  }

  async afterwards({ clock, insist }: Outside): Promise<void> {
    await clock.sleep(CALM_MS)
    for (let at = 1; at <= INSTANCES; at += 1) await insist(`w${at}`, { ref: 'watch', action: 'get' })
    this.#fineFromMs = clock.now()
    await clock.sleep(FINE_MS)
  }

  /** A timer's next time is later than the one before by whole periods, unless it was set anew. */
  async watch(store: Statestore): Promise<string[]> {
    const { envelopes } = await store.listEnvelopes(SYSTEM, 'timer', { limit: 1_000 })
    const found: string[] = []
    for (const envelope of envelopes) {
      const { actor, beat } = timerOf(envelope)
      const before = this.#last.get(actor)
      this.#last.set(actor, beat)
      if (beat.dueAtMs !== NEVER_MS && !this.#first.has(actor)) this.#first.set(actor, beat)
      if (before === undefined || before.everyMs !== beat.everyMs) continue
      if (beat.dueAtMs === NEVER_MS || before.dueAtMs === NEVER_MS) continue
      const laterMs = beat.dueAtMs - before.dueAtMs
      if (laterMs < 0 || laterMs % beat.everyMs !== 0)
        found.push(
          `the timer of ${actor} goes from ${before.dueAtMs} to ${beat.dueAtMs}, every ${beat.everyMs} ms`,
        )
    }
    return found
  }

  async judge(store: Statestore): Promise<string[]> {
    const found: string[] = []
    for (const stored of await storedActors(store)) {
      const { name, parent } = stored.id
      const actor = `${parent}/${name}`
      const { marks } = metronomeOf(stored)
      this.#ticks += marks.filter(({ everyMs }) => everyMs === undefined).length
      for (const text of this.#rhythm(actor, marks)) found.push(`${actor} ${text}`)
    }
    return found
  }

  happened(): number {
    return this.#ticks
  }

  *#rhythm(actor: string, marks: readonly Mark[]): Iterable<string> {
    const first = this.#first.get(actor)
    const declared = first?.everyMs === this.#periodMs
    let segment: Segment = {
      // A timer that was changed before it was seen says nothing of the time before.
      fromMs: first === undefined || !declared ? UNKNOWN : first.dueAtMs - first.everyMs,
      everyMs: this.#periodMs,
      ticks: [],
    }
    for (const { atMs, everyMs } of marks) {
      if (everyMs === undefined) {
        segment.ticks.push(atMs)
        continue
      }
      yield* beatsOf(segment)
      segment = { fromMs: everyMs === null ? STOPPED : atMs, everyMs: everyMs ?? 0, ticks: [] }
    }
    yield* beatsOf(segment)
    if (segment.fromMs === UNKNOWN) yield 'has no timer'
    else yield* this.#fine(segment)
  }

  /** When nothing goes wrong any more, every beat has its tick. */
  *#fine({ everyMs, fromMs, ticks }: Segment): Iterable<string> {
    if (fromMs === STOPPED) return
    const since = Math.max(1, Math.ceil((this.#fineFromMs - fromMs) / everyMs))
    for (let beat = since; fromMs + (beat + 1) * everyMs < this.#fineFromMs + FINE_MS; beat += 1) {
      const dueMs = fromMs + beat * everyMs
      const inBeat = ticks.filter((atMs) => atMs >= dueMs && atMs < dueMs + everyMs)
      if (inBeat.length !== 1 || (inBeat[0] ?? 0) > dueMs + LATE_MS)
        yield `ticked ${inBeat.length} times in the beat of ${dueMs}, every ${everyMs} ms`
    }
  }

  /** Now and then a tick sets its own timer. */
  readonly #tick: Act<Metronome> = ({ nowMs, self, state }) => {
    const marks = [...state.marks, { atMs: nowMs }]
    if (mixed(`${this.#weather.seed} ${self} ${marks.length}`) % 20 > 0) return { state: { marks } }
    const everyMs = 500 + marks.length
    return { state: { marks: [...marks, { atMs: nowMs, everyMs }] }, workflow: { timers: { tick: everyMs } } }
  }

  readonly #change: Act<Metronome> = ({ nowMs, payload, state }) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the world's own payload
    const { everyMs } = payload as { everyMs: number | null }
    const marks = [...state.marks, { atMs: nowMs, everyMs }]
    return { state: { marks }, workflow: { timers: { tick: everyMs } } }
  }
}

/** Two ticks are never of one beat, and the first comes when one beat has passed. */
function* beatsOf({ everyMs, fromMs, ticks }: Segment): Iterable<string> {
  if (fromMs === UNKNOWN) return
  let before = 0
  for (const atMs of ticks) {
    if (fromMs === STOPPED) yield `ticked at ${atMs}, and was stopped`
    const beat = Math.floor((atMs - fromMs) / everyMs)
    if (beat <= before) yield `ticked at ${atMs}, in beat ${beat} after beat ${before} of ${everyMs} ms`
    before = beat
  }
}

function timerOf({ dueAtMs, header, id }: StandingEnvelope): { readonly actor: string; readonly beat: Beat } {
  const { rhythm, to } = letterFrom(id, header)
  assert(rhythm !== undefined && 'everyMs' in rhythm, 'a timer has a period')
  return { actor: to.join('/'), beat: { dueAtMs, everyMs: rhythm.everyMs } }
}

function metronomeOf(stored: StoredActor): Metronome {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the world's own state
  return (stateOf(stored) ?? { marks: [] }) as Metronome
}

/**
 * One owner at a time, whose commits come in time: a timer is set for the first time by a commit that takes nothing, so
 * nothing keeps one that comes late from setting it back.
 */
export const timers: WorldKind = {
  name: 'timers',
  twins: false,
  lateWrites: false,
  of: (weather) => new Timers(weather),
}
