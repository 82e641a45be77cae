// How far a work on all rows of a store has come: of how many, and when it will be over if it goes on like this. Decides
// no counting: the store counts, but for the replies under idempotency keys, which nobody counts.

import { type Clock, isSpawnError } from '../base/index.ts'
import type { Holdings, Statestore } from '../ports/index.ts'

const SECOND_MS = 1_000
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
/** Up to so many of a unit it is the one to say. */
const MOST_OF_UNIT = 90

export interface Reached {
  /** Rows that are done; those of earlier runs are among them. */
  readonly at: number
  /** Null: nobody knows. */
  readonly of: number | null
  /** Null: nobody knows. */
  readonly leftMs: number | null
}

export class Course {
  readonly #clock: Clock
  readonly #of: number | null
  readonly #before: number
  readonly #startMs: number

  /** @param before rows that earlier runs have done. */
  constructor(clock: Clock, of: number | null, before = 0) {
    this.#clock = clock
    this.#of = of
    this.#before = before
    this.#startMs = clock.elapsedMs()
  }

  /** @param done rows that this run has done. */
  reach(done: number): Reached {
    const at = this.#before + done
    if (this.#of === null) return { at, of: null, leftMs: null }
    // There may be more than there were.
    const of = Math.max(this.#of, at)
    if (done === 0) return { at, of, leftMs: null }
    return { at, of, leftMs: Math.round(((this.#clock.elapsedMs() - this.#startMs) * (of - at)) / done) }
  }
}

/** How many rows stand in a store, but for kept replies; null: it does not count, or cannot in its time. */
export async function standingRows(store: Pick<Statestore, 'holdings'>): Promise<number | null> {
  const held = await counted(store)
  if (held === null) return null
  return held.systems.reduce((sum, { actors, envelopes, past }) => {
    const { dead, delivery, fact, schedule, timer } = envelopes
    return sum + actors + past + dead + delivery + schedule + timer + fact
  }, 0)
}

async function counted(store: Pick<Statestore, 'holdings'>): Promise<Holdings | null> {
  try {
    return (await store.holdings?.()) ?? null
  } catch (thrown) {
    // The work itself does not need it: what is wrong with the store, it will meet itself.
    if (isSpawnError(thrown) && thrown.code === 'STORE_UNAVAILABLE') return null
    throw thrown
  }
}

/** `12,000 of 100,000 (12 %, about 40 s left)`. */
export function reachedText({ at, leftMs, of }: Reached): string {
  const done = at.toLocaleString('en')
  if (of === null || of === 0) return done
  const left = leftMs === null ? '' : `, about ${leftText(leftMs)} left`
  return `${done} of ${of.toLocaleString('en')} (${Math.floor((at / of) * 100)} %${left})`
}

function leftText(ms: number): string {
  if (ms <= MOST_OF_UNIT * SECOND_MS) return `${Math.ceil(ms / SECOND_MS)} s`
  if (ms <= MOST_OF_UNIT * MINUTE_MS) return `${Math.ceil(ms / MINUTE_MS)} min`
  return `${Math.ceil(ms / HOUR_MS)} h`
}
