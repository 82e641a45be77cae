// Judges the commits of a group one after the other by the rules of ports/statestore.ts, and books what those that hold
// need and do. What stands in the database is either known, or taken to be what each commit asks for: then the verdicts are
// right if the database finds all that was needed.
//
// Invariant: nothing is booked of a commit that is a conflict, but that what follows it for the same actor is one too.

import type { Commit, Envelope, OutcomeRecord, Verdict } from '../../ports/index.ts'
import type { ActorId } from '../../protocol/index.ts'
import { mayFollow, NOTHING_STANDS, type Standing } from '../fence.ts'
import { keepsHistory } from '../history.ts'
import { ByActor } from './by-actor.ts'
import type { GroupStanding } from './group-standing.ts'

/** An actor, as the group so far leaves it. */
export interface JudgedActor {
  readonly id: ActorId
  /** What must stand in the database; null: no commit that holds rests on it. */
  needs: Standing | null
  stands: Standing
  isRefused: boolean
  /** Of what it commits, all that leaves a trace: the last revision, and those that a history policy may keep. */
  writes: Commit[]
}

/** An envelope id, as the group so far leaves it. */
export interface JudgedEnvelope {
  readonly system: string
  readonly id: string
  /** It must stand in the database: due at this time, or whenever (null). Undefined: it may stand or not. */
  readonly needs: number | null | undefined
  /** What stands; null: nothing. */
  envelope: Envelope | null
  /** Whether one that stands in the database has stood without a break, so that its place is kept. */
  isUnbroken: boolean
  /** Its rank among those that get a place. */
  rank: number
}

export interface JudgedOutcome {
  readonly id: ActorId
  /** An outcome that stands under its key must have expired at this time. */
  readonly staleAtMs: number
  outcome: OutcomeRecord
}

export class Judgement {
  readonly actors = new ByActor<JudgedActor>()
  readonly envelopes: JudgedEnvelope[] = []
  readonly outcomes: JudgedOutcome[] = []
  readonly #standing: GroupStanding | null
  readonly #envelopes = new Map<string, Map<string, JudgedEnvelope>>()
  readonly #outcomes = new ByActor<Map<string, JudgedOutcome>>()
  #lastRank = 0

  /** @param standing null: it is not known what stands. */
  constructor(standing: GroupStanding | null) {
    this.#standing = standing
  }

  judge(commit: Commit): Verdict {
    const { id } = commit
    const isOutside = id.name === ''
    const actor = isOutside ? null : this.#actor(commit)
    if (actor !== null && (actor.isRefused || !mayFollow(actor.stands, commit) || this.#repeats(commit))) {
      actor.isRefused = true
      return 'conflict'
    }
    if (commit.takes.length > 0 && !this.#mayTake(commit)) {
      if (actor !== null) actor.isRefused = true
      return 'conflict'
    }
    if (commit.takes.length > 0 || commit.sends.length > 0) this.#deliver(commit)
    if (actor !== null) this.#book(actor, commit)
    return 'committed'
  }

  #actor({ birth, follows, id }: Commit): JudgedActor {
    let actor = this.actors.get(id)
    if (actor === undefined) {
      const assumed = follows === 0 ? NOTHING_STANDS : { revision: follows, birth }
      const stands = this.#standing === null ? assumed : this.#standing.actor(id)
      this.actors.set(id, (actor = { id, needs: null, stands, isRefused: false, writes: [] }))
    }
    return actor
  }

  #repeats({ committedAtMs, id, outcomes }: Commit): boolean {
    if (outcomes.length === 0) return false
    const keys = this.#outcomes.get(id)
    return outcomes.some(({ key }) => {
      const expiresAtMs =
        keys?.get(key)?.outcome.expiresAtMs ?? this.#standing?.expiresAtMs(id, key) ?? -Infinity
      return expiresAtMs > committedAtMs
    })
  }

  #mayTake({ id: { system }, occasions, takes }: Commit): boolean {
    const judged = this.#envelopes.get(system)
    return takes.every((id) => {
      const asked = occasions?.get(id)
      const envelope = judged?.get(id)
      if (envelope === undefined && this.#standing === null) return true
      const dueAtMs =
        envelope === undefined
          ? (this.#standing?.dueAtMs(system, id) ?? null)
          : (envelope.envelope?.dueAtMs ?? null)
      return dueAtMs !== null && (asked === undefined || asked === dueAtMs)
    })
  }

  #deliver({ id: { system }, occasions, sends, takes }: Commit): void {
    let judged = this.#envelopes.get(system)
    if (judged === undefined) this.#envelopes.set(system, (judged = new Map<string, JudgedEnvelope>()))
    const taken = takes.map(
      (id) => judged.get(id) ?? this.#touch(judged, system, id, occasions?.get(id) ?? null),
    )
    // What it takes and sends again stands on in its place, so the takes come last.
    const sent = takes.length === 0 || sends.length === 0 ? null : new Set(sends.map(({ id }) => id))
    for (const envelope of sends) {
      const known = judged.get(envelope.id) ?? this.#touch(judged, system, envelope.id, undefined)
      const stood = known.envelope !== null || known.isUnbroken
      if (!stood) known.rank = this.#lastRank += 1
      known.envelope = envelope
    }
    for (const envelope of taken) {
      if (sent?.has(envelope.id) === true) continue
      envelope.envelope = null
      envelope.isUnbroken = false
    }
  }

  #touch(
    judged: Map<string, JudgedEnvelope>,
    system: string,
    id: string,
    needs: number | null | undefined,
  ): JudgedEnvelope {
    const rank = (this.#lastRank += 1)
    const envelope: JudgedEnvelope = { system, id, needs, envelope: null, isUnbroken: true, rank }
    judged.set(id, envelope)
    this.envelopes.push(envelope)
    return envelope
  }

  #book(actor: JudgedActor, commit: Commit): void {
    const { birth, committedAtMs, follows, id, outcomes, revision } = commit
    actor.needs ??= follows === 0 ? NOTHING_STANDS : { revision: follows, birth }
    if (revision > follows) {
      actor.stands = { revision, birth }
      // It drops the past, so that of what came before in the group nothing is left.
      if (!keepsHistory(commit.history)) actor.writes.length = 0
      actor.writes.push(commit)
    }
    if (outcomes.length === 0) return
    let keys = this.#outcomes.get(id)
    if (keys === undefined) this.#outcomes.set(id, (keys = new Map<string, JudgedOutcome>()))
    for (const outcome of outcomes) {
      const known = keys.get(outcome.key)
      if (known !== undefined) {
        known.outcome = outcome
        continue
      }
      const kept: JudgedOutcome = { id, staleAtMs: committedAtMs, outcome }
      keys.set(outcome.key, kept)
      this.outcomes.push(kept)
    }
  }
}
