// How a group of commits goes over: as the values of one statement, or of several where it has parts that are too large for one
// packet. What is done in the database is commit-statement.ts's, how many round trips that takes otherwise sql/commits.ts's.

import { type CommitStatements, STANDING_KIND } from '../sql/commits.ts'
import type { GroupPlan } from '../sql/group-plan.ts'
import type { Field } from '../sql/rows.ts'
import type { Written } from '../sql/writing.ts'
import { ANSWER } from './block.ts'
import { partsOf } from './commit-parts.ts'
import { commitStatement, DELETE } from './commit-statement.ts'
import type { Value } from './connection.ts'
import type { Database } from './database.ts'
import { BlockRefused } from './failures.ts'
import { ADDRESS, addressesOf, ID, KEY, rowsOf, SAME_ACTOR } from './json-rows.ts'
import { plainGroup } from './plain-group.ts'
import { numbersOf, type Writing } from './writing.ts'

const STANDING = `SELECT ${STANDING_KIND.actor}, u.n, a.revision, a.birth FROM ${rowsOf('?', ADDRESS, { ordinal: true })}
    LEFT JOIN spawn_actors AS a ON ${SAME_ACTOR}
  UNION ALL SELECT ${STANDING_KIND.envelope}, u.n, a.due_at_ms, 0 FROM ${rowsOf('?', { system: KEY, id: ID }, { ordinal: true })}
    LEFT JOIN spawn_outbox AS a ON a.system = u.system AND a.id = u.id
  UNION ALL SELECT ${STANDING_KIND.outcome}, u.n, a.expires_at_ms, 0 FROM ${rowsOf('?', { ...ADDRESS, its_key: KEY }, { ordinal: true })}
    LEFT JOIN spawn_outcomes AS a ON ${SAME_ACTOR} AND a.its_key = u.its_key`

export function commitStatements(database: Database, writing: Writing): CommitStatements {
  return {
    apply: (plan) => applyPlan(writing, plan),
    standing({ actors, envelopes, outcomes }) {
      const values: Value[] = [
        addressesOf(actors),
        JSON.stringify(envelopes.map(({ id, system }) => [system, id.toWellFormed()])),
        JSON.stringify(
          outcomes.map(({ id: { name, parent, system }, key }) => [name, parent, system, key.toWellFormed()]),
        ),
      ]
      const asked = actors.length + envelopes.length + outcomes.length
      return database.persist((connection) => connection.rowForEach(STANDING, values, asked))
    },
    delete({ name, parent, system }, follows, birth) {
      const values = [Buffer.from(system), Buffer.from(parent), Buffer.from(name), follows, birth]
      return writing.apply(async (connection, lane) => {
        checkApplied(await connection.objection(DELETE, [...numbersOf(lane), ...values]))
      })
    },
  }
}

function applyPlan(writing: Writing, plan: GroupPlan): Promise<Written> {
  const plain = plainGroup(plan)
  return writing.apply(async (connection, lane) => {
    if (plain !== null) {
      checkApplied(await connection.objection(plain.text, [...numbersOf(lane), ...plain.values]))
      return
    }
    const parts = partsOf(plan, connection.packetBytes)
    const last = parts.length - 1
    try {
      // One behind the other without waiting; see block.ts for what becomes of those behind one that is not done.
      await Promise.all(
        parts.map(async ({ form, values }, at) => {
          const all = [...numbersOf(lane), at, at === last ? 1 : 0, ...values]
          checkApplied(await connection.objection(commitStatement(form), all, at + 1))
        }),
      )
    } catch (thrown) {
      // Answers to other parts are still to come, and the transaction may be open.
      if (last > 0) connection.destroy()
      throw thrown
    }
  })
}

/** @throws BlockRefused */
export function checkApplied(objection: Field | undefined): void {
  if (objection === undefined) return
  if (objection === ANSWER.refused) throw new BlockRefused('refused', 'something does not stand as it must')
  if (objection === ANSWER.laneLost) throw new BlockRefused('laneLost', 'the lane is not known any more')
  if (objection === ANSWER.partMissing)
    throw new BlockRefused('unknown', 'the part of the group before it is not done in its transaction')
  throw new BlockRefused('final', `a number of a lane was used twice (${String(objection)})`)
}
