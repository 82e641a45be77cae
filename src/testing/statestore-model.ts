// What a statestore is, in as little code as can say it: every revision that ever was, in a list, each with the rules that
// still keep it. Slow and without a disk. The steps of statestore-steps.ts are played to it and to a store side by side.

import type {
  Commit,
  HistoryPolicy,
  OutcomeRecord,
  RevisionQuery,
  StoredActor,
  Verdict,
} from '../ports/index.ts'
import type { ActorId } from '../protocol/index.ts'
import { OutboxModel } from './statestore-outbox-model.ts'

interface ModelRevision {
  readonly actor: StoredActor
  /** Null: it is the latest. */
  replacedAtMs: number | null
  /** When no duration keeps it any longer. */
  expiresAtMs: number
  isCounted: boolean
}

interface ModelActor {
  readonly id: ActorId
  revisions: ModelRevision[]
  outcomes: OutcomeRecord[]
}

export class StatestoreModel {
  readonly outbox = new OutboxModel()
  readonly #actors = new Map<string, ModelActor>()

  latest(id: ActorId): StoredActor | null {
    return this.#actor(id).revisions.at(-1)?.actor ?? null
  }

  revisionOf(id: ActorId): number {
    return this.latest(id)?.revision ?? 0
  }

  /** 0: it is not stored. */
  birthOf(id: ActorId): number {
    return this.latest(id)?.birth ?? 0
  }

  /** What a commit of this group must answer; nothing is applied. */
  verdicts(group: readonly Commit[]): Verdict[] {
    const standing = new Map<string, { readonly revision: number; readonly birth: number } | 'refused'>()
    const keys = new Set<string>()
    const outbox = this.outbox.copy()
    return group.map((commit) => {
      const key = keyOf(commit.id)
      const names = commit.outcomes.map((outcome) => JSON.stringify([key, outcome.key]))
      const repeats = commit.outcomes.some((outcome, at) => {
        return (
          keys.has(names[at] ?? '') || this.outcome(commit.id, outcome.key, commit.committedAtMs) !== null
        )
      })
      const isOutside = commit.id.name === ''
      const stands = standing.get(key) ?? this.latest(commit.id) ?? 'nothing'
      const follows =
        typeof stands === 'object' && stands.revision > 0
          ? stands.revision === commit.follows && stands.birth === commit.birth
          : stands !== 'refused' && commit.follows === 0
      const fits = outbox.accepts(commit) && (isOutside || (follows && !repeats))
      if (fits) for (const name of names) keys.add(name)
      if (fits) outbox.apply(commit)
      if (!isOutside) standing.set(key, fits ? commit : 'refused')
      return fits ? 'committed' : 'conflict'
    })
  }

  apply(group: readonly Commit[]): void {
    const verdicts = this.verdicts(group)
    for (const [at, commit] of group.entries()) if (verdicts[at] === 'committed') this.#applyOne(commit)
  }

  delete(id: ActorId, follows: number, birth: number): Verdict {
    const fits = follows === this.revisionOf(id) && (follows === 0 || birth === this.birthOf(id))
    if (fits) this.#actors.delete(keyOf(id))
    return fits ? 'committed' : 'conflict'
  }

  /** Newest first. */
  revisions(id: ActorId): StoredActor[] {
    return this.#actor(id)
      .revisions.map(({ actor }) => actor)
      .toReversed()
  }

  revision(id: ActorId, query: RevisionQuery): StoredActor | null {
    const { revisions } = this.#actor(id)
    if ('revision' in query)
      return revisions.find(({ actor }) => actor.revision === query.revision)?.actor ?? null
    const newest = revisions.findLast(({ actor }) => actor.committedAtMs <= query.atMs)
    return newest === undefined || (newest.replacedAtMs ?? Infinity) <= query.atMs ? null : newest.actor
  }

  outcome(id: ActorId, key: string, nowMs: number): OutcomeRecord | null {
    const outcome = this.#actor(id).outcomes.find((kept) => kept.key === key)
    return outcome !== undefined && outcome.expiresAtMs > nowMs ? outcome : null
  }

  /** All that are stored, in no order. */
  actors(): StoredActor[] {
    return [...this.#actors.values()].flatMap(({ revisions }) => revisions.at(-1)?.actor ?? [])
  }

  /** How many expired things are there to drop. */
  expired(nowMs: number): number {
    return [...this.#actors.values()].reduce((sum, { revisions, outcomes }) => {
      const past = revisions.filter((revision) => isExpired(revision, nowMs)).length
      return sum + past + outcomes.filter(({ expiresAtMs }) => expiresAtMs <= nowMs).length
    }, this.outbox.expired(nowMs))
  }

  prune(nowMs: number): void {
    this.outbox.prune(nowMs)
    for (const actor of this.#actors.values()) {
      actor.revisions = actor.revisions.filter((revision) => !isExpired(revision, nowMs))
      actor.outcomes = actor.outcomes.filter(({ expiresAtMs }) => expiresAtMs > nowMs)
    }
  }

  #actor(id: ActorId): ModelActor {
    const key = keyOf(id)
    const actor = this.#actors.get(key) ?? { id, revisions: [], outcomes: [] }
    this.#actors.set(key, actor)
    return actor
  }

  #applyOne(commit: Commit): void {
    this.outbox.apply(commit)
    if (commit.id.name === '') return
    const actor = this.#actor(commit.id)
    for (const outcome of commit.outcomes) {
      actor.outcomes = [...actor.outcomes.filter(({ key }) => key !== outcome.key), outcome]
    }
    if (commit.revision === commit.follows) return
    const { id, revision, birth, epoch, tags, state, committedAtMs, history } = commit
    replaceLatest(actor, committedAtMs, history)
    const latest: StoredActor = { id, revision, birth, epoch, tags, state, committedAtMs }
    actor.revisions.push({ actor: latest, replacedAtMs: null, expiresAtMs: Infinity, isCounted: false })
  }
}

function replaceLatest(actor: ModelActor, nowMs: number, history: HistoryPolicy): void {
  const replaced = actor.revisions.at(-1)
  if (replaced !== undefined) {
    replaced.replacedAtMs = nowMs
    replaced.expiresAtMs = nowMs + history.durationMs
  }
  const firstCounted = actor.revisions.length - history.revisions
  for (const [at, revision] of actor.revisions.entries()) revision.isCounted = at >= firstCounted
  const keepsNone = history.revisions === 0 && history.durationMs === 0
  actor.revisions = keepsNone ? [] : actor.revisions.filter((revision) => !isExpired(revision, nowMs))
}

function isExpired({ replacedAtMs, expiresAtMs, isCounted }: ModelRevision, nowMs: number): boolean {
  return replacedAtMs !== null && !isCounted && expiresAtMs <= nowMs
}

function keyOf({ system, parent, name }: ActorId): string {
  return JSON.stringify([system, parent, name])
}
