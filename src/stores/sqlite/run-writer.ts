// Writes a run of the index of outcomes, block by block, over many transactions. It stands when its end is written: what of it
// stands before that is in no run, and goes when the file is opened again.
//
// Invariant: after a transaction that failed, it goes on where the last one that was committed left it.

import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { BLOCK_ENTRIES, KeyBlock } from './key-block.ts'
import { blockNumber, type RunPlan, type RunShape } from './stored-run.ts'

/** What has come since the last full block. */
class Filling {
  readonly hashes = new Float64Array(BLOCK_ENTRIES)
  readonly rows = new Float64Array(BLOCK_ENTRIES)
}

export class RunWriter {
  readonly plan: RunPlan
  readonly #add: StatementSync
  readonly #end: StatementSync
  readonly #firsts: number[] = []
  #filling = new Filling()
  #length = 0
  /** As the last committed transaction left it: blocks, what has come since, and how many that are. */
  #settledBlocks = 0
  #settledFilling = this.#filling
  #settledLength = 0

  constructor(database: Pick<DatabaseSync, 'prepare'>, plan: RunPlan) {
    this.plan = plan
    this.#add = database.prepare('INSERT INTO key_blocks (id, entries) VALUES (?, ?)')
    this.#end = database.prepare(
      'INSERT INTO key_runs (number, first_row, last_row, entries, firsts) VALUES (?, ?, ?, ?, ?)',
    )
  }

  /** In the order of hashes, within a transaction. */
  add(hash: number, row: number): void {
    this.#filling.hashes[this.#length] = hash
    this.#filling.rows[this.#length] = row
    this.#length += 1
    if (this.#length === BLOCK_ENTRIES) this.#write()
  }

  /** Within the transaction after which it stands. @returns what it is then; null: it has no entries, and is no run. */
  end(lastRow: number): RunShape | null {
    const entries = this.#firsts.length * BLOCK_ENTRIES + this.#length
    if (entries === 0) return null
    if (this.#length > 0) this.#write()
    const { firstRow, number } = this.plan
    const firsts = Float64Array.from(this.#firsts)
    this.#end.run(number, firstRow, lastRow, entries, packedFirsts(firsts))
    return { number, firstRow, lastRow, entries, firsts }
  }

  settle(committed: boolean): void {
    if (committed) {
      this.#settledBlocks = this.#firsts.length
      this.#settledFilling = this.#filling
      this.#settledLength = this.#length
    } else {
      this.#firsts.length = this.#settledBlocks
      this.#filling = this.#settledFilling
      this.#length = this.#settledLength
    }
  }

  #write(): void {
    const { hashes, rows } = this.#filling
    const id = blockNumber(this.plan.number, this.#firsts.length)
    this.#add.run(id, KeyBlock.pack(hashes, rows, this.#length, this.plan.firstRow))
    this.#firsts.push(hashes[0] ?? 0)
    // The transaction may fail, and then what was there before is filled on.
    this.#filling = new Filling()
    this.#length = 0
  }
}

function packedFirsts(firsts: Float64Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(firsts.length * Float64Array.BYTES_PER_ELEMENT))
  for (const [at, first] of firsts.entries())
    view.setFloat64(at * Float64Array.BYTES_PER_ELEMENT, first, true)
  return new Uint8Array(view.buffer)
}

/** @throws RangeError when they are none. */
export function unpackedFirsts(bytes: Uint8Array): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const blocks = bytes.length / Float64Array.BYTES_PER_ELEMENT
  return Float64Array.from({ length: blocks }, (_none, at) =>
    view.getFloat64(at * Float64Array.BYTES_PER_ELEMENT, true),
  )
}
