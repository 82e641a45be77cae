// The index of outcomes: which hash leads to which rows of theirs. Its newest entries are in memory (late-keys.ts); when they are
// many they leave as a run in the file (stored-run.ts), and of the runs of about one size four become one (run-merge.ts). So
// nothing is ever looked for to be written, pages are written one after the other, and an entry is written again once
// for each fourfold growth of the index. Decides when runs are written and forgotten; which are merged, merge-choice.ts does. All of it
// is done in small parts, with what is added.
//
// An entry is not taken out: it goes with its run, or stays behind when that is merged, once its row is gone. Where the row stands and
// cannot be read, nobody can say which entries are an actor's who is gone: that it has nothing there any more is noted beside them.
//
// Invariants: every entry whose row stands is here. Those of rows up to the one that `folded` names are in runs that stand, each of
// which has those of the rows behind the run before it.

import type { StatementSync } from 'node:sqlite'
import type { Database } from './database.ts'
import { fields, type SQLField } from './dictionary.ts'
import { isDamage } from './failures.ts'
import { GATHERED_KEYS, LateKeys } from './late-keys.ts'
import { RunMerge } from './run-merge.ts'
import { RunWriter, unpackedFirsts } from './run-writer.ts'
import { dueRuns, levelOf } from './merge-choice.ts'
import { blockNumber, type Entry, runOfBlock, StoredRun } from './stored-run.ts'

/** Entries that leave, for each that is added: so they have left before as many others are gathered. */
const LEAVING = 2
/** And that are merged: each is, once for each level, and there are few. */
const MERGED = 8
/** Blocks of runs that are gone which go with a row. */
const BLOCKS_GONE = 4

export class KeyIndex {
  readonly #database: Database
  readonly #gathered: number
  readonly #late: LateKeys
  /** In the order of their rows. */
  #runs: StoredRun[]
  /** The run that those in memory leave for; null: it has not begun. */
  #writer: RunWriter | null = null
  #merge: RunMerge | null = null
  /** Runs that could not be read when they were merged, and are left alone. */
  readonly #spoiled = new Set<StoredRun>()
  /** Numbers of runs that do not stand, and may have blocks. */
  readonly #gone: number[]
  #lastNumber: number
  /** The last row whose entries all stand in runs. */
  #lastRow: number
  /** What is to be done when the transaction is committed. */
  #then: (() => void)[] = []
  readonly #statements

