// The journal in front of the tables. A group of commits becomes durable as one row of journal-table.ts, whatever the
// number of actors in it and wherever their rows lie; later, in the background, it is folded into the tables. Written at
// once, 64 commits of 100,000 actors dirty 64 pages, and the disk has to take all of them before the callers are told;
// the journal's row is on one page, or two, and by the time of the fold many commits share a page, or an actor.
//
// Decides when to fold; the verdicts are judging.ts's. Invariants:
//  - Nothing of a group is visible before its row is durable.
//  - Rows stop counting in the transaction that folds the last of their generation. A crash in between is harmless:
//    on opening the journal is applied again, and what has been folded already is known by its revision. (Deleting folds
//    everything first, so all rows that count are of the incarnation in the table.)

import { hashOf } from '../../base/index.ts'
import type { OutcomeRecord } from '../../ports/index.ts'
import { NOTHING_STANDS, type Standing } from '../fence.ts'
import type { ActorTable } from './actor-table.ts'
import type { Database } from './database.ts'
import type { Dictionary } from './dictionary.ts'
import type { FamilyName, FramedCommit } from '../frames/frame.ts'
import { Generation, type Layers, type PendingActor } from './generation.ts'
import { JournalTable, type RecoveredRow } from './journal-table.ts'
import { isOutside, type Judged } from './judged.ts'
import { Judging } from './judging.ts'
import { Outbox } from './outbox.ts'
import type { OutboxTable } from './outbox-table.ts'
import { PendingEnvelope } from './pending-outbox.ts'
import { actorHash, type OutcomeTable } from './outcome-table.ts'
import { recovered } from './recovered.ts'
import { outcomesInOrder, PendingOutcomes } from './pending-outcomes.ts'
import type { PastTable } from './past-table.ts'
import type { StoredRow } from '../frames/rows.ts'

/** Actors and envelopes, and bytes, folded in one go: what a commit that comes just then has to wait for. */
const SLICE_ENTRIES = 64
/** How far folding is ahead of the next generation's filling, at least: it ends before that is full. */
const AHEAD = 1.1
/** Outcomes of a row that are as much work as another entry. */
const OUTCOMES_LIKE_AN_ENTRY = 4
const SLICE_BYTES = 1_024 * 1_024

export interface Tables {
  readonly database: Database
  readonly dictionary: Dictionary
  readonly actors: ActorTable
  readonly past: PastTable
  readonly outcomes: OutcomeTable
  readonly outbox: OutboxTable
}

export class Journal {
  readonly outbox: Outbox
  /** How many have begun to be folded. */
  generations = 0
  readonly #tables: Tables
  readonly #sliceEntries: number
  readonly #rows: JournalTable
  readonly #layers: Layers = { open: new Generation(), folding: null }
  readonly #judging: Judging
  /** What the folding generation has; from `#foldedTo` on it is still to be folded. */
  #order: readonly (PendingActor | PendingOutcomes | PendingEnvelope)[] = []
  #foldedTo = 0
  /** How much work that is, in entries: all of it, and up to `#foldedTo`. */
  #work = 0
  #workDone = 0

  /** @param sliceEntries see SLICE_ENTRIES. */
  constructor(tables: Tables, sliceEntries = SLICE_ENTRIES) {
    this.#tables = tables
    this.#sliceEntries = sliceEntries
    this.#rows = new JournalTable(tables.database)
    this.outbox = new Outbox(tables.outbox, this.#rows.foldedPlace)
    this.#judging = new Judging(tables, this.outbox, this.#layers)
  }

  /** Whether something waits to be folded. */
  get hasWork(): boolean {
    return this.#layers.folding !== null || this.#layers.open.commits > 0
  }

  /** Whether folding should begin or go on without waiting any longer. */
  get isDue(): boolean {
    const { folding, open } = this.#layers
    // What is judged already is staged in the open one.
    return folding !== null || (open.isFull && !this.#judging.expects)
  }

  /**
   * Folds what a crash has left in the journal.
   *
   * @throws SpawnError STATE_UNREADABLE
   */
  recover(): void {
    this.#layers.open.places = this.#rows.recover((row) => {
      this.#applyRowAgain(row)
      this.#layers.open.commits += 1
    })
    this.settle()
  }

