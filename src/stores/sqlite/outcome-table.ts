// Outcomes under their keys, as far as they are folded. Rows of several outcomes of one actor (kept-outcomes.ts) are only
// ever added at the end, and a narrow index says in which row a key may be: it is in the order of actors, so a fold in that
// order changes few pages of it.
//
// Invariants: of one key at most one outcome stands. Every outcome has an entry in the index, and the filter knows of it.
// A hash only leads to a row: what is found there is compared.

import { hashOf, messageOf, SpawnError } from '../../base/index.ts'
import type { OutcomeRecord } from '../../ports/index.ts'
import type { Database } from './database.ts'
import { type Dictionary, type Family, fields, type SQLField } from './dictionary.ts'
import { FramedOutcome } from '../frames/framed-outcome.ts'
import type { PendingActor } from './generation.ts'
import { KeyFilter } from './key-filter.ts'
import { packOutcomes, ROW_OUTCOMES, unpackOutcomes } from './kept-outcomes.ts'

/** The lower part of an index hash is that of the key, the upper one of its actor: together below 2^53. */
const KEY_HASHES = 2 ** 32
const ACTOR_SHIFT = 11
/** Entries that are read in one go to fill the filter: a millisecond or so. */
const FILL_ENTRIES = 2_048

interface Row {
  readonly id: number
  readonly actor: number
  readonly family: number
  readonly name: string
  readonly outcomes: readonly OutcomeRecord[]
}

export class OutcomeTable {
  readonly #dictionary: Dictionary
  readonly #statements: Statements
  readonly #filter = new KeyFilter()
  /** For those of a row, while it is written. */
  readonly #hashes = new Float64Array(ROW_OUTCOMES)
  /** The hashes of what the transaction has removed: the filter must know of it until that is durable. */
  #removed: number[] = []

  constructor(database: Database, dictionary: Dictionary) {
    this.#dictionary = dictionary
    this.#statements = prepared(database)
  }

  /** Whether the filter is to be filled on, by `fillFilter`. */
  get hasWork(): boolean {
    return this.#filter.fillsFrom !== null
  }

  fillFilter(): void {
    const from = this.#filter.fillsFrom
    if (from === null) return
    const hashes = fields(this.#statements.from.all(from, FILL_ENTRIES)).map(([hash]) => Number(hash))
    const last = hashes.at(-1)
    // Of the last one there may be more entries; unless there is no other, it comes again.
    if (last === undefined || hashes.length < FILL_ENTRIES) this.#filter.see(hashes)
    else
      this.#filter.see(
        last === from ? hashes : hashes.filter((hash) => hash < last),
        Math.max(last, from + 1),
      )
  }

  find(family: Family, name: string, key: string): OutcomeRecord | null {
    return this.#find(family, name, key, hashIn(actorHash(family, name), key))
  }

  /** The same for who has the hashes. */
  standing({ family, hash, name }: PendingActor, key: string, keyHash: number): OutcomeRecord | null {
    return this.#find(family, name, key, hash * KEY_HASHES + keyHash)
  }

  #find(family: Family, name: string, key: string, hash: number): OutcomeRecord | null {
    if (family.id === null || !this.#filter.mayHave(hash)) return null
    for (const found of this.#statements.byHash.all(hash)) {
      const row = this.#row(found)
      if (row.family !== family.id || row.name !== name) continue
      const outcome = row.outcomes.find((each) => each.key === key)
      if (outcome !== undefined) return outcome
    }
    return null
  }

