// What the facts of a simulation must be, judged from what the callers were told, from what stands in the end, and from the facts
// themselves. In the actors of a simulation every revision is a new state, so each has exactly one.

import { describe, type Evidence, mayBeRemovedAfter, type Rule, sightOfAnswer } from './evidence.ts'
import { type Entry, type Op, targetText } from './history.ts'

/** One fact of an actor. */
export interface FactSeen {
  readonly revision: number
  readonly entries: readonly Entry[]
}

/** Revisions follow each other from 1 on, and begin again only in an actor that was deleted. */
function* factsInOrder(evidence: Evidence): Iterable<string> {
  for (const [actor, facts] of evidence.facts) {
    let before = 0
    for (const { revision } of facts) {
      const beginsAgain = revision === 1 && mayBeRemovedAfter(evidence, actor, 0)
      if (revision !== before + 1 && !beginsAgain)
        yield `the facts of ${actor} go from revision ${before} to ${revision}`
      before = revision
    }
  }
}

/** The last one is what stands, and those before it are how it came to be. */
function* factsLeadToState({ facts, finals }: Evidence): Iterable<string> {
  for (const [actor, { entries, revision }] of finals) {
    const left = facts.get(actor)
    if (left === undefined) continue
    const life = left.slice(left.findLastIndex((fact) => fact.revision === 1))
    if (life.length !== revision) yield `${actor} is at revision ${revision}, and has ${life.length} facts`
    const ids = entries.map(({ id }) => id).join()
    if (textOf(life.at(-1)) !== ids) yield `the last fact of ${actor} is not what stands`
    for (const fact of life) {
      if (!`${ids},`.startsWith(`${textOf(fact)},`) && fact.entries.length > 0)
        yield `fact ${fact.revision} of ${actor} was never on the way to what stands`
    }
  }
}

function textOf(fact: FactSeen | undefined): string {
  return fact?.entries.map(({ id }) => id).join() ?? 'none'
}

/**
 * Whoever was told of an add finds it as it was told, also in an actor that was deleted since. In one life of an actor it is
 * there once; under its key it may come again in the next.
 */
function* acknowledgedHasFact({ facts, history }: Evidence): Iterable<string> {
  const counts = new Map<string, number[]>()
  for (const [actor, left] of facts) {
    let ids = new Set<string>()
    for (const { entries, revision } of left) {
      if (revision === 1) ids = new Set()
      const last = entries.at(-1)
      if (last === undefined) continue
      if (ids.has(last.id)) yield `${last.id} has two facts in one life of ${actor}`
      ids.add(last.id)
      const key = `${last.id} ${actor}`
      counts.set(key, [...(counts.get(key) ?? []), entries.length])
    }
  }
  for (const op of history.ops) {
    const sight = sightOfAnswer(op)
    const actor = targetText(op.target)
    if (op.kind !== 'add' || sight === null || !facts.has(actor)) continue
    const at = counts.get(`${op.id} ${actor}`) ?? []
    if (!at.includes(sight.count)) yield `${describe(op)} has its fact at ${at.join(' and ') || 'none'}`
  }
}

/** A failure that does not say "may have happened" left none, nor did a call that nobody made. */
function* failedHasNoFact({ facts, history }: Evidence): Iterable<string> {
  const possible = new Set<string>()
  const mayHaveHappened = ({ answer, life }: Op): boolean =>
    answer === null ||
    answer.ok ||
    history.crashedLives.has(life) ||
    answer.message.includes('may have happened')
  for (const op of history.ops)
    if (op.kind === 'add' && mayHaveHappened(op)) possible.add(`${op.id} ${targetText(op.target)}`)
  for (const [actor, left] of facts) {
    for (const { entries } of left) {
      const last = entries.at(-1)
      if (last !== undefined && !possible.has(`${last.id} ${actor}`))
        yield `${last.id} of ${actor} failed and left a fact`
    }
  }
}

export const factRules: readonly Rule[] = [
  factsInOrder,
  factsLeadToState,
  acknowledgedHasFact,
  failedHasNoFact,
]
