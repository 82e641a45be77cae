import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Database } from './database.ts'
import { BLOCK_ENTRIES } from './key-block.ts'
import { RunWriter } from './run-writer.ts'
import { StoredRun } from './stored-run.ts'

const folder = mkdtempSync(join(tmpdir(), 'spawn-run-'))
after(() => rmSync(folder, { recursive: true, force: true }))

test('a hash is found in all of its rows, also where its entries are in several blocks, or end one', () => {
  const database = new Database(join(folder, 'run.db'))
  const writer = new RunWriter(database, { number: 1, firstRow: 1 })
  /** How many rows each hash leads to: 10 ends a block, 20 goes over two boundaries, 30 begins behind one and is alone there. */
  const counts = new Map([
    [5, BLOCK_ENTRIES - 1],
    [10, 1],
    [15, 3],
    [20, 2 * BLOCK_ENTRIES - 1],
    [25, BLOCK_ENTRIES - 2],
    [30, 1],
  ])
  let row = 0
  const rows = new Map<number, number[]>()
  const shape = database.durably(() => {
    for (const [hash, count] of counts) {
      const own = Array.from({ length: count }, () => (row += 1))
      rows.set(hash, own)
      for (const each of own) writer.add(hash, each)
    }
    return writer.end(row)
  })
  assert.ok(shape !== null && shape.entries === 4 * BLOCK_ENTRIES + 1 && shape.firsts.length === 5)
  const run = new StoredRun(shape, database.prepare('SELECT entries FROM key_blocks WHERE id = ?'))
  for (const [hash, own] of rows) {
    assert.ok(run.leads(hash))
    const found = Array.from(run.between(hash, hash + 1), (entry) => entry.row)
    assert.deepEqual(found, own, `hash ${hash}`)
    for (const other of [hash - 1, hash + 1]) {
      assert.ok(!run.leads(other))
      assert.deepEqual([...run.between(other, other + 1)], [])
    }
  }
  assert.equal([...run.between(0, 100)].length, row)
  database.close()
})
