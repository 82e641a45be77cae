// Commits: a group as the parameters of one statement. What has to be checked and done is sql/group-plan.ts's, how it is
// done commit-functions.ts's, what became of a statement writing.ts's. Decides the round trips: one; where something did
// not stand as the group needs it, one to read what stands and one for each try after that.

import type { Commit, Verdict } from '../../ports/index.ts'
import type { ActorId } from '../../protocol/index.ts'
import { isIdle, planGroup } from '../sql/group-plan.ts'
import { commitInParts } from '../sql/group-parts.ts'
import { GroupStanding, mentionsOf } from '../sql/group-standing.ts'
import { bytea } from './arrays.ts'
import { actorColumns, bytesOf, COMMIT_VALUES, valuesOf } from './commit-values.ts'
import type { Statement } from './connection.ts'
import type { Database } from './database.ts'
import type { Writing } from './writing.ts'

/** After so many tries others are always faster: somebody is meddling, and the callers may try again. */
const MOST_TRIES = 100

/** A message to Postgres, and a value in it, is at most a gibibyte. */
const STATEMENT_BYTES = 256 * 1_024 * 1_024

const COMMIT: Statement = {
  name: 'spawn_commit',
  text: `SELECT spawn.commit_1(${Array.from({ length: COMMIT_VALUES + 3 }, (_none, at) => `$${at + 1}`).join(', ')})`,
}
const DELETE: Statement = {
  name: 'spawn_delete',
  text: 'SELECT spawn.delete_1($1, $2, $3, $4, $5, $6, $7, $8)',
}

const STANDING: Statement = {
  name: 'spawn_standing',
  text: `SELECT 0, n, a.revision, a.birth
    FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]) WITH ORDINALITY AS u (system, parent, name, n)
    JOIN spawn.actors a USING (system, parent, name)
  UNION ALL SELECT 1, n, e.due_at_ms, 0
    FROM unnest($4::bytea[], $5::bytea[]) WITH ORDINALITY AS u (system, id, n)
    JOIN spawn.outbox e USING (system, id)
  UNION ALL SELECT 2, n, o.expires_at_ms, 0
    FROM unnest($6::bytea[], $7::bytea[], $8::bytea[], $9::bytea[]) WITH ORDINALITY AS u (system, parent, name, key, n)
    JOIN spawn.outcomes o USING (system, parent, name, key)`,
}

export class Commits {
  readonly #database: Database
  readonly #writing: Writing

  constructor(database: Database, writing: Writing) {
    this.#database = database
    this.#writing = writing
  }

  async commit(group: readonly Commit[]): Promise<Verdict[]> {
    return [...(await commitInParts(group, STATEMENT_BYTES, (part) => this.#commitWhole(part)))]
  }

  async #commitWhole(group: readonly Commit[]): Promise<readonly Verdict[]> {
    let standing: GroupStanding | null = null
    for (let tries = 0; ; tries += 1) {
      const plan = planGroup(group, standing)
      if (isIdle(plan) || (await this.#writing.write(COMMIT, valuesOf(plan))) === 'applied')
        return plan.verdicts
      if (tries === MOST_TRIES)
        throw this.#database.error(new Error('others always came first'), 'nothing was committed')
      standing = await this.#standing(group)
    }
  }

  async delete({ system, parent, name }: ActorId, follows: number, birth: number): Promise<Verdict> {
    const values = [bytea(system), bytea(parent), bytea(name), follows, birth]
    return (await this.#writing.write(DELETE, values)) === 'applied' ? 'committed' : 'conflict'
  }

  async #standing(group: readonly Commit[]): Promise<GroupStanding> {
    const { actors, envelopes, outcomes } = mentionsOf(group)
    const values = [
      ...actorColumns(actors, (id) => id),
      bytesOf(envelopes, ({ system }) => system),
      bytesOf(envelopes, ({ id }) => id),
      ...actorColumns(outcomes, ({ id }) => id),
      bytesOf(outcomes, ({ key }) => key),
    ]
    const standing = new GroupStanding()
    const rows = await this.#database.persist((connection) => connection.query(STANDING, values))
    for (const [kind, n, first, second] of rows) {
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