  /** Hashes of keys, at most so many; some may be of another actor. */
  keys(family: Family, name: string, limit: number): number[] {
    if (family.id === null) return []
    const from = actorHash(family, name) * KEY_HASHES
    const found = fields(this.#statements.ofActor.all(from, from + KEY_HASHES, limit))
    return found.map(([hash]) => Number(hash) - from)
  }

  /** Adds outcomes, none of which stands and not more than go into a row. @returns about how many bytes that is. */
  write(family: Family, name: string, outcomes: readonly OutcomeRecord[]): number {
    if (outcomes.length === 0) return 0
    const actor = actorHash(family, name)
    const kept = packOutcomes(outcomes, (url) => this.#dictionary.typeId(url))
    const { add, addKey } = this.#statements
    const row = Number(
      add.run(actor, this.#dictionary.familyId(family), name, earliest(outcomes), kept).lastInsertRowid,
    )
    const hashes = this.#hashes.subarray(0, outcomes.length)
    for (const [at, outcome] of outcomes.entries()) {
      hashes[at] =
        actor * KEY_HASHES + (outcome instanceof FramedOutcome ? outcome.keyHash : hashOf(outcome.key))
    }
    for (const hash of hashes.sort()) {
      addKey.run(hash, row)
      this.#filter.add(hash)
    }
    return kept.length
  }

  /** Removes the outcome under a key, if one stands. */
  remove(family: Family, name: string, key: string): void {
    if (family.id === null) return
    for (const found of this.#statements.byHash.all(hashIn(actorHash(family, name), key))) {
      const row = this.#row(found)
      if (row.family === family.id && row.name === name) this.#shrink(row, (outcome) => outcome.key !== key)
    }
  }

  /** Drops all outcomes of an actor. */
  delete(family: Family, name: string): void {
    if (family.id === null) return
    const from = actorHash(family, name) * KEY_HASHES
    for (const found of this.#statements.rowsOfActor.all(from, from + KEY_HASHES)) {
      const row = this.#row(found)
      if (row.family === family.id && row.name === name) this.#shrink(row, () => false)
    }
  }

  /** Replaces the reply of an outcome that stands, unless `change` answers null. @returns whether it did. */
  replace(
    family: Family,
    name: string,
    key: string,
    change: (outcome: OutcomeRecord) => OutcomeRecord | null,
  ): boolean {
    if (family.id === null) return false
    for (const found of this.#statements.byHash.all(hashIn(actorHash(family, name), key))) {
      const row = this.#row(found)
      if (row.family !== family.id || row.name !== name) continue
      const at = row.outcomes.findIndex((each) => each.key === key)
      const stands = row.outcomes[at]
      if (stands === undefined) continue
      const changed = change(stands)
      if (changed !== null) this.#update(row.id, row.outcomes.with(at, changed))
      return changed !== null
    }
    return false
  }

  /** Drops at most `limit` of what has expired; answers how many went. */
  prune(nowMs: number, limit: number): number {
    let left = limit
    while (left > 0) {
      const found = this.#statements.firstExpired.get(nowMs)
      if (found === undefined) break
      this.#shrink(this.#row(found), ({ expiresAtMs }) => {
        const stays = expiresAtMs > nowMs || left === 0
        if (!stays) left -= 1
        return stays
      })
    }
    return limit - left
  }

  /** The transaction in which something was removed has ended. */
  settle(committed: boolean): void {
    if (this.#removed.length === 0) return
    if (committed) for (const hash of this.#removed) this.#filter.remove(hash)
    this.#removed = []
  }

  /** Leaves of a row what stays. */
  #shrink({ actor, id, outcomes }: Row, stays: (outcome: OutcomeRecord) => boolean): void {
    const left: OutcomeRecord[] = []
    const gone = new Set<number>()
    for (const outcome of outcomes) {
      if (stays(outcome)) left.push(outcome)
      else gone.add(hashIn(actor, outcome.key))
    }
    // Two keys of one hash share an entry.
    for (const { key } of left) gone.delete(hashIn(actor, key))
    for (const hash of gone) {
      this.#statements.removeKey.run(hash, id)
      this.#removed.push(hash)
    }
    if (left.length === 0) {
      this.#statements.remove.run(id)
    } else {
      this.#update(id, left)
    }
  }

  #update(row: number, outcomes: readonly OutcomeRecord[]): void {
    const kept = packOutcomes(outcomes, (url) => this.#dictionary.typeId(url))
    this.#statements.update.run(earliest(outcomes), kept, row)
  }

  #row(found: unknown): Row {
    const [id, actor, family, name, kept]: SQLField[] = fields([found])[0] ?? []
    try {
      if (!(kept instanceof Uint8Array)) throw new TypeError('it has none')
      const outcomes = unpackOutcomes(kept, (type) => this.#dictionary.typeUrl(type))
      return { id: Number(id), actor: Number(actor), family: Number(family), name: String(name), outcomes }
    } catch (cause) {
      const message = `the outcomes in row ${String(id)} of the store file cannot be read (${messageOf(cause)}): restore a backup`
      throw new SpawnError('STATE_UNREADABLE', message, { cause })
    }
  }
}

/** By this the index is in order. */
export function actorHash({ hash }: Pick<Family, 'hash'>, name: string): number {
  return (hashOf(name) ^ Math.imul(hash, 0x9e37_79b1)) >>> ACTOR_SHIFT
}

export function hashIn(actor: number, key: string): number {
  return actor * KEY_HASHES + hashOf(key)
}

export function earliest(outcomes: readonly OutcomeRecord[]): number {
  let earliestMs = Number.MAX_SAFE_INTEGER
  for (const { expiresAtMs } of outcomes) earliestMs = Math.min(earliestMs, expiresAtMs)
  return earliestMs
}

type Statements = ReturnType<typeof prepared>

const ROW = 'id, actor, family, name, kept'

function prepared(database: Database) {
  return {
    byHash: database.prepare(
      `SELECT ${ROW} FROM outcome_keys JOIN outcomes ON id = outcome WHERE outcome_keys.hash = ?`,
    ),
    ofActor: database.prepare('SELECT hash FROM outcome_keys WHERE hash >= ? AND hash < ? LIMIT ?'),
    rowsOfActor: database.prepare(
      `SELECT ${ROW} FROM outcomes WHERE id IN (SELECT outcome FROM outcome_keys WHERE hash >= ? AND hash < ?)`,
    ),
    from: database.prepare('SELECT hash FROM outcome_keys WHERE hash >= ? ORDER BY hash LIMIT ?'),
    firstExpired: database.prepare(
      `SELECT ${ROW} FROM outcomes WHERE expires_at_ms <= ? ORDER BY expires_at_ms LIMIT 1`,
    ),
    add: database.prepare(
      'INSERT INTO outcomes (actor, family, name, expires_at_ms, kept) VALUES (?, ?, ?, ?, ?)',
    ),
    addKey: database.prepare('INSERT OR IGNORE INTO outcome_keys (hash, outcome) VALUES (?, ?)'),
    update: database.prepare('UPDATE outcomes SET expires_at_ms = ?, kept = ? WHERE id = ?'),
    remove: database.prepare('DELETE FROM outcomes WHERE id = ?'),
    removeKey: database.prepare('DELETE FROM outcome_keys WHERE hash = ? AND outcome = ?'),
  }
}
