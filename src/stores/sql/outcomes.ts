// Outcomes under idempotency keys, as they are looked up. Decides what is asked together: all that is asked in the same
// moment, in one statement.

import { type Clock, hashOf } from '../../base/index.ts'
import type { OutcomeRecord } from '../../ports/index.ts'
import type { ActorId } from '../../protocol/index.ts'
import { Together } from '../together.ts'
import { packed, type Row, text } from './rows.ts'

export interface OutcomeQuestion {
  readonly id: ActorId
  readonly key: string
}

export interface KeysQuestion {
  readonly id: ActorId
  readonly limit: number
}

/** What a vendor answers; the first column is the question's ordinal, from 1. */
export interface OutcomeRows {
  /** Ordinal, time of the expiry, the reply's type, the reply. No row, or one without a time, where none is kept. */
  find(questions: readonly OutcomeQuestion[]): Promise<readonly Row[]>
  /** Ordinal, key: of each actor one more than its limit at most. */
  keys(questions: readonly KeysQuestion[]): Promise<readonly Row[]>
}

export class Outcomes {
  readonly #rows: OutcomeRows
  readonly #outcomes: Together<OutcomeQuestion, OutcomeRecord | null>
  readonly #keys: Together<KeysQuestion, Uint32Array | null>

  constructor(rows: OutcomeRows, clock: Clock) {
    this.#rows = rows
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
    const found = new Array<OutcomeRecord | null>(questions.length).fill(null)
    for (const [n, expiresAtMs, type, reply] of await this.#rows.find(questions)) {
      if (expiresAtMs === null) continue
      const at = Number(n) - 1
      const key = questions[at]?.key ?? ''
      found[at] = { key, reply: packed(type, reply), expiresAtMs: Number(expiresAtMs) }
    }
    return found
  }

  async #keysOf(questions: readonly KeysQuestion[]): Promise<(Uint32Array | null)[]> {
    const hashes = questions.map((): number[] => [])
    for (const [n, key] of await this.#rows.keys(questions)) hashes[Number(n) - 1]?.push(hashOf(text(key)))
    return hashes.map((some, at) =>
      some.length > (questions[at]?.limit ?? 0) ? null : Uint32Array.from(some),
    )
  }
}
