// Outcomes under idempotency keys, as they are looked up. Decides what is asked together: all that is asked in the same
// moment, in one statement.

import { type Clock, hashOf } from '../../base/index.ts'
import type { OutcomeRecord } from '../../ports/index.ts'
import type { ActorId } from '../../protocol/index.ts'
import { Together } from '../together.ts'
import type { Value } from './connection.ts'
import type { Database } from './database.ts'
import { ADDRESS, KEY, rowsOf, SAME_ACTOR } from './json-rows.ts'
import { packed, text } from './rows.ts'

const OUTCOME = `SELECT u.n, a.expires_at_ms, a.reply_type, a.reply
  FROM ${rowsOf('?', { ...ADDRESS, its_key: KEY }, { ordinal: true })}
  LEFT JOIN spawn_outcomes AS a ON ${SAME_ACTOR} AND a.its_key = u.its_key`

/** Questions about keys in one statement: each has a limit of its own, so each is a part of the text. */
const QUESTIONS_AT_ONCE = 32
/** One more than asked tells that there are too many. */
const keysOf = (at: number): string =>
  `(SELECT ${at}, its_key FROM spawn_outcomes WHERE system = ? AND parent = ? AND name = ? LIMIT ?)`
const KEYS = new Map<number, string>()

interface OutcomeQuestion {
  readonly id: ActorId
  readonly key: string
}

interface KeysQuestion {
  readonly id: ActorId
  readonly limit: number
}

export class Outcomes {
  readonly #database: Database
  readonly #outcomes: Together<OutcomeQuestion, OutcomeRecord | null>
  readonly #keys: Together<KeysQuestion, Uint32Array | null>

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#outcomes = new Together(clock, (questions) => this.#findAll(questions))
    this.#keys = new Together(clock, (questions) => this.#keysOfAll(questions))
  }

  async find(id: ActorId, key: string, nowMs: number): Promise<OutcomeRecord | null> {
    const outcome = await this.#outcomes.ask({ id, key })
    return outcome !== null && outcome.expiresAtMs > nowMs ? outcome : null
  }

  /** Hashes of all keys of an actor; null: there are more than `limit`. */
  keys(id: ActorId, limit: number): Promise<Uint32Array | null> {
    return this.#keys.ask({ id, limit })
  }

  async #findAll(questions: readonly OutcomeQuestion[]): Promise<(OutcomeRecord | null)[]> {
    const json = JSON.stringify(
      questions.map(({ id: { name, parent, system }, key }) => [name, parent, system, key.toWellFormed()]),
    )
    const found = new Array<OutcomeRecord | null>(questions.length).fill(null)
    for (const [n, expiresAtMs, type, reply] of await this.#database.readEach(
      OUTCOME,
      [json],
      questions.length,
    )) {
      if (expiresAtMs === null) continue
      const at = Number(n) - 1
      const key = questions[at]?.key ?? ''
      found[at] = { key, reply: packed(type, reply), expiresAtMs: Number(expiresAtMs) }
    }
    return found
  }

  async #keysOfAll(questions: readonly KeysQuestion[]): Promise<(Uint32Array | null)[]> {
    const found: (Uint32Array | null)[] = []
    for (let from = 0; from < questions.length; from += QUESTIONS_AT_ONCE)
      found.push(...(await this.#keysOfSome(questions.slice(from, from + QUESTIONS_AT_ONCE))))
    return found
  }

  async #keysOfSome(questions: readonly KeysQuestion[]): Promise<(Uint32Array | null)[]> {
    const values = questions.flatMap(({ id, limit }): Value[] => [
      Buffer.from(id.system),
      Buffer.from(id.parent),
      Buffer.from(id.name),
      limit + 1,
    ])
    const hashes = questions.map((): number[] => [])
    const sql = statementFor(questions.length)
    for (const [at, key] of await this.#database.read(sql, values))
      hashes[Number(at)]?.push(hashOf(text(key)))
    return hashes.map((some, at) =>
      some.length > (questions[at]?.limit ?? 0) ? null : Uint32Array.from(some),
    )
  }
}

function statementFor(questions: number): string {
  let sql = KEYS.get(questions)
  if (sql === undefined) {
    sql = Array.from({ length: questions }, (_none, at) => keysOf(at)).join(' UNION ALL ')
    KEYS.set(questions, sql)
  }
  return sql
}
