// The verdicts of the journal: whether a commit follows what stands, whether its keys are free, and whether the envelopes that
// it takes stand. Decides also what is judged before its group is complete: the parts of its first frame that have come, while
// those who gather it are still at work.
//
// Invariants:
//  - A commit is judged against the newest revision: the generations first, then the tables.
//  - What a batch does is staged until its rows are durable; `forget` undoes it. Nobody asks for what is staged, and no other
//    generation begins, as long as anything is expected.

import type { OutcomeRecord } from '../../ports/index.ts'
import { mayFollow } from '../fence.ts'
import { type FramedCommit, FrameReader } from '../frames/frame.ts'
import { type Layers, PendingActor } from './generation.ts'
import type { HashedKey, Owner } from './generation-outcomes.ts'
import type { Tables } from './journal.ts'
import { conflictsOf, isOutside, type Judged } from './judged.ts'
import type { Outbox } from './outbox.ts'

/** Groups that are committed in one transaction. */
export interface Batch {
  readonly judged: readonly Judged[]
  /** For each group the places of its commits that met a conflict, counted through its frames. */
  readonly conflicts: number[][]
}

/** A frame of which all that has come is judged. */
interface Begun {
  readonly reader: FrameReader
  readonly commits: FramedCommit[]
  readonly actors: (PendingActor | null)[]
  readonly refused: Set<number>
}

export class Judging {
  readonly #tables: Pick<Tables, 'actors' | 'dictionary' | 'outcomes'>
  readonly #outbox: Outbox
  readonly #layers: Layers
  #batch = 0
  #group = 0
  /** The actors that the batch has brought into the open generation. */
  #brought: PendingActor[] = []
  /** How the next group is expected to begin; null: nothing is known of it. */
  #expected: Begun | null = null

  constructor(tables: Pick<Tables, 'actors' | 'dictionary' | 'outcomes'>, outbox: Outbox, layers: Layers) {
    this.#tables = tables
    this.#outbox = outbox
    this.#layers = layers
  }

  /** Whether something is staged of a batch that has not come. */
  get expects(): boolean {
    return this.#expected !== null
  }

