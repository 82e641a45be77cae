// From a group of commits to what the database has to check and to do, so that one round trip is enough: all of it in one
// transaction, if all that it needs stands, and else nothing. Decides no verdicts (judgement.ts does) and no SQL.
//
// How it is used: the first plan takes for granted that every commit finds what it asks for. If the database refuses, the
// store reads what stands of the group's `mentionsOf` (group-standing.ts) and plans anew with that, until the database finds all
// that the plan needs. The verdicts of that plan are the group's.
//
// Actors, outcomes and envelope keys come in an order that all members share, so that two of them do not wait for each other's locks.

import type { Commit, Envelope, OutcomeRecord, Verdict } from '../../ports/index.ts'
import type { ActorId } from '../../protocol/index.ts'
import type { Standing } from '../fence.ts'
import type { EnvelopeKey, GroupStanding } from './group-standing.ts'
import { type JudgedEnvelope, Judgement } from './judgement.ts'

export interface PlannedActor {
  readonly id: ActorId
  /** What must stand; revision 0: the actor must not be stored. */
  readonly needs: Standing
  /**
   * Revisions to store, one after the other, each as its history policy says; empty: only `needs` counts. More than one
   * only where a policy may keep those between.
   */
  readonly writes: readonly Commit[]
}

export interface PlannedOutcome {
  readonly id: ActorId
  readonly outcome: OutcomeRecord
  /** One that is kept under the same key already must expire at this time or before. */
  readonly staleAtMs: number
}

export interface TakenEnvelope extends EnvelopeKey {
  /** When it must be due; null: any will do. */
  readonly dueAtMs: number | null
}

export interface SentEnvelope {
  readonly system: string
  readonly envelope: Envelope
}

export interface GroupPlan {
  /** Of the whole group, in its order, if all that is needed stands. */
  readonly verdicts: readonly Verdict[]
  readonly actors: readonly PlannedActor[]
  readonly outcomes: readonly PlannedOutcome[]
  /** These must stand, and go; before `sends`, which may have some of them again, in a new place. */
  readonly taken: readonly TakenEnvelope[]
  /** These must stand, and are replaced in their place by one of `sends`. */
  readonly renewed: readonly TakenEnvelope[]
  /** These go if they stand; before `sends`. */
  readonly swept: readonly EnvelopeKey[]
  /** In the order of their places. One whose id stands then is replaced, and keeps its place. */
  readonly sends: readonly SentEnvelope[]
}

/** @param standing what stands of all that the group mentions; null: not known yet. */
export function planGroup(group: readonly Commit[], standing: GroupStanding | null): GroupPlan {
  const judgement = new Judgement(standing)
  const verdicts = group.map((commit) => judgement.judge(commit))
  const actors: PlannedActor[] = []
  for (const { id, needs, writes } of judgement.actors.values()) {
    if (needs !== null) actors.push({ id, needs, writes })
  }
  const outcomes = judgement.outcomes.map(({ id, outcome, staleAtMs }) => ({ id, outcome, staleAtMs }))
  return {
    verdicts,
    actors: actors.sort((left, right) => compareIds(left.id, right.id)),
    outcomes: outcomes.sort(compareOutcomes),
    ...envelopesOf(judgement.envelopes),
  }
}

/** Whether there is nothing to check and to do. */
export function isIdle({ verdicts }: GroupPlan): boolean {
  return !verdicts.includes('committed')
}

function envelopesOf(judged: JudgedEnvelope[]): Pick<GroupPlan, 'renewed' | 'sends' | 'swept' | 'taken'> {
  const taken: TakenEnvelope[] = []
  const renewed: TakenEnvelope[] = []
  const swept: EnvelopeKey[] = []
  const standing: JudgedEnvelope[] = []
  for (const one of judged) {
    const { envelope, id, isUnbroken, needs, system } = one
    const isRenewed = envelope !== null && isUnbroken
    if (needs !== undefined) (isRenewed ? renewed : taken).push({ system, id, dueAtMs: needs })
    else if (!isRenewed) swept.push({ system, id })
    if (envelope !== null) standing.push(one)
  }
  const sends = standing
    .sort((left, right) => left.rank - right.rank)
    .flatMap(({ envelope, system }) => (envelope === null ? [] : { system, envelope }))
  return {
    taken: taken.sort(compareKeys),
    renewed: renewed.sort(compareKeys),
    swept: swept.sort(compareKeys),
    sends,
  }
}

function compareIds(left: ActorId, right: ActorId): number {
  return (
    compare(left.system, right.system) || compare(left.parent, right.parent) || compare(left.name, right.name)
  )
}

function compareOutcomes(left: PlannedOutcome, right: PlannedOutcome): number {
  return compareIds(left.id, right.id) || compare(left.outcome.key, right.outcome.key)
}

function compareKeys(left: EnvelopeKey, right: EnvelopeKey): number {
  return compare(left.system, right.system) || compare(left.id, right.id)
}

/** Any order that is everywhere the same will do. */
function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}
