// Outcomes under their keys, as far as they are folded. Rows of many outcomes (kept-outcomes.ts) are only ever added at the
// end, and an index says in which row a key may be (key-index.ts). Its newest entries are in memory only; on opening they are
// read from their rows.
//
// Invariants: of one key at most one outcome stands. Every outcome has an entry in the index, and the filter knows of it; up
// to the row that `folded` names, the entry stands in the file. No number of a row is given twice, but for those
// beyond that row and the last one that stands. A hash only leads to a row: what is found there is compared.

import { hashOf, isSpawnError } from '../../base/index.ts'
import type { OutcomeRecord } from '../../ports/index.ts'
import type { Database } from './database.ts'
import { type Dictionary, type Family, fields } from './dictionary.ts'
import { isDamage } from './failures.ts'
import type { GenerationOutcomes, HashedKey, Owner } from './generation-outcomes.ts'
import { KeyFilter } from './key-filter.ts'
import {
  isOf,
  type KeptOutcome,
  type KeptOwner,
  OutcomeRow,
  packKept,
  ROW_OUTCOMES,
} from './kept-outcomes.ts'
import { KeyIndex } from './key-index.ts'
import { keyHashesOf, type OutcomesFound, rowNumber, unpackedRow } from './outcome-rows.ts'
import { type OutcomeStatements, outcomeStatements } from './outcome-statements.ts'

/** The lower part of an index hash is that of the key, the upper one of its actor: together below 2^53. */
const KEY_HASHES = 2 ** 32
const ACTOR_SHIFT = 11
/** Rows whose first outcomes expire within so many milliseconds may stand under one time. */
const EXPIRY_WINDOW_MS = 1_000
/** Rows that pruning looks at in vain, in one go: some 25 ms. */
const IN_VAIN = 4_096
/** Bytes after which a row takes no more. */
const ROW_BYTES = 64 * 1_024
/** In place of a family: the row says itself whose its outcomes are. */
const OF_SEVERAL = 0
/** Blocks of the index that are read in one go to fill the filter: a few tenths of a millisecond. */
const FILL_BLOCKS = 2

export class OutcomeTable {
  readonly #database: Database
  readonly #dictionary: Dictionary
  readonly #statements: OutcomeStatements
  readonly #filter = new KeyFilter()
  readonly #index: KeyIndex
  #lastRow: number
  /** The one that is filled: its number is the last one. */
  readonly #row: OutcomeRow
  /** Under which the last rows stand in the index of expiry. */
  #expiry = Number.MAX_SAFE_INTEGER
  /** For those of a row, while it is written. */
  readonly #hashes = new Float64Array(ROW_OUTCOMES)
  /** The hashes of what the transaction has removed: the filter must know of it until that is durable. */
  #removed: number[] = []

