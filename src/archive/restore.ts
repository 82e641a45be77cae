// A store as it stood at a time, as a source of parts. Decides which rows were there then:
//
//  - Of an actor the revision that stood, and the past that it had, as far as history reaches. One whose history begins later,
//    and not with its first revision, is not restored but told: what stood then is not kept, or nothing did.
//  - Outcomes of turns until then. When a turn was is told by when its outcome expires.
//  - What the store keeps for itself, as it stands: who was erased since then stays erased.
//  - Messages that were sent until then and stand still. Those that were under way then and have been taken since are gone: what
//    they did is in states that came later.
//  - Facts of turns until then, also of actors that history does not reach, and in the places that they have.
//
// What was deleted since then has left nothing.

import { isSpawnError, LIMITS } from '../base/index.ts'
import { letterFrom } from '../actor/index.ts'
import {
  type ArchiveRow,
  type Envelope,
  isReserved,
  type Statestore,
  type StoredActor,
} from '../ports/index.ts'
import type { ActorId } from '../protocol/index.ts'
import { archiveOf } from './archive-of.ts'
import { PART_ROWS } from './frame-line.ts'
import type { CarriedPart, PartSource } from './intake.ts'
import { checkFinished } from './mark.ts'
import { isFact } from './row-counts.ts'
import { isMovable } from './sealed-rows.ts'

export interface RestoreOptions {
  readonly store: Statestore
  /** What people call the store; no secrets. */
  readonly name: string
  /** Epoch milliseconds. */
  readonly atMs: number
  /** How long outcomes are kept after their turn, in milliseconds. */
  readonly outcomeRetentionMs: number
  /** Told of each actor that history does not reach. */
  readonly unreached: (actor: Unreached) => Promise<void>
}

/** An actor of which it is not known how it stood. */
export interface Unreached {
  readonly id: ActorId
  /** The oldest revision that is kept, and when it was committed. */
  readonly revision: number
  readonly committedAtMs: number
}

export interface RestoreCounts {
  /** Actors that stand as they stood then. */
  readonly unchanged: number
  /** Those that stood otherwise. */
  readonly earlier: number
  /** Those that were stored later. */
  readonly later: number
  readonly unreached: number
  /** Of after that time. */
  readonly outcomesLeft: number
  /** Messages. */
  readonly envelopesLeft: number
  readonly factsLeft: number
  /** Those that are restored although it cannot be read of when they are. */
  readonly envelopesUndated: number
  readonly factsUndated: number
}

/** Actors that are looked for at once. */
const LOOKUPS = 32

export class RestoreSource implements PartSource {
  readonly identity: string
  readonly name: string
  /** The store may have changed meanwhile. */
  readonly isFixed = false
  readonly parts: AsyncIterable<CarriedPart>
  readonly #options: RestoreOptions
  readonly #counts = {
    unchanged: 0,
    earlier: 0,
    later: 0,
    unreached: 0,
    outcomesLeft: 0,
    envelopesLeft: 0,
    factsLeft: 0,
    envelopesUndated: 0,
    factsUndated: 0,
  }

  constructor(options: RestoreOptions) {
    const at = new Date(options.atMs).toISOString()
    this.#options = options
    this.name = `${options.name} as of ${at}`
    this.identity = `restore ${this.name}`
    this.parts = this.#parts()
  }

  get counts(): RestoreCounts {
    return this.#counts
  }

  async *#parts(): AsyncGenerator<CarriedPart> {
    const archive = archiveOf(this.#options.store)
    await checkFinished(this.#options.store)
    let after: string | null = null
    let number = 0
    do {
      const page = await archive.read({ limit: PART_ROWS, ...(after !== null && { after }) })
      after = page.next
      const rows = await this.#stood(page.rows.filter(isMovable))
      if (rows.length === 0) continue
      number += 1
      yield { number, mark: '', rows }
    } while (after !== null)
  }

  /** Of rows of the store, those of then. */
  async #stood(rows: readonly ArchiveRow[]): Promise<ArchiveRow[]> {
    const stood: ArchiveRow[] = []
    for (let at = 0; at < rows.length; at += LOOKUPS) {
      const found = await Promise.all(rows.slice(at, at + LOOKUPS).map((row) => this.#rowAt(row)))
      for (const row of found) if (row !== null) stood.push(row)
    }
    return stood
  }

  async #rowAt(row: ArchiveRow): Promise<ArchiveRow | null> {
    const { atMs, outcomeRetentionMs } = this.#options
    if (row.kind === 'actor') return this.#actorAt(row.actor)
    // Of a past that the actor of then did not have yet, the store that takes it leaves it out.
    if (row.kind === 'past') return row.actor.committedAtMs <= atMs ? row : null
    if (row.kind === 'outcome') {
      if (row.outcome.expiresAtMs - outcomeRetentionMs <= atMs) return row
      this.#counts.outcomesLeft += 1
      return null
    }
    const sentAtMs = createdAtMs(row.envelope)
    const what = isFact(row) ? 'facts' : 'envelopes'
    if (sentAtMs === null) this.#counts[`${what}Undated`] += 1
    if (sentAtMs === null || sentAtMs <= atMs) return row
    this.#counts[`${what}Left`] += 1
    return null
  }

  async #actorAt(latest: StoredActor): Promise<ArchiveRow | null> {
    const { atMs, store } = this.#options
    if (isReserved(latest.id)) return { kind: 'actor', actor: latest }
    if (latest.committedAtMs <= atMs) {
      this.#counts.unchanged += 1
      return { kind: 'actor', actor: latest }
    }
    const actor = await store.loadRevision(latest.id, { atMs })
    if (actor !== null) {
      this.#counts.earlier += 1
      return { kind: 'actor', actor }
    }
    const { committedAtMs, id, revision } = await oldestKept(store, latest)
    if (revision === 1 && committedAtMs > atMs) {
      this.#counts.later += 1
      return null
    }
    this.#counts.unreached += 1
    await this.#options.unreached({ id, revision, committedAtMs })
    return null
  }
}

/** Null: another release, or nobody, knows. */
function createdAtMs({ header, id }: Envelope): number | null {
  try {
    return letterFrom(id, header).createdAtMs
  } catch (thrown) {
    if (isSpawnError(thrown) && thrown.code === 'STATE_UNREADABLE') return null
    throw thrown
  }
}

async function oldestKept(
  store: Statestore,
  latest: StoredActor,
): Promise<Pick<StoredActor, 'id' | 'revision' | 'committedAtMs'>> {
  let oldest: Pick<StoredActor, 'id' | 'revision' | 'committedAtMs'> = latest
  for (;;) {
    const page = await store.revisions(latest.id, LIMITS.pageSize, oldest.revision)
    oldest = page.at(-1) ?? oldest
    if (page.length < LIMITS.pageSize) return oldest
  }
}
