// What is kept of one actor: its latest revision, its past, its outcomes. Decides which revisions of the past a policy
// keeps; fencing is the store's. Invariant: `past` is in order of revisions, and all of it is older than `latest`.

import { hashOf } from '../../base/index.ts'
import type { Commit, HistoryPolicy, OutcomeRecord, RevisionQuery, StoredActor } from '../../ports/index.ts'
import { Packed } from '../../protocol/index.ts'
import { expiryMs, keepsHistory } from '../history.ts'

export interface PastRevision {
  readonly actor: StoredActor
  readonly replacedAtMs: number
  readonly expiresAtMs: number
  /** Kept by the policy's count; else only until it expires. */
  counted: boolean
}

export class ActorRecord {
  latest: StoredActor | null = null
  #past: PastRevision[] = []
  readonly #outcomes = new Map<string, OutcomeRecord>()

  get isEmpty(): boolean {
    return this.latest === null && this.#outcomes.size === 0
  }

  get pastCount(): number {
    return this.#past.length
  }

  /** Applies a commit that may follow `latest`. */
  apply(commit: Commit): void {
    for (const { expiresAtMs, key, reply } of commit.outcomes) {
      this.#outcomes.set(key, { key, expiresAtMs, reply: copied(reply) })
    }
    if (commit.revision === commit.follows) return
    const { id, revision, birth, epoch, tags, committedAtMs } = commit
    if (keepsHistory(commit.history)) this.#remember(commit.history, committedAtMs)
    else this.#past = []
    const state = copied(commit.state)
    this.latest = { id, revision, birth, epoch, tags: { ...tags }, state, committedAtMs }
  }

  /** Oldest first. */
  get past(): readonly PastRevision[] {
    return this.#past
  }

  get outcomes(): Iterable<OutcomeRecord> {
    return this.#outcomes.values()
  }

  /** Puts a latest revision as it is. Of the past stays what is of its incarnation, and older. */
  put(actor: StoredActor): void {
    this.latest = { ...actor, tags: { ...actor.tags }, state: copied(actor.state) }
    this.#past = this.#past.filter((past) => this.#isPast(past.actor))
  }

  /** Puts a revision of the past; false: it is not of this actor's. */
  putPast({ actor, counted, expiresAtMs, replacedAtMs }: PastRevision): boolean {
    if (!this.#isPast(actor)) return false
    const put = { ...actor, tags: { ...actor.tags }, state: copied(actor.state) }
    this.#past = this.#past.filter((past) => past.actor.revision !== actor.revision)
    this.#past.push({ actor: put, counted, expiresAtMs, replacedAtMs })
    this.#past.sort((left, right) => left.actor.revision - right.actor.revision)
    return true
  }

  putOutcome({ expiresAtMs, key, reply }: OutcomeRecord): void {
    this.#outcomes.set(key, { key, expiresAtMs, reply: copied(reply) })
  }

  revisionAsked(query: RevisionQuery): StoredActor | null {
    const { latest } = this
    if (latest === null) return null
    if ('revision' in query) {
      if (latest.revision === query.revision) return latest
      return this.#past.find(({ actor }) => actor.revision === query.revision)?.actor ?? null
    }
    if (latest.committedAtMs <= query.atMs) return latest
    const stood = this.#past.findLast(({ actor }) => actor.committedAtMs <= query.atMs)
    // What replaced it may be gone from the past: then it did not stand at that time, and what did is not known.
    return stood === undefined || stood.replacedAtMs <= query.atMs ? null : stood.actor
  }

  /** Newest first. */
  revisions(limit: number, before = Infinity): StoredActor[] {
    if (this.latest === null) return []
    const all = [this.latest, ...this.#past.toReversed().map(({ actor }) => actor)]
    return all.filter(({ revision }) => revision < before).slice(0, limit)
  }

  outcome(key: string, nowMs: number): OutcomeRecord | null {
    const outcome = this.#outcomes.get(key)
    return outcome !== undefined && outcome.expiresAtMs > nowMs ? outcome : null
  }

  /** Hashes of all keys; null: there are more than `limit`. */
  outcomeKeys(limit: number): Uint32Array | null {
    return this.#outcomes.size > limit ? null : Uint32Array.from(this.#outcomes.keys(), hashOf)
  }

  /** Whether a turn under one of a commit's keys was committed before. */
  repeats({ committedAtMs, outcomes }: Commit): boolean {
    return outcomes.some(({ key }) => this.outcome(key, committedAtMs) !== null)
  }

  /** Drops at most `limit` of what has expired; answers how many went. */
  prune(nowMs: number, limit: number): number {
    let dropped = 0
    for (const [key, { expiresAtMs }] of this.#outcomes) {
      if (dropped < limit && expiresAtMs <= nowMs && this.#outcomes.delete(key)) dropped += 1
    }
    this.#past = this.#past.filter(({ counted, expiresAtMs }) => {
      const goes = dropped < limit && !counted && expiresAtMs <= nowMs
      if (goes) dropped += 1
      return !goes
    })
    return dropped
  }

  #isPast({ birth, revision }: StoredActor): boolean {
    return this.latest !== null && birth === this.latest.birth && revision < this.latest.revision
  }

  /** The latest revision is about to be replaced. */
  #remember(policy: HistoryPolicy, nowMs: number): void {
    const expiresAtMs = expiryMs(nowMs, policy.durationMs)
    if (this.latest !== null) {
      this.#past.push({ actor: this.latest, replacedAtMs: nowMs, expiresAtMs, counted: false })
    }
    for (const [at, revision] of this.#past.entries()) {
      revision.counted = at >= this.#past.length - policy.revisions
    }
    this.#past = this.#past.filter((revision) => revision.counted || revision.expiresAtMs > nowMs)
  }
}

/** The caller may use its bytes again. */
function copied(packed: Packed | null): Packed | null {
  return packed === null ? null : new Packed(packed.typeUrl, packed.value.slice())
}
