// The outbox: what turns have set in motion and nobody has taken yet. Effects, broadcasts, hops of a pipe, schedules and
// timers are all envelopes; each is committed with the turn that sent it and removed with the turn that took it. Facts are,
// too, but they are for whoever reads them: nobody takes one, and it goes when its time is over.
//
// What the engine makes of it, and every store keeps:
//  - An envelope stands in the outbox from the commit that `sends` it until the commit that `takes` it. A commit that takes
//    an envelope which does not stand is a conflict as a whole: what it did was done before, or was cancelled. So an
//    envelope may be handed over any number of times, and its turn is committed once.
//  - A crash between delivery and commit leaves the envelope in the outbox: it is handed over again. A crash after the
//    commit finds it gone. There is nothing between.
//  - A store never looks into an envelope's header or payload.
//  - One that cannot be read keeps nobody from the others of a page: it is answered with its position and id, and its header
//    throws STATE_UNREADABLE when somebody asks for it, or is none that the engine could have written. It stays, and the log
//    tells of it. Where only whoever keeps its key does not answer, its header throws STORE_UNAVAILABLE: it may be read later.
//    Not so a fact, whose page fails then: nobody may pass it over.

import type { Packed } from '../protocol/index.ts'

/**
 * `delivery`: effects, broadcasts, hops, replies. `schedule`: calls for a later time. `timer`: the next tick of a timer.
 * `dead`: given up; it stands until somebody decides. `fact`: what a turn has made of the state of an actor whose facts are
 * kept; it is never due, is read in the order of places, and is dropped from its `dueAtMs` on.
 */
export type Box = 'delivery' | 'schedule' | 'timer' | 'dead' | 'fact'

export const BOXES: readonly Box[] = ['delivery', 'schedule', 'timer', 'dead', 'fact']

/** How the id of every fact begins, and no other: a store may look for these elsewhere. */
export const FACT_PREFIX = 'fact:'

/** The `dueAtMs` of a fact that is kept for ever. */
export const FOR_EVER_MS = Number.MAX_SAFE_INTEGER

export interface Envelope {
  /** Unique in its system, 1 to LIMITS.envelopeIdBytes bytes of UTF-8. */
  readonly id: string
  readonly box: Box
  /** When it is to be delivered, epoch milliseconds; 0: at once. Of a fact: from when on it may be dropped. */
  readonly dueAtMs: number
  /** Who to whom, and what for: JSON that only the engine reads. */
  readonly header: string
  /**
   * The same in parts, while they are at hand: a store may write these more briefly. See `headerText`. To be read at once:
   * what is answered here may be used again for the next envelope.
   */
  readonly headerParts?: HeaderParts | undefined
  /** Whether its id was never used before, so that a store need not look for it; absent: nobody says. */
  readonly isNew?: boolean | undefined
  readonly payload: Packed | null
}

export interface HeaderParts {
  /** Those that come again and again in the envelopes of a system. */
  readonly words: readonly string[]
  /** All others. */
  readonly texts: readonly string[]
}

/** The header whose parts these are. */
export function headerText({ texts, words }: HeaderParts): string {
  return JSON.stringify([...words, ...texts])
}

/** An envelope as it stands. */
export interface StandingEnvelope extends Envelope {
  /** Its place among all of its system, from 1: given when its id first stood, and kept when it is replaced. */
  readonly place: number
}

/** Where a reading of the outbox has come to. */
export interface EnvelopePosition {
  readonly dueAtMs: number
  readonly place: number
}

/** Some of what is due, in order of (dueAtMs, place). */
export interface DuePage {
  readonly envelopes: readonly StandingEnvelope[]
  /** When the first envelope that is not due yet will be; null: there is none. Said on every page. */
  readonly nextDueMs: number | null
  /** Whether nothing more was due; if not, there may be more behind the last of these. */
  readonly isLast: boolean
}

/** Facts, in the order of their places. */
export interface FactPage {
  readonly facts: readonly StandingEnvelope[]
  /** Whether none stood behind the last of these. */
  readonly isLast: boolean
}

/** A page of one box, in order of (dueAtMs, place). */
export interface EnvelopePage {
  readonly envelopes: readonly StandingEnvelope[]
  /** Opaque; null: this was the last page. */
  readonly next: string | null
}
