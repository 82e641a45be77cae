// What the facts of the actors under faults must be in the end: one for each turn that stands, in order, and none for one that does
// not. Every turn adds one mark, so a fact tells how many turns led to it.

import { letterFrom } from '../../src/actor/post/letter.ts'
import { jsonCodec } from '../../src/protocol/index.ts'
import type { DatabaseOptions } from '../../src/stores/sql/options.ts'
import type { Ledger } from './actors.ts'
import { placeText } from './book.ts'
import type { Standing } from './standing.ts'
import type { FaultSubject } from './subject.ts'

const PAGE = 100

interface LedgerFact {
  readonly revision: number
  readonly ledger: Ledger
}

/** @param standing what the actors hold. @returns what is wrong, in words. */
export async function factFaults(
  subject: FaultSubject,
  options: DatabaseOptions,
  system: string,
  standing: Standing,
): Promise<string[]> {
  const facts = await factsIn(subject, options, system)
  const faults: string[] = []
  for (const [place, ledger] of standing) {
    const left = facts.get(place) ?? []
    let before: LedgerFact = { revision: 0, ledger: { marks: {} } }
    for (const fact of left) {
      // An actor that was deleted begins again.
      if (fact.revision === 1) before = { revision: 0, ledger: { marks: {} } }
      if (fact.revision !== before.revision + 1 || addedBetween(before.ledger, fact.ledger) !== 1)
        faults.push(`fact ${fact.revision} of ${place} comes behind fact ${before.revision}`)
      before = fact
    }
    if (ledger !== null && addedBetween(before.ledger, ledger) !== 0)
      faults.push(`the last fact of ${place}, of revision ${before.revision}, is not what stands`)
  }
  return faults
}

/** By place, as text. */
async function factsIn(
  subject: FaultSubject,
  options: DatabaseOptions,
  system: string,
): Promise<ReadonlyMap<string, readonly LedgerFact[]>> {
  const facts = new Map<string, LedgerFact[]>()
  const store = subject.open(options)
  await store.start()
  try {
    for (let after = 0, isLast = false; !isLast;) {
      const page = await store.facts(system, after, PAGE)
      for (const { header, id, payload, place } of page.facts) {
        const { from, revision = 0 } = letterFrom(id, header)
        const [ref = '', name = ''] = from ?? []
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- all of these actors have such a state
        const ledger = (payload === null ? { marks: {} } : jsonCodec.accept(payload)) as Ledger
        const text = placeText({ ref, name })
        const left = facts.get(text) ?? []
        facts.set(text, left)
        left.push({ revision, ledger })
        after = place
      }
      isLast = page.isLast
    }
    return facts
  } finally {
    await store.stop()
  }
}

/** How many marks came to those before; those that are gone count as many. */
function addedBetween(before: Ledger, now: Ledger): number {
  const marks = new Set([...Object.keys(before.marks), ...Object.keys(now.marks)])
  return [...marks].reduce(
    (sum, mark) => sum + Math.abs((now.marks[mark] ?? 0) - (before.marks[mark] ?? 0)),
    0,
  )
}
