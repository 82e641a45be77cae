// The rules of order: turns run in the order of the messages, replies leave in the order of the turns, and what was
// acknowledged before a call was made is there when the call runs.

import { type Op, targetText } from './history.ts'
import {
  describe,
  entriesOf,
  type Evidence,
  isOfLastIncarnation,
  type Rule,
  sightOfAnswer,
  snapshotsMayBeLost,
  staleTwins,
} from './evidence.ts'

export const orderRules: readonly Rule[] = [messagesInOrder, repliesInOrder, acknowledgedIsSeen]

/** Whether what the call saw is never taken away again: by a delete, or by the loss of a snapshot. */
function isLasting(evidence: Evidence, op: Op): boolean {
  if (op.target.definition === 'journal' && snapshotsMayBeLost(evidence)) return false
  return isOfLastIncarnation(evidence, op)
}

/** Turns run in the order in which the outside sent them, to each actor in each life. */
function* messagesInOrder(evidence: Evidence): Iterable<string> {
  const places = new Map<string, number>()
  for (const [actor] of evidence.finals) {
    for (const [place, { id }] of entriesOf(evidence, actor).entries()) places.set(`${id} ${actor}`, place)
  }
  const ops = evidence.history.ops.filter((op) => op.kind === 'add' && op.by === null && !op.keyed)
  for (const [, sent] of Map.groupBy(ops, (op) => `${targetText(op.target)} in life ${op.life}`)) {
    let before: { op: Op; place: number } | null = null
    for (const op of sent) {
      const place = places.get(`${op.id} ${targetText(op.target)}`)
      if (place === undefined || !isLasting(evidence, op)) continue
      if (before !== null && place < before.place) yield `${describe(op)} overtook ${describe(before.op)}`
      before = { op, place }
    }
  }
}

/**
 * Replies leave an actor in the order of its turns; those of a `snapshot` actor that wait for a commit and those that do
 * not, each among themselves. Within one step of the scheduler, order cannot be seen.
 */
function* repliesInOrder(evidence: Evidence): Iterable<string> {
  const ops = evidence.history.ops.filter((op) => op.by === null && !op.keyed && sightOfAnswer(op) !== null)
  const streams = Map.groupBy(ops, (op) => `${targetText(op.target)} in life ${op.life}, ${op.durable}`)
  for (const [, answered] of streams) {
    let before: Op | null = null
    for (const op of answered.toSorted((left, right) => left.answeredTick - right.answeredTick)) {
      if (!isLasting(evidence, op)) continue
      if (before !== null && before.answeredStep < op.answeredStep && countOf(op) < countOf(before)) {
        yield `${describe(op)} was answered after ${describe(before)}`
      }
      before = op
    }
  }
}

/** Who calls after an acknowledgement finds what was acknowledged. A stale twin may serve stale reads, never writes. */
function* acknowledgedIsSeen(evidence: Evidence): Iterable<string> {
  const twins = staleTwins(evidence)
  const ops = evidence.history.ops.filter(
    (op) => !op.keyed && sightOfAnswer(op) !== null && isLasting(evidence, op),
  )
  for (const [, seen] of Map.groupBy(ops, (op) => targetText(op.target))) {
    const answered = seen.toSorted((left, right) => left.answeredTick - right.answeredTick)
    let acknowledged: Op | null = null
    let at = 0
    for (const op of seen) {
      for (
        let next = answered[at];
        next !== undefined && next.answeredTick < op.sentTick;
        next = answered[at]
      ) {
        if (acknowledged === null || countOf(next) > countOf(acknowledged)) acknowledged = next
        at += 1
      }
      if (acknowledged === null || (twins && op.kind !== 'add')) continue
      const least = countOf(acknowledged) + (op.kind === 'add' ? 1 : 0)
      if (countOf(op) < least) yield `${describe(op)} was sent after the answer of ${describe(acknowledged)}`
    }
  }
}

function countOf(op: Op): number {
  return sightOfAnswer(op)?.count ?? 0
}
