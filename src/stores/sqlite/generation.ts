// What was journaled and is not yet folded into the tables, by actor. A generation takes commits until it is large or old
// enough, then it is folded, in the order of the tables' keys, while the next one takes commits.
//
// Invariant: together with the tables, a generation and those before it hold exactly what the journal's groups made.

import { NOTHING_STANDS, type Standing } from '../fence.ts'
import type { Family } from './dictionary.ts'
import { dropOutcomes, type FramedCommit } from '../frames/frame.ts'
import type { OutcomeRecord } from '../../ports/index.ts'
import {
  GenerationOutcomes,
  type HashedKey,
  type KeyCounts,
  NONE,
  type Owner,
} from './generation-outcomes.ts'
import { Places } from './journal-table.ts'
import { actorHash } from './outcome-table.ts'

/** Commits or bytes after which a generation is folded. The larger, the more commits share a page; all of it is memory. */
const GENERATION_COMMITS = 16_384
const GENERATION_BYTES = 8 * 1_024 * 1_024

/** One actor's part of a generation. */
export class PendingActor implements Standing {
  readonly family: Family
  readonly name: string
  /** The revision that stands, in this generation or below it. 0: never stored. */
  revision: number
  birth: number
  /** Null: only outcomes were committed, or nothing after all. */
  latest: FramedCommit | null = null
  /** The commits before the latest whose revisions the latest's history policy may keep, oldest first. */
  earlier: FramedCommit[] | null = null
  /** How many outcomes it has, the newest of them, and its number among those who have any: see generation-outcomes.ts. */
  outcomes = 0
  newestOutcome = NONE
  number = NONE
  /** Those of its keys that may have an outcome below this generation, too; null: none. */
  keysBelow: Set<string> | null = null
  #hash = -1
  /** The last batch that has accepted commits of it, and the last of these: until the batch is durable, only that knows. */
  batch = 0
  inBatch: Standing | FramedCommit = NOTHING_STANDS
  /** The last group of which a commit of it was refused. */
  refusedIn = 0

  constructor(family: Family, name: string, { birth, revision }: Standing) {
    this.family = family
    this.name = name
    this.revision = revision
    this.birth = birth
  }

  /** Of its outcomes, in the table's index. */
  get hash(): number {
    if (this.#hash === -1) this.#hash = actorHash(this.family, this.name)
    return this.#hash
  }

  get isEmpty(): boolean {
    return this.latest === null && this.outcomes === 0
  }

  /** Its outcomes are where they are kept already. */
  take(commit: FramedCommit): void {
    dropOutcomes(commit)
    if (commit.revision === commit.follows) return
    if (commit.keepRevisions === 0 && commit.keepDurationMs === 0) this.earlier = null
    else if (this.latest !== null) (this.earlier ??= []).push(this.latest)
    this.latest = commit
    this.revision = commit.revision
    this.birth = commit.birth
  }

  /** A key of it has an outcome below, or may have. */
  noteBelow(key: string): void {
    this.keysBelow ??= new Set<string>()
    this.keysBelow.add(key)
  }
}

/** The generations that there are: one takes commits, and the one before it is being folded, or there is none. */
export interface Layers {
  open: Generation
  folding: Generation | null
}

export class Generation {
  readonly #families = new Map<Family, Map<string, PendingActor>>()
  /** The family that was looked in last, and what it has: commits that follow one another are mostly of one. */
  #family: Family | null = null
  #names: Map<string, PendingActor> | undefined
  readonly outcomes: GenerationOutcomes
  commits = 0
  bytes = 0
  /** The rows of the journal that are in it. */
  places = new Places()

  /** @param filter see GenerationOutcomes. */
  constructor(filter: KeyCounts | null = null) {
    this.outcomes = new GenerationOutcomes(filter)
  }

  /** Whether it is to be folded. */
  get isFull(): boolean {
    return this.fullness >= 1
  }

  /** From 0 to 1, and a little more. */
  get fullness(): number {
    return Math.max(this.commits / GENERATION_COMMITS, this.bytes / GENERATION_BYTES)
  }

  find(family: Family, name: string): PendingActor | undefined {
    return this.#namesOf(family)?.get(name)
  }

  add(actor: PendingActor): void {
    let names = this.#namesOf(actor.family)
    if (names === undefined) {
      this.#names = names = new Map<string, PendingActor>()
      this.#families.set(actor.family, names)
    }
    names.set(actor.name, actor)
  }

  #namesOf(family: Family): Map<string, PendingActor> | undefined {
    if (family !== this.#family) {
      this.#family = family
      this.#names = this.#families.get(family)
    }
    return this.#names
  }

  /** @param mayBeCounted whether the filter of keys says that an outcome may stand: mostly it does not, and nobody looks. */
  outcome(owner: Owner, wanted: HashedKey, mayBeCounted: boolean): OutcomeRecord | null {
    return this.outcomes.areCounted && !mayBeCounted ? null : this.outcomes.find(owner, wanted)
  }

  /** Forgets one of whom nothing was committed: the tables may change below what it says of them. */
  remove({ family, name }: PendingActor): void {
    this.#namesOf(family)?.delete(name)
  }

  /** In the order of the tables' key, so that neighbours share pages. */
  inOrder(): PendingActor[] {
    const actors: PendingActor[] = []
    for (const names of this.#families.values()) {
      for (const name of [...names.keys()].sort()) {
        const actor = names.get(name)
        if (actor !== undefined && !actor.isEmpty) actors.push(actor)
      }
    }
    return actors
  }
}