  /**
   * Judges how the next batch is to begin.
   *
   * @param frame all that has come of its first frame.
   */
  expect(frame: Uint8Array): void {
    if (this.#expected === null) this.#begin()
    const begun = (this.#expected ??= newlyBegun())
    try {
      this.#goOn(begun, frame)
    } catch {
      // Whoever commits it meets the same, and is told.
      this.giveUp()
    }
  }

  /** Nothing is expected any more. */
  giveUp(): void {
    if (this.#expected === null) return
    this.#expected = null
    this.forget()
  }

  /**
   * Judges groups, each in its frames, as if one followed the other.
   *
   * @param goesOn whether the first begins with what is expected, if anything is.
   * @throws what was thrown in the middle of it; nothing is staged then.
   */
  batch(groups: readonly (readonly Uint8Array[])[], goesOn: boolean): Batch {
    if (!goesOn) this.giveUp()
    if (this.#expected === null) this.#begin()
    let begun = this.#expected
    this.#expected = null
    const judged: Judged[] = []
    const conflicts: number[][] = []
    try {
      for (const [at, frames] of groups.entries()) {
        if (at > 0) this.#group += 1
        const from = judged.length
        for (const frame of frames) {
          judged.push(this.#judge(begun ?? newlyBegun(), frame))
          begun = null
        }
        conflicts.push(conflictsOf(judged.slice(from)))
      }
    } catch (thrown) {
      this.forget()
      throw thrown
    }
    return { judged, conflicts }
  }

  /** What is staged does not come to be. */
  forget(): void {
    this.#outbox.forget()
    const { open } = this.#layers
    open.outcomes.settle(false)
    for (const actor of this.#brought) if (actor.isEmpty) open.remove(actor)
  }

  /** What is kept under a key, or staged in this batch. */
  outcome(owner: Owner, wanted: HashedKey): OutcomeRecord | null {
    const { outcomes } = this.#tables
    const mayStand = outcomes.mayStand(owner, wanted)
    return (
      this.#layers.open.outcome(owner, wanted, mayStand) ??
      this.#layers.folding?.outcome(owner, wanted, mayStand) ??
      (mayStand ? outcomes.standing(owner, wanted) : null)
    )
  }

  /** Finds or makes it, in the open generation. */
  actor(commit: FramedCommit): PendingActor {
    const { dictionary, actors } = this.#tables
    const family = dictionary.family(commit.family)
    const known = this.#layers.open.find(family, commit.name)
    if (known !== undefined) return known
    const stands = this.#layers.folding?.find(family, commit.name) ?? actors.standing(family, commit.name)
    const actor = new PendingActor(family, commit.name, stands)
    this.#layers.open.add(actor)
    this.#brought.push(actor)
    return actor
  }

  #begin(): void {
    this.#batch += 1
    this.#group += 1
    this.#brought = []
  }

  #judge(begun: Begun, frame: Uint8Array): Judged {
    this.#goOn(begun, frame)
    const { actors, commits, refused } = begun
    return { frame, commits, actors, refused, placesGiven: this.#outbox.takePlacesGiven() }
  }

  /**
   * Finds or makes the actors of what has come of a frame since it was judged, and decides what becomes of their commits. Changes
   * nothing that counts; what they do to the outbox is staged.
   */
  #goOn(begun: Begun, frame: Uint8Array): void {
    const commits = begun.reader.read(frame)
    const before = begun.commits.length
    const actors = commits.map((commit) => (isOutside(commit) ? null : this.actor(commit)))
    this.#lookAhead(commits, actors)
    for (let at = 0; at < commits.length; at += 1) {
      const commit = commits[at]
      if (commit === undefined) continue
      const actor = actors[at] ?? null
      const fits = this.#outbox.accepts(commit) && (actor === null || this.#follows(actor, commit))
      if (fits) this.#outbox.stage(commit)
      else begun.refused.add(before + at)
      if (actor === null) continue
      if (fits) {
        this.#layers.open.outcomes.stage(actor, commit.outcomes)
        actor.batch = this.#batch
        actor.inBatch = commit
      } else actor.refusedIn = this.#group
    }
    // There may be more of them than a call takes arguments.
    for (const commit of commits) begun.commits.push(commit)
    for (const actor of actors) begun.actors.push(actor)
  }

  /** The filter of keys lies all over its memory: looks at it wait for that together when nothing else is between them. */
  #lookAhead(commits: readonly FramedCommit[], actors: readonly (PendingActor | null)[]): void {
    const { outcomes: table } = this.#tables
    for (let at = 0; at < commits.length; at += 1) {
      const outcomes = commits[at]?.outcomes
      const actor = actors[at]
      if (outcomes === undefined || outcomes.length === 0 || actor === null || actor === undefined) continue
      for (const { signedHash } of outcomes) table.lookAhead(actor.hash, signedHash)
    }
  }

  #follows(actor: PendingActor, commit: FramedCommit): boolean {
    // Behind a refused commit nothing of this actor is accepted: if another owner is ahead by just that commit, the
    // next one's revision would fit, and its state would not.
    if (actor.refusedIn === this.#group) return false
    const stands = actor.batch === this.#batch ? actor.inBatch : actor
    return mayFollow(stands, commit) && !this.#repeats(actor, commit)
  }

  /** Whether a turn under one of its keys was committed before, or stands before it in this batch. */
  #repeats(actor: PendingActor, { committedAtMs, outcomes }: FramedCommit): boolean {
    for (const outcome of outcomes) {
      const kept = this.outcome(actor, outcome)
      if (kept === null) continue
      if (kept.expiresAtMs > committedAtMs) return true
      actor.noteBelow(outcome.key)
    }
    return false
  }
}

function newlyBegun(): Begun {
  return { reader: new FrameReader(), commits: [], actors: [], refused: new Set() }
}
