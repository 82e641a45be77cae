// Outcomes under idempotency keys, as they are looked up. Decides what is asked together: all that is asked in the same moment,
// in one statement.

import { type Clock, hashOf } from '../../base/index.ts'
import type { OutcomeRecord } from '../../ports/index.ts'
import type { ActorId } from '../../protocol/index.ts'
import { Together } from '../together.ts'
import { int4Array } from './arrays.ts'
import { actorColumns, bytesOf } from './commit-values.ts'
import type { Statement } from './connection.ts'
import type { Database } from './database.ts'
import { packed, text } from './rows.ts'

const OUTCOME: Statement = {
  name: 'spawn_outcome',
  text: `SELECT n, expires_at_ms, reply_type, reply
    FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bytea[]) WITH ORDINALITY AS u (system, parent, name, key, n)
    JOIN spawn.outcomes USING (system, parent, name, key)`,
}
/** One more than asked tells that there are too many. */
const KEYS: Statement = {
  name: 'spawn_outcome_keys',
  text: `SELECT n, o.key
    FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::int4[]) WITH ORDINALITY AS u (system, parent, name, most, n)
    CROSS JOIN LATERAL (SELECT key FROM spawn.outcomes o
      WHERE o.system = u.system AND o.parent = u.parent AND o.name = u.name LIMIT u.most + 1) AS o`,
}

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
    this.#keys = new Together(clock, (questions) => this.#keysOf(questions))
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
    const values = [...actorColumns(questions, ({ id }) => id), bytesOf(questions, ({ key }) => key)]
    const found = new Array<OutcomeRecord | null>(questions.length).fill(null)
    for (const [n, expiresAtMs, type, reply] of await this.#database.read(OUTCOME, values)) {
      const at = Number(n) - 1
      const key = questions[at]?.key ?? ''
      found[at] = { key, reply: packed(type, reply), expiresAtMs: Number(expiresAtMs) }
    }
    return found
  }

  async #keysOf(questions: readonly KeysQuestion[]): Promise<(Uint32Array | null)[]> {
    const limits = int4Array(questions.map(({ limit }) => limit))
    const hashes = questions.map((): number[] => [])
    const rows = await this.#database.read(KEYS, [...actorColumns(questions, ({ id }) => id), limits])
    for (const [n, key] of rows) hashes[Number(n) - 1]?.push(hashOf(text(key)))
    return hashes.map((some, at) =>
      some.length > (questions[at]?.limit ?? 0) ? null : Uint32Array.from(some),
    )
  }
}
