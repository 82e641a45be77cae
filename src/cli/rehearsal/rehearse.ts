// The states that a store has, through the code of a module: which definition each belongs to, how many there are, and what
// would become of them. It reads, and changes nothing; how it is shown is the command's.

import type { Random } from '../../base/index.ts'
import type { Definition, Statestore, StoredActor } from '../../ports/index.ts'
import type { ActorId } from '../../protocol/index.ts'
import { allOf, sampleOf } from './pages.ts'
import { type Problem, type TriedDefinition, tryState } from './trial.ts'

export interface RehearsalPlan {
  readonly store: Statestore
  readonly system: string
  readonly definitions: readonly RehearsedDefinition[]
  /** How many actors of each definition; null: all. */
  readonly sample: number | null
  readonly random: Random
}

export type RehearsedDefinition = TriedDefinition & Pick<Definition, 'kind' | 'stateful'>

/** An actor that would not start. */
export interface Failing {
  readonly id: ActorId
  readonly definition: string
  readonly revision: number
  /** Of its state as it is stored; null: nobody knows. */
  readonly version: number | null
  readonly problems: readonly Problem[]
}

/** What became of the actors of one definition. */
export interface Tally {
  readonly definition: string
  readonly stored: number
  looked: number
  fine: number
  upgraded: number
  failing: number
  /** How many states of each version, of those that were looked at. */
  readonly versions: Record<number, number>
}

export interface Listener {
  failing(failing: Failing): Promise<void>
  /** After each page. */
  progress(looked: number, of: number): void
}

/** The tallies in the order of the definitions. Those whose actors keep nothing are left out. */
export async function rehearse(plan: RehearsalPlan, listener: Listener): Promise<readonly Tally[]> {
  const { definitions, random, sample, store } = plan
  const kept = definitions.filter(({ kind, stateful }) => stateful && kind !== 'pooled')
  const tallies: Tally[] = []
  for (const { name } of kept) {
    const stored = await store.count(filterOf(plan, name))
    tallies.push({ definition: name, stored, looked: 0, fine: 0, upgraded: 0, failing: 0, versions: {} })
  }
  const asked = ({ stored }: Tally): number => Math.min(stored, sample ?? Infinity)
  const all = tallies.reduce((sum, tally) => sum + asked(tally), 0)
  let looked = 0
  for (const [at, definition] of kept.entries()) {
    const tally = tallies[at]
    if (tally === undefined) continue
    const filter = filterOf(plan, definition.name)
    const pages =
      sample === null || tally.stored <= sample
        ? allOf(store, filter)
        : sampleOf(store, filter, sample, random)
    for await (const page of pages) {
      for (const actor of page) await take(actor, definition, tally, listener)
      looked += page.length
      listener.progress(looked, all)
    }
  }
  return tallies
}

/** A named definition has one actor, with its name; an unnamed one is the parent of its instances. */
function filterOf(
  { definitions, system }: RehearsalPlan,
  name: string,
): { system: string; parent: string; name?: string } {
  const isNamed = definitions.find((each) => each.name === name)?.kind === 'named'
  return isNamed ? { system, parent: '', name } : { system, parent: name }
}

async function take(
  actor: StoredActor,
  definition: TriedDefinition,
  tally: Tally,
  listener: Listener,
): Promise<void> {
  tally.looked += 1
  const trial = tryState(definition, actor)
  if (trial.version !== null) tally.versions[trial.version] = (tally.versions[trial.version] ?? 0) + 1
  if (trial.verdict !== 'fails') {
    tally[trial.verdict] += 1
    return
  }
  tally.failing += 1
  const { id, revision } = actor
  const { problems, version } = trial
  await listener.failing({ id, definition: definition.name, revision, version, problems })
}
