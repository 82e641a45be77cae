// What a simulation leaves behind for its judges, and the questions that more than one rule asks of it.

import type { FactSeen } from './fact-rules.ts'
import { type Entry, type History, type Op, type Sight, targetText } from './history.ts'
import type { Plan } from './plan.ts'

/** How one actor stands in the store when all is over. */
export interface Final {
  readonly entries: readonly Entry[]
  readonly tags: Readonly<Record<string, string>>
  readonly revision: number
}

export interface Evidence {
  readonly plan: Plan
  readonly history: History
  /** By target text; actors that are not stored are absent. */
  readonly finals: ReadonlyMap<string, Final>
  /** Of each actor that leaves them, in order of their positions. */
  readonly facts: ReadonlyMap<string, readonly FactSeen[]>
}

/** One rule: the violations of it. */
export type Rule = (evidence: Evidence) => Iterable<string>

export function describe(op: Op): string {
  const answer =
    op.answer === null ? 'unanswered' : op.answer.ok ? sightText(op.answer.sight) : op.answer.code
  const keyed = op.keyed ? ' keyed' : ''
  return `call ${op.number} (${op.action} ${op.id}${keyed} to ${targetText(op.target)}, life ${op.life}: ${answer})`
}

function sightText(sight: Sight | null): string {
  return sight === null ? 'ok' : `${sight.count} ending in ${sight.last}`
}

/** What the answer of a successful add or read saw; null for every other call. */
export function sightOfAnswer(op: Op): Sight | null {
  return op.answer?.ok === true ? op.answer.sight : null
}

export function entriesOf({ finals }: Evidence, actor: string): readonly Entry[] {
  return finals.get(actor)?.entries ?? []
}

/** Whether the actor may have been deleted by a call that was not over when `tick` was. */
export function mayBeRemovedAfter({ history }: Evidence, actor: string, tick: number): boolean {
  return history.ops.some((op) => {
    if (op.kind !== 'delete' || targetText(op.target) !== actor) return false
    // What became of a delete that failed is not known: it may still come.
    return op.answer?.ok !== true || op.answeredTick > tick
  })
}

/**
 * Whether what a call was told is of the actor's last incarnation, which nobody deletes. A twin that has not heard of a
 * delete goes on showing what was there, so of looks this is not known; what it writes is refused.
 */
export function isOfLastIncarnation(evidence: Evidence, op: Op): boolean {
  const actor = targetText(op.target)
  if (op.kind !== 'add' && staleTwins(evidence) && mayBeRemovedAfter(evidence, actor, 0)) return false
  return !mayBeRemovedAfter(evidence, actor, op.sentTick)
}

/** Whether two lives served at once, so that one of them may have shown what the other had changed. */
export function staleTwins({ plan }: Evidence): boolean {
  return plan.events.includes('twin')
}

/** Snapshot actors may lose acknowledged turns, but only where a process crashed or a write failed. */
export function snapshotsMayBeLost({ plan }: Evidence): boolean {
  const { failAfter, failBefore, failThenApply } = plan.faults
  const storeFails = failAfter + failBefore + failThenApply > 0
  return storeFails || plan.events.some((event) => event !== 'stop')
}