  /**
   * Commits a batch of groups, each of which came in frames, in one transaction: as if one group followed the other.
   *
   * @param told hears, as soon as they are durable, for each group the places of the commits that met a conflict, counted
   *   through its frames. What is left to do then, nobody needs to wait for.
   * @param goesOn whether the first group is the one that was expected.
   */
  commit(
    groups: readonly (readonly Uint8Array[])[],
    told: (conflicts: number[][]) => void,
    goesOn = false,
  ): void {
    const layers = this.#layers
    if (layers.folding !== null && layers.open.isFull) this.#finishFolding()
    const batch = this.#judging.batch(groups, goesOn)
    try {
      const rows = batch.judged.filter(({ commits, refused }) => refused.size < commits.length)
      if (rows.length > 0) this.#rows.append(rows, layers.open.places)
    } catch (thrown) {
      this.#judging.forget()
      throw thrown
    }
    told(batch.conflicts)
    this.outbox.keep()
    layers.open.outcomes.settle(true)
    this.#take(batch.judged)
  }

  /** Judges how the next batch is about to begin; see Judging. */
  expect(frame: Uint8Array): void {
    this.#judging.expect(frame)
  }

  /** Something else comes before it, that may change what was found, or must not see what is staged. */
  giveUpExpected(): void {
    this.#judging.giveUp()
  }

  standing(id: FamilyName, name: string): Standing {
    const family = this.#tables.dictionary.find(id)
    if (family === undefined) return NOTHING_STANDS
    const pending = this.#layers.open.find(family, name) ?? this.#layers.folding?.find(family, name)
    return pending ?? this.#tables.actors.standing(family, name)
  }

  read(id: FamilyName, name: string): StoredRow | null {
    const family = this.#tables.dictionary.find(id)
    if (family === undefined) return null
    const pending =
      this.#layers.open.find(family, name)?.latest ?? this.#layers.folding?.find(family, name)?.latest
    return pending ?? this.#tables.actors.read(family, name)
  }

  outcome(id: FamilyName, name: string, key: string): OutcomeRecord | null {
    const family = this.#tables.dictionary.find(id)
    if (family === undefined) return null
    const owner = { family, name, hash: actorHash(family, name) }
    return this.#judging.outcome(owner, { key, keyHash: hashOf(key) })
  }

