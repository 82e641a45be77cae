// What must be true of every simulation, judged at its end from what the callers were told and what stands in the store.
// It knows nothing of the engine: each rule restates a promise in terms of calls, answers and the final state, in which
// every add that ever happened stands once, in order. The rules about order are in order-rules.ts.

import {
  describe,
  entriesOf,
  type Evidence,
  isOfLastIncarnation,
  mayBeRemovedAfter,
  type Rule,
  sightOfAnswer,
  snapshotsMayBeLost,
  staleTwins,
} from './evidence.ts'
import { type Op, type Sight, targetText } from './history.ts'
import { factRules } from './fact-rules.ts'
import { orderRules } from './order-rules.ts'

/** The width of the engine's deadline slots, and a rounding. */
const DEADLINE_TOLERANCE_MS = 6

/** Every broken promise, in words. None: the simulation holds. */
export function judge(evidence: Evidence): string[] {
  const rules: readonly Rule[] = [
    alarms,
    answered,
    answeredBeforeStop,
    knownFailures,
    distinct,
    nothingInvented,
    acknowledgedStands,
    failedLeftNoTrace,
    repeatsAgree,
    sightsWereReal,
    tagsFollowState,
    mailboxBound,
    cyclesRefused,
    spawnedExists,
    calmSucceeds,
    ...orderRules,
    ...factRules,
  ]
  return rules.flatMap((rule) => [...rule(evidence)].map((text) => `${rule.name}: ${text}`))
}

/** Whether an acknowledged answer of this call must stand for ever. */
function isFinal(evidence: Evidence, op: Op): boolean {
  if (!op.durable && snapshotsMayBeLost(evidence)) return false
  return isOfLastIncarnation(evidence, op)
}

function* alarms({ history }: Evidence): Iterable<string> {
  yield* history.alarms
}

function* answered({ history, plan }: Evidence): Iterable<string> {
  for (const op of history.ops) {
    if (history.crashedLives.has(op.life)) continue
    if (op.answer === null) yield `${describe(op)} got no answer`
    // A call of a turn leaves when that turn's state is committed; if the turn has ended by then, nobody waits for it.
    if (op.by !== null && op.startedTick === null) continue
    const lateMs = op.answeredMs - op.deadlineMs
    if (lateMs > DEADLINE_TOLERANCE_MS + plan.latenessMs)
      yield `${describe(op)} was answered ${lateMs} ms late`
  }
}

/** Stopping waits for every call that was made before it was over. */
function* answeredBeforeStop({ history }: Evidence): Iterable<string> {
  for (const op of history.ops) {
    const stop = history.stops.get(op.life)
    if (stop === undefined || op.sentTick > stop.tick || op.answer === null) continue
    if (op.answeredStep > stop.step) yield `${describe(op)} was open when its life had stopped`
  }
}

function* knownFailures({ history }: Evidence): Iterable<string> {
  for (const op of history.ops) {
    if (op.answer === null || op.answer.ok) continue
    const { code, message } = op.answer
    if (code === 'NOT A SPAWN ERROR' || code === 'DEFECT') yield `${describe(op)} failed with: ${message}`
  }
}

/** No turn is doubled. */
function* distinct({ finals }: Evidence): Iterable<string> {
  for (const [actor, { entries }] of finals) {
    const seen = new Set<string>()
    for (const { id } of entries) {
      if (seen.has(id)) yield `${id} stands twice in ${actor}`
      seen.add(id)
    }
  }
}

function* nothingInvented({ finals, history }: Evidence): Iterable<string> {
  const sent = new Set(
    history.ops.filter((op) => op.kind === 'add').map((op) => `${op.id} ${targetText(op.target)}`),
  )
  for (const [actor, { entries }] of finals) {
    for (const { id } of entries)
      if (!sent.has(`${id} ${actor}`)) yield `${id} stands in ${actor}, but was not sent`
  }
}

/** No acknowledged turn is lost: it stands where its reply said, and so does all that a read has shown. */
function* acknowledgedStands(evidence: Evidence): Iterable<string> {
  for (const op of evidence.history.ops) {
    const sight = sightOfAnswer(op)
    if (sight === null || sight.count === 0 || !isFinal(evidence, op)) continue
    if (op.kind === 'add' && sight.last !== op.id) yield `${describe(op)} answers with the entry of another`
    yield* missing(evidence, sight, describe(op))
  }
}

function* missing(evidence: Evidence, sight: Sight, by: string): Iterable<string> {
  const entry = entriesOf(evidence, sight.actor)[sight.count - 1]
  if (entry?.id === sight.last) return
  yield `${by}: entry ${sight.count} of ${sight.actor} is ${entry?.id ?? 'absent'} in the end`
}

/** A failure that does not say "may have happened" did not happen. */
function* failedLeftNoTrace(evidence: Evidence): Iterable<string> {
  const { finals, history } = evidence
  const excused = new Set<string>()
  for (const op of history.ops) if (op.kind === 'add' && mayHaveHappened(evidence, op)) excused.add(op.id)
  const stands = new Set([...finals.values()].flatMap(({ entries }) => entries.map(({ id }) => id)))
  for (const op of history.ops) {
    if (op.kind === 'add' && !excused.has(op.id) && stands.has(op.id))
      yield `${describe(op)} failed and left its entry`
  }
}

function mayHaveHappened({ history }: Evidence, op: Op): boolean {
  if (op.answer === null || op.answer.ok || history.crashedLives.has(op.life)) return true
  return op.answer.message.includes('may have happened')
}

