// Commits: a group as the parameters of one statement. What has to be checked and done is sql/group-plan.ts's, how it is
// done commit-statement.ts's, what became of a statement sql/writing.ts's. Decides the round trips: one; where something did
// not stand as the group needs it, one to read what stands and one for each try after that; and as many more as a group has
// parts that are too large for one packet.

import type { Commit, Verdict } from '../../ports/index.ts'
import type { ActorId } from '../../protocol/index.ts'
import { type GroupPlan, isIdle, planGroup } from '../sql/group-plan.ts'
import { GroupStanding, mentionsOf } from '../sql/group-standing.ts'
import { ANSWER } from './block.ts'
import { partsOf } from './commit-parts.ts'
import { COMMIT, DELETE } from './commit-statement.ts'
import type { Field, Value } from './connection.ts'
import type { Database } from './database.ts'
import { BlockRefused } from './failures.ts'
import { ADDRESS, addressesOf, ID, KEY, rowsOf, SAME_ACTOR } from './json-rows.ts'
import { numbersOf, type Writing } from './writing.ts'

/** After so many tries others are always faster: somebody is meddling, and the callers may try again. */
const MOST_TRIES = 100

const STANDING = `SELECT 0, u.n, a.revision, a.birth FROM ${rowsOf('?', ADDRESS, { ordinal: true })}
    LEFT JOIN spawn_actors AS a ON ${SAME_ACTOR}
  UNION ALL SELECT 1, u.n, a.due_at_ms, 0 FROM ${rowsOf('?', { system: KEY, id: ID }, { ordinal: true })}
    LEFT JOIN spawn_outbox AS a ON a.system = u.system AND a.id = u.id
  UNION ALL SELECT 2, u.n, a.expires_at_ms, 0 FROM ${rowsOf('?', { ...ADDRESS, its_key: KEY }, { ordinal: true })}
    LEFT JOIN spawn_outcomes AS a ON ${SAME_ACTOR} AND a.its_key = u.its_key`

export class Commits {
  readonly #database: Database
  readonly #writing: Writing

  constructor(database: Database, writing: Writing) {
    this.#database = database
    this.#writing = writing
  }

  async commit(group: readonly Commit[]): Promise<Verdict[]> {
    let standing: GroupStanding | null = null
    for (let tries = 0; ; tries += 1) {
      const plan = planGroup(group, standing)
      if (isIdle(plan) || (await this.#apply(plan)) === 'applied') return [...plan.verdicts]
      if (tries === MOST_TRIES)
        throw this.#database.error(
          new BlockRefused('again', 'others always came first'),
          'nothing was committed',
        )
      standing = await this.#standing(group)
    }
  }

  async delete({ name, parent, system }: ActorId, follows: number, birth: number): Promise<Verdict> {
    const values = [Buffer.from(system), Buffer.from(parent), Buffer.from(name), follows, birth]
    const written = await this.#writing.apply(async (connection, lane) => {
      checkApplied(await connection.answer(DELETE, [...numbersOf(lane), ...values]))
    })
    return written === 'applied' ? 'committed' : 'conflict'
  }

  #apply(plan: GroupPlan): Promise<'applied' | 'refused'> {
    return this.#writing.apply(async (connection, lane) => {
      const parts = partsOf(plan, connection.packetBytes)
      try {
        for (const [at, part] of parts.entries()) {
          const isLast = at === parts.length - 1
          const values = [...numbersOf(lane), at === 0 ? 1 : 0, isLast ? 1 : 0, ...part.values]
          const answer = await connection.answer(COMMIT, values)
          if (answer !== null || isLast) checkApplied(answer)
        }
      } catch (thrown) {
        // Between two parts the transaction is open.
        if (parts.length > 1) connection.destroy()
        throw thrown
      }
    })
  }

  async #standing(group: readonly Commit[]): Promise<GroupStanding> {
    const { actors, envelopes, outcomes } = mentionsOf(group)
    const values: Value[] = [
      addressesOf(actors),
      JSON.stringify(envelopes.map(({ id, system }) => [system, id.toWellFormed()])),
      JSON.stringify(
        outcomes.map(({ id: { name, parent, system }, key }) => [name, parent, system, key.toWellFormed()]),
      ),
    ]
    const standing = new GroupStanding()
    const asked = actors.length + envelopes.length + outcomes.length
    const rows = await this.#database.persist((connection) => connection.rowForEach(STANDING, values, asked))
    for (const [kind, n, first, second] of rows) {
      if (first === null) continue
      const at = Number(n) - 1
      const [actor, envelope, outcome] = [actors[at], envelopes[at], outcomes[at]]
      if (kind === 0 && actor !== undefined)
        standing.addActor(actor, { revision: Number(first), birth: Number(second) })
      else if (kind === 1 && envelope !== undefined) standing.addEnvelope(envelope, Number(first))
      else if (kind === 2 && outcome !== undefined) standing.addOutcome(outcome, Number(first))
    }
    return standing
  }
}

/** @throws BlockRefused */
export function checkApplied(answer: Field): void {
  if (answer === ANSWER.applied) return
  if (answer === ANSWER.refused) throw new BlockRefused('refused', 'something does not stand as it must')
  if (answer === ANSWER.laneLost) throw new BlockRefused('laneLost', 'the lane is not known any more')
  throw new BlockRefused('final', `a number of a lane was used twice (${String(answer)})`)
}