  /** @param lastRow as `folded` names it. */
  constructor(database: Database, lastRow: number, gathered = GATHERED_KEYS) {
    this.#database = database
    this.#gathered = gathered
    this.#lastRow = lastRow
    this.#late = new LateKeys(lastRow, gathered)
    this.#statements = statementsOf(database)
    const { all, block, firstBlock } = this.#statements
    this.#runs = fields(all.all()).map((row) => runOf(row, block))
    const standing = new Set(this.#runs.map(({ number }) => number))
    this.#lastNumber = Math.max(0, ...standing)
    this.#gone = []
    for (let from = 0; ;) {
      const [found] = fields([firstBlock.get(from)])[0] ?? []
      if (found === undefined) break
      const number = runOfBlock(Number(found))
      if (!standing.has(number)) this.#gone.push(number)
      this.#lastNumber = Math.max(this.#lastNumber, number)
      from = blockNumber(number + 1)
    }
  }

  /** Rows come in the order of their numbers. */
  add(hash: number, row: number): void {
    this.#late.add(hash, row)
  }

  /** The entry counts no more. */
  drop(hash: number, row: number): void {
    this.#late.drop(hash, row)
  }

  /** Whatever leads to a row counts no more for an actor. @param actor its number: below 0, as no hash is. */
  disown(actor: number, row: number): void {
    this.#statements.drop.run(actor, row)
  }

  isDisowned(actor: number, row: number): boolean {
    return this.#statements.dropped.get(actor, row) !== undefined
  }

  /** Whether there is an entry of a hash, or was one. */
  leads(hash: number): boolean {
    if (this.#late.leads(hash)) return true
    for (const run of this.#runs) if (run.leads(hash)) return true
    return false
  }

  /** Entries from one hash to before another, in no order; some rows may be gone. */
  *between(from: number, to: number): Generator<Entry> {
    yield* this.#late.between(from, to)
    for (const run of this.#runs) yield* run.between(from, to)
  }

  /** A hash behind another, with at most about so many blocks of a run between them; Infinity: there are fewer. */
  behind(hash: number, blocks: number): number {
    let nearest = Number.POSITIVE_INFINITY
    for (const run of this.#runs)
      nearest = Math.min(nearest, run.firsts[run.blockOf(hash) + blocks] ?? Number.POSITIVE_INFINITY)
    // Of one hash there may be as many.
    return nearest > hash ? nearest : hash + 1
  }

  /** Does its part of the work, when so many entries were added, within the transaction that writes their row. */
  follow(added: number): void {
    this.#leave(LEAVING * added)
    this.#advance(MERGED * added)
    const [gone] = this.#gone
    if (gone === undefined) return
    const { changes } = this.#statements.removeBlocks.run(
      blockNumber(gone),
      blockNumber(gone + 1),
      BLOCKS_GONE,
    )
    if (Number(changes) > 0) return
    this.#then.push(() => {
      if (this.#gone[0] === gone) this.#gone.shift()
    })
  }

  /** Forgets runs of rows that are all gone, within the transaction that removed the last of them. */
  forget(): void {
    const { anyRow, remove } = this.#statements
    const isGone = ({ firstRow, lastRow }: StoredRun): boolean => anyRow.get(firstRow, lastRow) === undefined
    const merge = this.#merge
    const merged = new Set(merge?.runs)
    const isVain = merge !== null && merge.runs.every(isGone)
    for (const run of this.#runs) {
      if (merged.has(run) ? !isVain : !isGone(run)) continue
      remove.run(run.number)
      this.#then.push(() => this.#replace([run], null))
    }
    if (isVain) this.#then.push(() => this.#giveUp(merge))
  }

  /** The transaction has ended. */
  settle(committed: boolean): void {
    this.#writer?.settle(committed)
    this.#merge?.settle(committed)
    if (committed) for (const change of this.#then) change()
    this.#then = []
    this.#late.settle(committed)
  }

  #leave(count: number): void {
    if (!this.#late.areLeaving) return
    const writer = (this.#writer ??= this.#newWriter(this.#lastRow + 1))
    const lastRow = this.#late.leave(count, (hash, row) => writer.add(hash, row))
    if (lastRow === null) return
    const run = this.#ended(writer, lastRow)
    this.#statements.indexed.run(lastRow)
    this.#then.push(() => {
      this.#writer = null
      this.#lastRow = lastRow
      if (run !== null) this.#runs.push(run)
    })
  }

  #advance(count: number): void {
    const merge = (this.#merge ??= this.#nextMerge())
    if (merge === null) return
    try {
      if (!merge.advance(count)) return
    } catch (thrown) {
      if (!isDamage(thrown)) throw thrown
      // Who asks for what is in it is told; the others go on.
      for (const run of merge.runs) this.#spoiled.add(run)
      this.#giveUp(merge)
      return
    }
    const run = this.#ended(merge.writer, merge.lastRow)
    for (const { number } of merge.runs) this.#statements.remove.run(number)
    this.#then.push(() => {
      this.#merge = null
      this.#replace(merge.runs, run)
    })
  }

  #nextMerge(): RunMerge | null {
    const runs = dueRuns(this.#runs, (run) =>
      this.#spoiled.has(run) ? null : levelOf(run.entries, this.#gathered),
    )
    const [first] = runs
    if (first === undefined) return null
    return new RunMerge(runs, this.#newWriter(first.firstRow), this.#statements.rowsFrom)
  }

  #newWriter(firstRow: number): RunWriter {
    this.#lastNumber += 1
    return new RunWriter(this.#database, { number: this.#lastNumber, firstRow })
  }

  /** Null: there was nothing to write. */
  #ended(writer: RunWriter, lastRow: number): StoredRun | null {
    const shape = writer.end(lastRow)
    return shape === null ? null : new StoredRun(shape, this.#statements.block)
  }

  #giveUp(merge: RunMerge): void {
    this.#gone.push(merge.writer.plan.number)
    this.#merge = null
  }

  #replace(runs: readonly StoredRun[], by: StoredRun | null): void {
    const at = this.#runs.findIndex((run) => runs.includes(run))
    const others = this.#runs.filter((run) => !runs.includes(run))
    this.#runs = by === null ? others : others.toSpliced(at, 0, by)
    this.#gone.push(...runs.map(({ number }) => number))
  }
}

function runOf(row: readonly SQLField[], block: StatementSync): StoredRun {
  const [number, firstRow, lastRow, entries] = row.map(Number)
  const firsts = unpackedFirsts(row[4] as Uint8Array)
  return new StoredRun(
    { number: number ?? 0, firstRow: firstRow ?? 0, lastRow: lastRow ?? 0, entries: entries ?? 0, firsts },
    block,
  )
}

function statementsOf(database: Database) {
  return {
    all: database.prepare(
      'SELECT number, first_row, last_row, entries, firsts FROM key_runs ORDER BY first_row',
    ),
    remove: database.prepare('DELETE FROM key_runs WHERE number = ?'),
    block: database.prepare('SELECT entries FROM key_blocks WHERE id = ?'),
    firstBlock: database.prepare('SELECT id FROM key_blocks WHERE id >= ? ORDER BY id LIMIT 1'),
    removeBlocks: database.prepare(
      `DELETE FROM key_blocks WHERE id IN (SELECT id FROM key_blocks WHERE id >= ? AND id < ? LIMIT ?)`,
    ),
    rowsFrom: database.prepare('SELECT id FROM outcomes WHERE id >= ? ORDER BY id LIMIT ?'),
    anyRow: database.prepare('SELECT 1 FROM outcomes WHERE id >= ? AND id <= ? LIMIT 1'),
    indexed: database.prepare('UPDATE folded SET outcome = ?'),
    drop: database.prepare('INSERT OR IGNORE INTO dropped_keys (hash, outcome) VALUES (?, ?)'),
    dropped: database.prepare('SELECT 1 FROM dropped_keys WHERE hash = ? AND outcome = ?'),
  }
}