  /** @throws SpawnError STATE_UNREADABLE for a row whose keys are not in the index's table yet. */
  constructor(database: Database, dictionary: Dictionary, gathered?: number) {
    this.#database = database
    this.#dictionary = dictionary
    this.#statements = outcomeStatements(database)
    this.#row = new OutcomeRow((url) => dictionary.typeId(url))
    const [indexed, last] = fields([this.#statements.rows.get()])[0] ?? []
    this.#index = new KeyIndex(database, Number(indexed), gathered)
    for (const found of this.#statements.behind.iterate(Number(indexed))) {
      const row = rowNumber(found)
      const byActor = keyHashesOf(found).map(([{ family, name }, keyHashes]) => {
        const actor = actorHash(dictionary.familyAt(family), name)
        return keyHashes.map((keyHash) => actor * KEY_HASHES + keyHash)
      })
      for (const hash of byActor.flat().sort((left, right) => left - right)) this.#index.add(hash, row)
    }
    this.#index.settle(true)
    this.#lastRow = Math.max(Number(indexed), Number(last))
  }

  /** Whether the filter is to be filled on, by `fillFilter`. */
  get hasWork(): boolean {
    return this.#filter.fillsFrom !== null
  }

  fillFilter(): void {
    const from = this.#filter.fillsFrom
    if (from === null) return
    const to = this.#index.behind(from, FILL_BLOCKS)
    const hashes: number[] = []
    for (const { hash } of this.#index.between(from, to)) hashes.push(hash)
    this.#filter.see(hashes, to)
  }

  find(family: Family, name: string, key: string): OutcomeRecord | null {
    return this.standing({ family, name, hash: actorHash(family, name) }, { key, keyHash: hashOf(key) })
  }

  /** The same for who has the hashes. */
  standing({ family, hash: actor, name }: Owner, wanted: HashedKey): OutcomeRecord | null {
    const hash = actor * KEY_HASHES + wanted.keyHash
    if (family.id === null || !this.#filter.mayHave(hash) || !this.#leads(hash)) return null
    const { key } = wanted
    const owner = { family: family.id, name }
    for (const { kept } of this.#rowsOf(hash, owner)) {
      const found = kept.find((each) => each.outcome.key === key && isOf(each, owner))
      if (found !== undefined) return found.outcome
    }
    return null
  }

  /** Whether an outcome may stand; false: there surely is none, nor one that the filter has been told of. */
  mayStand({ hash: actor }: Pick<Owner, 'hash'>, { keyHash }: Pick<HashedKey, 'keyHash'>): boolean {
    return this.#filter.mayHave(actor * KEY_HASHES + keyHash)
  }

  /** Before `mayStand` is asked, soon. */
  lookAhead(actor: number, keyHash: number): void {
    this.#filter.lookAhead(actor, keyHash)
  }

  /** Whether the index has a hash. Mostly it has not, where the filter said "perhaps". */
  #leads(hash: number): boolean {
    // Until the filter is filled, all are looked for: that passes.
    if (this.#filter.isFilled) this.#database.looks()
    return this.#index.leads(hash)
  }

  /** The rows to which a hash leads. Each may be changed when it is answered. */
  *#rowsOf(hash: number, owner: KeptOwner): Generator<OutcomesFound> {
    const ids = new Set<number>()
    for (const { row } of this.#index.between(hash, hash + 1)) ids.add(row)
    for (const id of ids) {
      const found = this.#statements.byId.get(id)
      if (found !== undefined) yield* this.#unlessDisowned(found, owner)
    }
  }

  /** @throws SpawnError STATE_UNREADABLE, unless the actor was deleted since it had something there. */
  #unlessDisowned(found: unknown, owner: KeptOwner): OutcomesFound[] {
    try {
      return [unpackedRow(found, this.#dictionary)]
    } catch (thrown) {
      if (isDamage(thrown) && this.#index.isDisowned(ownNumber(owner), rowNumber(found))) return []
      throw thrown
    }
  }

  /** Hashes of keys, at most so many; some may be of another actor. */
  keys(family: Family, name: string, limit: number): number[] {
    if (family.id === null) return []
    const from = actorHash(family, name) * KEY_HASHES
    const hashes = new Set<number>()
    for (const { hash } of this.#index.between(from, from + KEY_HASHES)) {
      if (hashes.size >= limit) break
      // What is gone from its row may still have an entry.
      if (!this.#filter.isFilled || this.#filter.mayHave(hash)) hashes.add(hash)
    }
    return Array.from(hashes, (hash) => hash - from)
  }

  /** A generation of outcomes begins, and all before the last one are folded. @returns whether `count` may be told of them. */
  beginGeneration(): boolean {
    return this.#filter.beginGeneration()
  }

  /**
   * An outcome will be written. The filter hears of it when its commit is judged: it was asked for it a moment ago, and what it looked at
   * is still near the processor.
   */
  count({ hash: actor }: Pick<Owner, 'hash'>, { keyHash }: Pick<HashedKey, 'keyHash'>): void {
    this.#filter.count(actor * KEY_HASHES + keyHash)
  }

  /** One that was counted will not be written. */
  discount({ hash: actor }: Pick<Owner, 'hash'>, { keyHash }: Pick<HashedKey, 'keyHash'>): void {
    this.#filter.count(actor * KEY_HASHES + keyHash, -1)
  }

  /**
   * Adds outcomes of an actor, none of which stands and not more than go into a row. Written when `flush` is, within the same
   * transaction. @returns about how many bytes that is.
   */
  write(family: Family, name: string, outcomes: readonly OutcomeRecord[]): number {
    const owner = { family, name, hash: actorHash(family, name) }
    return this.#fill(owner, outcomes, false, (outcome) => {
      this.#row.add(outcome)
      return hashOf(outcome.key)
    })
  }

  /** The same for entries of a generation. */
  fold(owner: Owner, generation: GenerationOutcomes, entries: readonly number[]): number {
    const { areCounted } = generation
    return this.#fill(owner, entries, areCounted, (entry) => generation.pack(entry, this.#row))
  }

  /** @param add writes one, and answers the hash of its key. */
  #fill<T>(owner: Owner, all: readonly T[], areCounted: boolean, add: (one: T) => number): number {
    if (all.length === 0) return 0
    const row = this.#row
    const hashes = this.#hashes
    if (row.size + all.length > ROW_OUTCOMES || row.bytes >= ROW_BYTES) this.flush()
    if (row.size === 0) this.#lastRow += 1
    const bytesBefore = row.bytes
    row.begin({ family: this.#dictionary.familyId(owner.family), name: owner.name }, all.length)
    let count = 0
    for (const one of all) hashes[count++] = owner.hash * KEY_HASHES + add(one)
    if (count > 1) hashes.subarray(0, count).sort()
    for (let at = 0; at < count; at += 1) {
      const hash = hashes[at] ?? 0
      this.#index.add(hash, this.#lastRow)
      this.#filter.write(hash, areCounted)
    }
    return row.bytes - bytesBefore
  }

  flush(): void {
    const row = this.#row
    const { firstExpiryMs, size } = row
    if (size === 0) return
    this.#statements.add.run(this.#lastRow, OF_SEVERAL, '', this.#expiryOf(firstExpiryMs), row.take())
    this.#index.follow(size)
  }

  /**
   * When the first of them expires, or a little before. Rows are written in the order of their actors: each under a time of its own
   * would change a page of its own of that index, and under one time they follow one another. Who prunes looks at each outcome.
   */
  #expiryOf(ownMs: number): number {
    if (ownMs < this.#expiry || ownMs - this.#expiry >= EXPIRY_WINDOW_MS) this.#expiry = ownMs
    return this.#expiry
  }

  /** Removes the outcome under a key, if one stands. */
  remove(family: Family, name: string, key: string): void {
    if (family.id === null) return
    const owner = { family: family.id, name }
    for (const row of this.#rowsOf(hashIn(actorHash(family, name), key), owner))
      this.#shrink(row, (kept) => kept.outcome.key !== key || !isOf(kept, owner))
  }

  /** Drops all outcomes of an actor; of a row that cannot be read, that it has nothing there any more. */
  delete(family: Family, name: string): void {
    if (family.id === null) return
    const { id: familyId } = family
    const from = actorHash(family, name) * KEY_HASHES
    for (const [row, hashes] of this.#hashesByRow(from, from + KEY_HASHES)) {
      const [found, owner] = fields([this.#statements.owner.get(row)])[0] ?? []
      if (found === OF_SEVERAL) this.#deleteIn(row, { family: familyId, name })
      else if (found === familyId && owner === name) this.#remove(row, hashes)
    }
  }

  #deleteIn(row: number, owner: KeptOwner): void {
    const found = this.#statements.byId.get(row)
    const unpacked = found === undefined ? null : this.#readableRow(found)
    // What leads there may be of others whose actors have the same hash: it stays.
    if (unpacked === null) this.#index.disown(ownNumber(owner), row)
    else this.#shrink(unpacked, (kept) => !isOf(kept, owner))
  }

  /** Replaces the reply of an outcome that stands, unless `change` answers null. @returns whether it did. */
  replace(
    family: Family,
    name: string,
    key: string,
    change: (outcome: OutcomeRecord) => OutcomeRecord | null,
  ): boolean {
    if (family.id === null) return false
    const owner = { family: family.id, name }
    for (const { id, kept } of this.#rowsOf(hashIn(actorHash(family, name), key), owner)) {
      const at = kept.findIndex((each) => each.outcome.key === key && isOf(each, owner))
      const stands = kept[at]
      if (stands === undefined) continue
      const changed = change(stands.outcome)
      if (changed !== null) this.#update(id, kept.with(at, { ...stands, outcome: changed }))
      return changed !== null
    }
    return false
  }

  /** Drops at most `limit` of what has expired; answers how many went. */
  prune(nowMs: number, limit: number): number {
    let left = limit
    // A row may be found before any of it expires: then its own time is written, and that is all that becomes of it.
    let inVain = 0
    while (left > 0 && inVain < IN_VAIN) {
      const found = this.#statements.firstExpired.get(nowMs)
      if (found === undefined) break
      const leftBefore = left
      const row = this.#readableRow(found)
      if (row !== null) {
        this.#shrink(row, ({ outcome }) => {
          const stays = outcome.expiresAtMs > nowMs || left === 0
          if (!stays) left -= 1
          return stays
        })
      }
      if (left === leftBefore) inVain += 1
    }
    if (left < limit) this.#index.forget()
    return limit - left
  }

  /** The transaction in which something was written or removed has ended. */
  settle(committed: boolean): void {
    this.#row.clear()
    this.#index.settle(committed)
    if (this.#removed.length === 0) return
    if (committed) for (const hash of this.#removed) this.#filter.remove(hash)
    this.#removed = []
  }

  /** Leaves of a row what stays. */
  #shrink({ id, kept }: OutcomesFound, stays: (kept: KeptOutcome) => boolean): void {
    const left: KeptOutcome[] = []
    const gone = new Set<number>()
    for (const each of kept) {
      if (stays(each)) left.push(each)
      else gone.add(this.#hashOf(each))
    }
    if (gone.size === 0 && left.length > 0) return this.#dateAnew(id, left)
    // Two keys of one hash share an entry.
    for (const each of left) gone.delete(this.#hashOf(each))
    if (left.length === 0) {
      this.#remove(id, gone)
    } else {
      this.#removeKeys(id, gone)
      this.#update(id, left)
    }
  }

  /** All of a row stays: only when it expires may not be what stands. */
  #dateAnew(id: number, kept: readonly KeptOutcome[]): void {
    this.#statements.keep.run(Math.min(...kept.map(({ outcome }) => outcome.expiresAtMs)), id)
  }

  #hashOf({ family, name, outcome }: KeptOutcome): number {
    return hashIn(actorHash(this.#dictionary.familyAt(family), name), outcome.key)
  }

  #remove(row: number, hashes: Iterable<number>): void {
    this.#removeKeys(row, hashes)
    this.#statements.remove.run(row)
  }

  #removeKeys(row: number, hashes: Iterable<number>): void {
    for (const hash of hashes) {
      this.#index.drop(hash, row)
      this.#removed.push(hash)
    }
  }

  /** The rows to which hashes from one to before another lead, each with these. */
  #hashesByRow(from: number, to: number): Map<number, Set<number>> {
    const byRow = new Map<number, Set<number>>()
    const note = (hash: number, row: number): void => {
      const hashes = byRow.get(row)
      if (hashes === undefined) byRow.set(row, new Set([hash]))
      else hashes.add(hash)
    }
    for (const { hash, row } of this.#index.between(from, to)) note(hash, row)
    return byRow
  }

  #update(row: number, kept: readonly KeptOutcome[]): void {
    const packed = packKept(kept, (url) => this.#dictionary.typeId(url))
    this.#statements.update.run(packed.firstExpiryMs, packed.take(), row)
  }

  /** Null for one that is damaged. It expires no more: else it would be found for ever, and nothing behind it. */
  #readableRow(found: unknown): OutcomesFound | null {
    try {
      return unpackedRow(found, this.#dictionary)
    } catch (thrown) {
      if (!isSpawnError(thrown) || thrown.code !== 'STATE_UNREADABLE') throw thrown
      this.#statements.keep.run(Number.MAX_SAFE_INTEGER, rowNumber(found))
      return null
    }
  }
}

/** By this the index is in order. */
export function actorHash({ hash }: Pick<Family, 'hash'>, name: string): number {
  return (hashOf(name) ^ Math.imul(hash, 0x9e37_79b1)) >>> ACTOR_SHIFT
}

/** Tells actors apart that have one hash in the index, among the few who share a row: below 0, of 52 bits. */
function ownNumber({ family, name }: KeptOwner): number {
  return -1 - hashOf(name) * 2 ** 20 - (hashOf(`${family} ${name}`) >>> 12)
}

export function hashIn(actor: number, key: string): number {
  return actor * KEY_HASHES + hashOf(key)
}
