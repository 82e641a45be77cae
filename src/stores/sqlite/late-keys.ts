// The index of outcomes as far as it does not stand in the file yet. Keys are random: each that is written by itself would change
// a page of its own once the index is large. So entries are gathered here, over several generations of the journal, and
// leave in the order of the index, as a run of it (stored-run.ts). What is lost in a crash is read from the rows again.
//
// Entries lie in runs. Folding goes in the order of the index, so what is added mostly goes on where the last run ends; else
// it begins one, and runs of about one size are joined, so that there are few. Decides when they leave; who writes them is
// key-index.ts.
//
// Invariants: an entry is here until the transaction that has written the last of those that leave is committed. After one
// that failed, what is here is as it was before it.

import { KeyRun } from './key-run.ts'
import type { Entry } from './stored-run.ts'

/** So many are gathered before they leave. To be read again after a crash is half as much again, at most. */
export const GATHERED_KEYS = 131_072

/** Those that leave together. */
interface Leaving {
  readonly run: KeyRun
  /** The last row of the table that any of them leads to: once they have left, all keys up to it stand in the index. */
  readonly lastRow: number
  /** Where those begin that are still to be written: as it is committed, and as it is in the transaction. */
  from: number
  fromNow: number
}

export class LateKeys {
  readonly #gathered: number
  #runs: KeyRun[] = []
  #leaving: Leaving | null = null
  #lastRow: number
  /** Of the transaction: before the first row that it has added, and what it has dropped. */
  #rowBefore: number
  #dropped: Entry[] = []

  /** @param lastRow the last row of the table whose keys all stand in the index. */
  constructor(lastRow: number, gathered = GATHERED_KEYS) {
    this.#lastRow = lastRow
    this.#rowBefore = lastRow
    this.#gathered = gathered
  }

  /** Rows come in the order of their numbers. */
  add(hash: number, row: number): void {
    this.#lastRow = row
    this.#put(hash, row)
  }

  #put(hash: number, row: number): void {
    if (this.#runs.at(-1)?.add(hash, row) === true) return
    this.#join()
    const run = new KeyRun()
    run.add(hash, row)
    this.#runs.push(run)
  }

  drop(hash: number, row: number): void {
    for (const run of this.#all()) {
      if (!run.drop(hash, row)) continue
      this.#dropped.push({ hash, row })
      return
    }
  }

  /** Whether there is an entry of a hash, or was one that was dropped. */
  leads(hash: number): boolean {
    for (const run of this.#runs) if (run.hashAt(run.placeOf(hash)) === hash) return true
    const run = this.#leaving?.run
    return run?.hashAt(run.placeOf(hash)) === hash
  }

  /** Entries from one hash to before another, in no order. */
  *between(from: number, to: number): Generator<Entry> {
    for (const run of this.#all()) {
      for (let place = run.placeOf(from); place < run.length && run.hashAt(place) < to; place += 1) {
        const row = run.rowAt(place)
        if (row !== 0) yield { hash: run.hashAt(place), row }
      }
    }
  }

  /** Whether some are to be written now, by `leave`. */
  get areLeaving(): boolean {
    return this.#leaving !== null
  }

  /**
   * Hands out those that leave next, in order, within a transaction that writes them.
   *
   * @returns when these were the last: the last row up to which all keys stand in the index then; else null.
   */
  leave(count: number, write: (hash: number, row: number) => void): number | null {
    const leaving = this.#leaving
    if (leaving === null || leaving.fromNow === leaving.run.length) return null
    const { run } = leaving
    const to = Math.min(run.length, leaving.fromNow + count)
    for (let place = leaving.fromNow; place < to; place += 1) {
      const row = run.rowAt(place)
      if (row !== 0) write(run.hashAt(place), row)
    }
    leaving.fromNow = to
    return to === run.length ? leaving.lastRow : null
  }

  /** The transaction has ended. */
  settle(committed: boolean): void {
    if (committed) this.#settled()
    else this.#undone()
    this.#rowBefore = this.#lastRow
    this.#dropped = []
  }

  #settled(): void {
    const leaving = this.#leaving
    if (leaving !== null) {
      leaving.from = leaving.fromNow
      if (leaving.from === leaving.run.length) this.#leaving = null
      return
    }
    if (this.#runs.reduce((sum, { length }) => sum + length, 0) < this.#gathered) return
    while (this.#runs.length > 1) this.#joinLast()
    const [run] = this.#runs
    this.#runs = []
    if (run !== undefined && run.length > 0)
      this.#leaving = { run, lastRow: this.#lastRow, from: 0, fromNow: 0 }
  }

  #undone(): void {
    const leaving = this.#leaving
    if (leaving !== null) leaving.fromNow = leaving.from
    for (const { hash, row } of this.#dropped) {
      const isLeaving = leaving !== null && row <= leaving.lastRow
      const isBack = (isLeaving ? [leaving.run] : this.#runs).some((run) => run.restore(hash, row))
      // Runs were joined meanwhile, and it was left out.
      if (!isBack) this.#put(hash, row)
    }
    for (const run of this.#runs) {
      for (let place = 0; place < run.length; place += 1) {
        const row = run.rowAt(place)
        if (row > this.#rowBefore) run.drop(run.hashAt(place), row)
      }
    }
  }

  #all(): readonly KeyRun[] {
    return this.#leaving === null ? this.#runs : [...this.#runs, this.#leaving.run]
  }

  /** Before a run begins: so that each is more than twice as long as the next. */
  #join(): void {
    for (;;) {
      const [before, last] = this.#runs.slice(-2)
      if (before === undefined || last === undefined || before.length > 2 * last.length) return
      this.#joinLast()
    }
  }

  #joinLast(): void {
    const right = this.#runs.pop()
    const left = this.#runs.pop()
    if (left !== undefined && right !== undefined) this.#runs.push(KeyRun.joined(left, right))
  }
}