  /** Hashes of the keys under which outcomes are kept; null: there are more than `limit`. */
  outcomeKeys(id: FamilyName, name: string, limit: number): Uint32Array | null {
    const family = this.#tables.dictionary.find(id)
    if (family === undefined) return new Uint32Array()
    const hashes = new Set(this.#tables.outcomes.keys(family, name, limit + 1))
    for (const generation of [this.#layers.folding, this.#layers.open]) {
      const actor = generation?.find(family, name)
      if (generation === null || actor === undefined) continue
      for (const hash of generation.outcomes.keyHashes(actor)) hashes.add(hash)
    }
    return hashes.size > limit ? null : Uint32Array.from(hashes)
  }

  /** Folds everything, for those who read or change the tables themselves. */
  settle(): void {
    this.#finishFolding()
    if (this.#layers.open.commits === 0) return
    this.#beginFolding()
    this.#finishFolding()
  }

  /**
   * Lets `work` write the tables itself, in one durable transaction.
   *
   * @param work answers the last place of the outbox that it has given; 0: none.
   */
  bypass(work: () => number): void {
    this.settle()
    const { database, dictionary, outbox, outcomes } = this.#tables
    let place = 0
    try {
      database.durably(() => {
        place = work()
        outbox.flush()
        outcomes.flush()
        if (place > 0) this.#rows.raisePlace(place)
      })
    } catch (thrown) {
      dictionary.settle(false)
      outcomes.settle(false)
      outbox.forgetUnwritten()
      throw thrown
    }
    dictionary.settle(true)
    outcomes.settle(true)
    this.outbox.raiseLastPlace(place)
  }

  /** Folds a little, beginning a new generation when there is none under way. */
  foldSlice(): void {
    if (this.#layers.folding === null) {
      if (this.#layers.open.commits === 0 || this.#judging.expects) return
      this.#beginFolding()
    }
    const due = AHEAD * this.#layers.open.fullness * this.#work - this.#workDone
    this.#fold(Math.max(this.#sliceEntries, due))
  }

  /** A batch is durable. */
  #take(batch: readonly Judged[]): void {
    for (const { frame, commits, actors, refused } of batch) {
      for (let at = 0; at < commits.length; at += 1) {
        const commit = commits[at]
        if (commit !== undefined && !refused.has(at)) actors[at]?.take(commit)
      }
      this.#layers.open.commits += commits.length
      this.#layers.open.bytes += frame.length
    }
  }

  #applyRowAgain(row: RecoveredRow): void {
    const { commits, placesGiven } = recovered(row, this.#tables.database.file)
    let sent = 0
    for (const commit of commits) {
      if (!isOutside(commit)) this.#applyAgain(commit)
      this.outbox.applyAgain(commit, () => placesGiven?.[sent++])
    }
  }

  #applyAgain(commit: FramedCommit): void {
    const actor = this.#judging.actor(commit)
    const isFolded = commit.revision > commit.follows && actor.revision >= commit.revision
    this.#layers.open.outcomes.stage(actor, commit.outcomes)
    this.#layers.open.outcomes.settle(true)
    // They may be folded as well, and what they have replaced may not.
    for (const { key } of commit.outcomes) actor.noteBelow(key)
    if (!isFolded) actor.take(commit)
  }

  #beginFolding(): void {
    this.generations += 1
    this.#tables.database.beginLooks()
    this.#layers.folding = this.#layers.open
    const { outcomes } = this.#tables
    this.#layers.open = new Generation(outcomes.beginGeneration() ? outcomes : null)
    const actors = this.#layers.folding.inOrder()
    this.#order = [
      ...actors,
      ...outcomesInOrder(actors, this.#layers.folding.outcomes),
      ...this.outbox.beginFolding(),
    ]
    this.#foldedTo = 0
    this.#work = this.#order.reduce((sum, entry) => sum + workOf(entry), 0)
    this.#workDone = 0
  }

  #finishFolding(): void {
    while (this.#layers.folding !== null) this.#fold(this.#sliceEntries * 16)
  }

  /** One transaction. When it fails the same entries are folded again next time. */
  #fold(entries: number): void {
    const { database, dictionary, outbox, outcomes } = this.#tables
    const generation = this.#layers.folding
    if (generation === null) return
    let to = this.#foldedTo
    let done = 0
    try {
      database.lightly(() => {
        let bytes = 0
        for (; to < this.#order.length && done < entries && bytes < SLICE_BYTES; to += 1) {
          const entry = this.#order[to]
          done += workOf(entry)
          bytes += this.#foldEntry(entry)
        }
        outbox.flush()
        outcomes.flush()
        if (to === this.#order.length) this.#rows.fold(generation.places, this.outbox.foldingPlace)
      })
      dictionary.settle(true)
      outcomes.settle(true)
    } catch (thrown) {
      dictionary.settle(false)
      outcomes.settle(false)
      outbox.forgetUnwritten()
      throw thrown
    }
    this.#foldedTo = to
    this.#workDone += done
    if (to < this.#order.length) return
    this.#rows.release(generation.places)
    this.outbox.endFolding()
    this.#layers.folding = null
    this.#order = []
  }

  /** @returns about how many bytes it wrote. */
  #foldEntry(entry: PendingActor | PendingOutcomes | PendingEnvelope | undefined): number {
    if (entry instanceof PendingOutcomes) return entry.fold(this.#tables.outcomes)
    if (entry instanceof PendingEnvelope) return this.outbox.fold(entry)
    if (entry === undefined) return 0
    const { actors, past } = this.#tables
    const { earlier, family, latest } = entry
    let bytes = 0
    for (const commit of latest === null ? [] : [...(earlier ?? []), latest]) {
      past.remember(family, commit)
      actors.write(family, commit)
      bytes += commit.state?.value.length ?? 0
    }
    return bytes
  }
}

function workOf(entry: PendingActor | PendingOutcomes | PendingEnvelope | undefined): number {
  return entry instanceof PendingOutcomes ? 1 + entry.size / OUTCOMES_LIKE_AN_ENTRY : 1
}
