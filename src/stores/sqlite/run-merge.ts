// The merging of runs of the index of outcomes that follow one another into one, a little in each of many transactions. Entries
// of rows that are gone stay behind: so an index is as large as what stands, and what was pruned costs nothing when it is pruned.
// First it notes which rows stand, then it copies. A row that goes in between has its entries for one merge more: they lead nowhere.
//
// Invariants: an entry of a row that stands is never left out. After a transaction that failed, it goes on where the last one that
// was committed left it, also in noting: what that transaction removed stands again.

import type { StatementSync } from 'node:sqlite'
import { assert } from '../../base/index.ts'
import { fields } from './dictionary.ts'
import type { KeyBlock } from './key-block.ts'
import type { RunWriter } from './run-writer.ts'
import type { StoredRun } from './stored-run.ts'

/** Entries that are as much work as to note a row. */
const ENTRIES_LIKE_A_ROW = 8
/** Larger than any hash. */
const END = Number.POSITIVE_INFINITY

/** Where in a run the next entry is. */
class Cursor {
  readonly #run: StoredRun
  #block: KeyBlock | null = null
  #blockAt = 0
  #place = 0
  #settled: readonly [blockAt: number, place: number] = [0, 0]

  constructor(run: StoredRun) {
    this.#run = run
  }

  /** Of the entry that is next; END: there is none. */
  get hash(): number {
    if (this.#blockAt === this.#run.blocks) return END
    this.#block ??= this.#run.block(this.#blockAt)
    return this.#block.hashAt(this.#place)
  }

  get row(): number {
    return this.#block?.rowAt(this.#place) ?? 0
  }

  pass(): void {
    this.#place += 1
    if (this.#place < (this.#block?.length ?? 0)) return
    this.#block = null
    this.#blockAt += 1
    this.#place = 0
  }

  settle(committed: boolean): void {
    if (committed) {
      this.#settled = [this.#blockAt, this.#place]
      return
    }
    ;[this.#blockAt, this.#place] = this.#settled
    this.#block = null
  }
}

export class RunMerge {
  readonly runs: readonly StoredRun[]
  readonly writer: RunWriter
  /** Before the rows that they lead to, and the last of them. */
  readonly #firstRow: number
  readonly lastRow: number
  readonly #rowsFrom: StatementSync
  readonly #cursors: readonly Cursor[]
  /** Rows that stand, a bit each. */
  readonly #standing: Uint8Array
  /** Up to which row it is noted. */
  #notedTo: number
  #settledNotedTo: number
  #isDone = false

  /**
   * @param runs in the order of their rows, at least one.
   * @param rowsFrom selects the numbers of at most so many rows from one on, in order.
   */
  constructor(runs: readonly StoredRun[], writer: RunWriter, rowsFrom: StatementSync) {
    const [first] = runs
    const last = runs.at(-1)
    assert(first !== undefined && last !== undefined, 'there are runs to merge')
    this.runs = runs
    this.writer = writer
    this.#firstRow = first.firstRow
    this.lastRow = last.lastRow
    this.#rowsFrom = rowsFrom
    this.#cursors = runs.map((run) => new Cursor(run))
    this.#standing = new Uint8Array(Math.floor((this.lastRow - this.#firstRow) / 8) + 1)
    this.#notedTo = this.#firstRow - 1
    this.#settledNotedTo = this.#notedTo
  }

  /** Merges about so many entries, within a transaction. @returns whether the last of them is among these. */
  advance(count: number): boolean {
    if (this.#isDone || count === 0) return false
    if (this.#notedTo < this.lastRow) {
      this.#note(Math.ceil(count / ENTRIES_LIKE_A_ROW))
      return false
    }
    for (let left = count; left > 0; left -= 1) {
      const next = this.#next()
      const { hash } = next
      if (hash === END) return (this.#isDone = true)
      if (this.#stands(next.row)) this.writer.add(hash, next.row)
      next.pass()
    }
    return false
  }

  settle(committed: boolean): void {
    this.writer.settle(committed)
    for (const cursor of this.#cursors) cursor.settle(committed)
    if (committed) {
      this.#settledNotedTo = this.#notedTo
    } else {
      this.#notedTo = this.#settledNotedTo
      this.#isDone = false
    }
  }

  #note(rows: number): void {
    const found = fields(this.#rowsFrom.all(this.#notedTo + 1, rows)).map(([row]) => Number(row))
    for (const row of found) if (row <= this.lastRow) this.#mark(row - this.#firstRow)
    this.#notedTo = found.length < rows ? this.lastRow : (found.at(-1) ?? this.lastRow)
  }

  #mark(at: number): void {
    this.#standing[at >>> 3] = (this.#standing[at >>> 3] ?? 0) | (1 << (at & 7))
  }

  #stands(row: number): boolean {
    const at = row - this.#firstRow
    return ((this.#standing[at >>> 3] ?? 0) & (1 << (at & 7))) !== 0
  }

  /** The cursor whose entry is the first in order. */
  #next(): Cursor {
    let [next] = this.#cursors
    assert(next !== undefined, 'there are runs to merge')
    for (const cursor of this.#cursors) if (cursor.hash < next.hash) next = cursor
    return next
  }
}