/** Calls with one idempotency key get one answer. */
function* repeatsAgree(evidence: Evidence): Iterable<string> {
  const first = new Map<string, Op>()
  for (const op of evidence.history.ops) {
    const sight = sightOfAnswer(op)
    if (!op.keyed || sight === null || !isFinal(evidence, op)) continue
    const other = first.get(op.id)
    const otherSight = other === undefined ? null : sightOfAnswer(other)
    if (other === undefined || otherSight === null) first.set(op.id, op)
    else if (otherSight.count !== sight.count) yield `${describe(op)}, but before: ${describe(other)}`
  }
}

/** What a turn had seen when it called another actor was committed by then, and so stands in the end. */
function* sightsWereReal(evidence: Evidence): Iterable<string> {
  for (const [actor, { entries }] of evidence.finals) {
    for (const { from, id } of entries) {
      if (from === null || from.count === 0) continue
      const isJournal = from.actor.startsWith('journal')
      if (isJournal && snapshotsMayBeLost(evidence)) continue
      if (mayBeRemovedAfter(evidence, from.actor, 0)) continue
      yield* missing(evidence, from, `${id} came to ${actor} from a turn`)
    }
  }
}

function* tagsFollowState({ finals }: Evidence): Iterable<string> {
  for (const [actor, { entries, tags }] of finals) {
    if (tags['count'] !== String(entries.length)) {
      yield `${actor} has ${entries.length} entries, and the tag of ${tags['count'] ?? 'none'}`
    }
  }
}

/** No more calls wait for one actor than its definition allows, and only then is one refused. */
function* mailboxBound(evidence: Evidence): Iterable<string> {
  const { mailboxLimit } = evidence.plan
  for (const [key, ops] of Map.groupBy(
    evidence.history.ops,
    (op) => `${targetText(op.target)} in life ${op.life}`,
  )) {
    // Only calls whose turns tell when they began can be counted, those of turns enter when
    // they like, and keyed ones begin by asking the store.
    const waiting = new Set<Op>()
    for (const { op, event } of momentsOf(ops)) {
      if (event === 'over') waiting.delete(op)
      else if (op.by !== null || op.keyed || refusal(op) === 'MAILBOX_FULL') continue
      else if (op.startedTick !== null) waiting.add(op)
      if (waiting.size > mailboxLimit)
        yield `${waiting.size} calls wait for ${key}, at most ${mailboxLimit} may`
    }
    // The runtime's own message, which starts an actor, takes a place too.
    const known = ops.filter((op) => refusal(op) !== 'MAILBOX_FULL').length
    const full = ops.find((op) => refusal(op) === 'MAILBOX_FULL')
    if (full !== undefined && known + 1 < mailboxLimit)
      yield `${describe(full)} with ${known} other calls in all`
  }
}

function momentsOf(ops: readonly Op[]): { op: Op; event: 'sent' | 'over'; tick: number }[] {
  return ops
    .flatMap((op) => {
      const ends = [op.startedTick, op.answer === null ? null : op.answeredTick].filter(
        (tick) => tick !== null,
      )
      const over = Math.min(...ends)
      const sent = { op, event: 'sent' as const, tick: op.sentTick }
      return Number.isFinite(over) ? [sent, { op, event: 'over' as const, tick: over }] : [sent]
    })
    .toSorted((left, right) => left.tick - right.tick)
}

function refusal(op: Op): string | null {
  return op.answer !== null && !op.answer.ok ? op.answer.code : null
}

/** A call that comes back to an actor which waits for it is refused; it never runs, and never waits. */
function* cyclesRefused({ history }: Evidence): Iterable<string> {
  for (const op of history.ops) {
    if (op.by === null || op.async || !waitingActors(op.by).includes(targetText(op.target))) continue
    if (op.startedTick !== null || op.answer?.ok === true)
      yield `${describe(op)} ran, within a turn of its own actor`
    if (refusal(op) === 'DEADLINE_EXCEEDED') yield `${describe(op)} waited for its own actor`
  }
}

/** The actors that wait for what this call's turn waits for, itself included. */
function waitingActors(op: Op): string[] {
  const above = op.by === null || op.async ? [] : waitingActors(op.by)
  return [targetText(op.target), ...above]
}

function* spawnedExists(evidence: Evidence): Iterable<string> {
  for (const op of evidence.history.ops) {
    const actor = targetText(op.target)
    if (op.kind !== 'spawn' || op.answer?.ok !== true || evidence.finals.has(actor)) continue
    const since = staleTwins(evidence) ? 0 : op.sentTick
    if (!mayBeRemovedAfter(evidence, actor, since)) yield `${describe(op)}, and is not stored in the end`
  }
}

/** Where nothing goes wrong, nothing fails: a system that refuses everything keeps all other rules. */
function* calmSucceeds({ history, plan }: Evidence): Iterable<string> {
  const { cancelled, faults, hurried } = plan
  const storeFails = faults.failAfter + faults.failBefore + faults.failThenApply > 0
  if (storeFails || plan.events.length > 0 || cancelled > 0 || hurried > 0 || plan.mix.hang > 0) return
  if (plan.initActions && plan.initFails > 0) return
  for (const op of history.ops) {
    if (op.action === 'relay' || op.action === 'fail' || op.kind === 'delete' || op.kind === 'inspect')
      continue
    const code = refusal(op)
    // Two turns that call each other, neither within the other's call, wait until the deadline of one.
    const deadlock = code === 'DEADLINE_EXCEEDED' && plan.mix.relay > 0
    if (code !== null && code !== 'MAILBOX_FULL' && !deadlock)
      yield `${describe(op)} failed, and nothing was wrong`
  }
}
