// A run of the index of outcomes as it stands in the file: entries in the order of their hashes, in blocks. What leads to a block
// is in memory, the first hash of each; so a hash is looked for in one block. A run is never changed: it is written, merged with
// others, and gone.

import type { StatementSync } from 'node:sqlite'
import { SpawnError } from '../../base/index.ts'
import { KeyBlock } from './key-block.ts'

/** Blocks that the number of one can tell apart. */
const BLOCKS = 2 ** 24

/** What is known of a run before anything of it is written. */
export interface RunPlan {
  readonly number: number
  /** The first that it may lead to. */
  readonly firstRow: number
}

/** And when all of it is. */
export interface RunShape extends RunPlan {
  readonly lastRow: number
  readonly entries: number
  /** The first hash of each block. */
  readonly firsts: Float64Array
}

export interface Entry {
  readonly hash: number
  readonly row: number
}

/** The number of its row. @param at absent: of the first one, and `blockNumber(run + 1)` is behind the last. */
export function blockNumber(run: number, at = 0): number {
  return run * BLOCKS + at
}

/** Of which run a block is. */
export function runOfBlock(block: number): number {
  return Math.floor(block / BLOCKS)
}

export class StoredRun implements RunShape {
  readonly number: number
  readonly firstRow: number
  readonly lastRow: number
  readonly entries: number
  readonly firsts: Float64Array
  readonly #read: StatementSync

  /** @param read selects the entries of the block with a number. */
  constructor({ entries, firstRow, firsts, lastRow, number }: RunShape, read: StatementSync) {
    this.number = number
    this.firstRow = firstRow
    this.lastRow = lastRow
    this.entries = entries
    this.firsts = firsts
    this.#read = read
  }

  get blocks(): number {
    return this.firsts.length
  }

  /** Whether it has an entry of a hash. */
  leads(hash: number): boolean {
    for (let at = this.blockOf(hash); at < this.blocks && (this.firsts[at] ?? 0) <= hash; at += 1) {
      const block = this.block(at)
      const place = block.placeOf(hash)
      if (place < block.length) return block.hashAt(place) === hash
    }
    return false
  }

  /** Entries from one hash to before another, in order. */
  *between(from: number, to: number): Generator<Entry> {
    for (let at = this.blockOf(from); at < this.blocks && (this.firsts[at] ?? to) < to; at += 1) {
      const block = this.block(at)
      for (let place = block.placeOf(from); place < block.length && block.hashAt(place) < to; place += 1)
        yield { hash: block.hashAt(place), row: block.rowAt(place) }
    }
  }

  /** The first block that may have a hash: the entries of one may be in several. */
  blockOf(hash: number): number {
    let from = 0
    let to = this.blocks
    while (from < to) {
      const middle = (from + to) >>> 1
      if ((this.firsts[middle] ?? 0) < hash) from = middle + 1
      else to = middle
    }
    return Math.max(0, from - 1)
  }

  /** @throws SpawnError STATE_UNREADABLE for one that is damaged, or not there. */
  block(at: number): KeyBlock {
    const id = blockNumber(this.number, at)
    // node:sqlite's types do not know rows as arrays.
    const [entries] = (this.#read.get(id) as unknown as [unknown] | undefined) ?? []
    try {
      if (!(entries instanceof Uint8Array)) throw new RangeError('it is not there')
      return new KeyBlock(entries, this.firstRow)
    } catch (cause) {
      const message = `keys of kept replies (block ${id} of the store file) cannot be read: restore a backup`
      throw new SpawnError('STATE_UNREADABLE', message, { cause })
    }
  }
}
