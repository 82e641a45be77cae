// What the facts of the counters must be when all is over: read over HTTP, page by page, as another program would.

import { SYSTEM } from './server.ts'

interface Account {
  /** The totals that callers were told. */
  readonly totals: Iterable<number>
}

interface CounterFact {
  readonly actor: { readonly name: string }
  readonly revision: number
  readonly state: { readonly total: number }
}

/** All of them, by the name of the actor. */
export async function factsOf(url: string): Promise<ReadonlyMap<string, readonly CounterFact[]>> {
  const all = new Map<string, CounterFact[]>()
  let after = 0
  for (let isLast = false; !isLast;) {
    const answer = await fetch(`${url}/api/v1/system/${SYSTEM}/facts?after=${after}&limit=1000`)
    // Written by our own server.
    const page = (await answer.json()) as { facts: CounterFact[]; next: number; isLast: boolean }
    for (const fact of page.facts) {
      const { name } = fact.actor
      const facts = all.get(name) ?? []
      facts.push(fact)
      all.set(name, facts)
    }
    ;({ isLast, next: after } = page)
  }
  return all
}

/** Each revision has one, in order; the last one is what stands, and every total that was told is among them. */
export function factFaults(
  facts: ReadonlyMap<string, readonly CounterFact[]>,
  accounts: readonly Account[],
  totals: readonly number[],
): string[] {
  return accounts.flatMap(({ totals: told }, actor) => {
    const own = facts.get(`a${actor}`) ?? []
    const found: string[] = []
    own.forEach(({ revision }, at) => {
      if (revision !== at + 1) found.push(`fact ${at + 1} of a${actor} is of revision ${revision}`)
    })
    const seen = own.map(({ state: { total } }) => total)
    if (seen.some((total, at) => total <= (seen[at - 1] ?? 0)))
      found.push(`the facts of a${actor} do not rise`)
    if ((seen.at(-1) ?? 0) !== totals[actor]) {
      found.push(`a${actor} holds ${totals[actor]}, and its last fact says ${seen.at(-1)}`)
    }
    const there = new Set(seen)
    for (const total of told)
      if (!there.has(total)) found.push(`a${actor} told ${total}, and has no fact of it`)
    return found
  })
}
