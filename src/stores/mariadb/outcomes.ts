// How outcomes under idempotency keys are looked up. Decides nothing but the statements; see sql/outcomes.ts.

import type { KeysQuestion, OutcomeRows } from '../sql/outcomes.ts'
import type { Row } from '../sql/rows.ts'
import type { Value } from './connection.ts'
import type { Database } from './database.ts'
import { ADDRESS, ASKED, KEY, rowsOf, SAME_ACTOR } from './json-rows.ts'

const OUTCOME = `SELECT u.n, a.expires_at_ms, a.reply_type, a.reply
  FROM ${rowsOf(ASKED, { ...ADDRESS, its_key: KEY }, { ordinal: true })}
  LEFT JOIN spawn_outcomes AS a ON ${SAME_ACTOR} AND a.its_key = u.its_key`

/** Questions about keys in one statement: each has a limit of its own, so each is a part of the text. */
const QUESTIONS_AT_ONCE = 32
/** One more than asked tells that there are too many. */
const keysOf = (ordinal: number): string =>
  `(SELECT ${ordinal}, its_key FROM spawn_outcomes WHERE system = ? AND parent = ? AND name = ? LIMIT ?)`
const KEYS = new Map<number, string>()

export function outcomeRows(database: Database): OutcomeRows {
  return {
    find(questions) {
      const asked = questions.map(({ id: { name, parent, system }, key }) => [
        name,
        parent,
        system,
        key.toWellFormed(),
      ])
      return database.readEach(OUTCOME, [JSON.stringify(asked)], questions.length)
    },
    async keys(questions) {
      const rows: Row[] = []
      for (let from = 0; from < questions.length; from += QUESTIONS_AT_ONCE) {
        const some = questions.slice(from, from + QUESTIONS_AT_ONCE)
        for (const [n, key = null] of await keyRows(database, some)) rows.push([from + Number(n), key])
      }
      return rows
    },
  }
}

function keyRows(database: Database, questions: readonly KeysQuestion[]): Promise<readonly Row[]> {
  const values = questions.flatMap(({ id, limit }): Value[] => [
    Buffer.from(id.system),
    Buffer.from(id.parent),
    Buffer.from(id.name),
    limit + 1,
  ])
  return database.read(statementFor(questions.length), values)
}

function statementFor(questions: number): string {
  let sql = KEYS.get(questions)
  if (sql === undefined) {
    sql = Array.from({ length: questions }, (_none, at) => keysOf(at + 1)).join(' UNION ALL ')
    KEYS.set(questions, sql)
  }
  return sql
}
