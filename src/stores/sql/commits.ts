// Commits: the round trips of a group. What has to be checked and done is group-plan.ts's, how a vendor does it its own
// affair, what became of a statement writing.ts's. Decides how many there are: one; where something did not stand as the
// group needs it, one to read what stands and one for each try after that.

import { SpawnError } from '../../base/index.ts'
import type { Commit, Verdict } from '../../ports/index.ts'
import type { ActorId } from '../../protocol/index.ts'
import type { Database } from './database.ts'
import { type GroupPlan, isIdle, planGroup } from './group-plan.ts'
import { GroupStanding, type Mentions, mentionsOf } from './group-standing.ts'
import type { Row } from './rows.ts'
import type { Session } from './session.ts'
import type { Written } from './writing.ts'

/** After so many tries others are always faster: somebody is meddling, and the callers may try again. */
const MOST_TRIES = 100

/** What the rows of `standing` are of. */
export const STANDING_KIND = { actor: 0, envelope: 1, outcome: 2 } as const

/** What a vendor does and answers. */
export interface CommitStatements {
  /** Checks and does all of it, or nothing. @throws SpawnError that says whether it may have happened. */
  apply(plan: GroupPlan): Promise<Written>
  /**
   * Of what stands: its kind, its ordinal (from 1) in the list of its kind; of an actor revision and birth, of an envelope when
   * it is due, of an outcome when it expires. No row, or one without the third, for what does not stand.
   */
  standing(mentions: Mentions): Promise<readonly Row[]>
  /** Removes an actor, its past and its outcomes, if it stands as it must. */
  delete(id: ActorId, follows: number, birth: number): Promise<Written>
}

export class Commits<Opened extends Session> {
  readonly #database: Database<Opened>
  readonly #statements: CommitStatements

  constructor(database: Database<Opened>, statements: CommitStatements) {
    this.#database = database
    this.#statements = statements
  }

  async commit(group: readonly Commit[]): Promise<readonly Verdict[]> {
    let standing: GroupStanding | null = null
    for (let tries = 0; ; tries += 1) {
      const plan = planGroup(group, standing)
      if (isIdle(plan) || (await this.#statements.apply(plan)) === 'applied') return plan.verdicts
      if (tries === MOST_TRIES) throw this.#overtaken()
      standing = await this.#standing(group)
    }
  }

  async delete(id: ActorId, follows: number, birth: number): Promise<Verdict> {
    return (await this.#statements.delete(id, follows, birth)) === 'applied' ? 'committed' : 'conflict'
  }

  async #standing(group: readonly Commit[]): Promise<GroupStanding> {
    const mentions = mentionsOf(group)
    const { actors, envelopes, outcomes } = mentions
    const standing = new GroupStanding()
    for (const [kind, n, first, second] of await this.#statements.standing(mentions)) {
      if (first === null) continue
      const at = Number(n) - 1
      const [actor, envelope, outcome] = [actors[at], envelopes[at], outcomes[at]]
      if (kind === STANDING_KIND.actor && actor !== undefined)
        standing.addActor(actor, { revision: Number(first), birth: Number(second) })
      else if (kind === STANDING_KIND.envelope && envelope !== undefined)
        standing.addEnvelope(envelope, Number(first))
      else if (kind === STANDING_KIND.outcome && outcome !== undefined)
        standing.addOutcome(outcome, Number(first))
    }
    return standing
  }

  #overtaken(): SpawnError {
    const { address, vendor } = this.#database
    const message = `the ${vendor.name} at ${address}: ${MOST_TRIES} times in a row others changed what these commits rest on; nothing was committed`
    return new SpawnError('STORE_UNAVAILABLE', message, { details: { address } })
  }
}
