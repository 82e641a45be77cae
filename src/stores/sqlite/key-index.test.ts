import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { below, isSpawnError, seededRandom } from '../../base/index.ts'
import { Database } from './database.ts'
import { fields } from './dictionary.ts'
import { KeyIndex } from './key-index.ts'

const folder = mkdtempSync(join(tmpdir(), 'spawn-keys-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** Entries that leave together: four times as many are more than two blocks. */
const GATHERED = 100
const ROW_ENTRIES = 10
const HASHES = 2 ** 53

/** An index whose rows have nothing in them: which hash leads to which is known here. */
class World {
  readonly database: Database
  readonly index: KeyIndex
  readonly hashes: Map<number, readonly number[]>
  lastRow: number

  constructor(name: string, hashes = new Map<number, readonly number[]>()) {
    this.database = new Database(join(folder, `${name}.db`))
    this.hashes = hashes
    const [indexed, last] = fields([
      this.database.prepare('SELECT outcome, (SELECT coalesce(max(id), 0) FROM outcomes) FROM folded').get(),
    ])[0] ?? [0, 0]
    this.index = new KeyIndex(this.database, Number(indexed), GATHERED)
    for (const [row, of] of hashes)
      if (row > Number(indexed)) for (const hash of of.toSorted((a, b) => a - b)) this.index.add(hash, row)
    this.index.settle(true)
    this.lastRow = Math.max(Number(indexed), Number(last))
  }

  /** Adds a row within a transaction. */
  addRow(hashes: readonly number[]): number {
    this.lastRow += 1
    this.database
      .prepare(
        'INSERT INTO outcomes (id, actor, family, name, expires_at_ms, kept) VALUES (?, 0, 0, 0, 0, 0)',
      )
      .run(this.lastRow)
    for (const hash of hashes.toSorted((left, right) => left - right)) this.index.add(hash, this.lastRow)
    this.index.follow(hashes.length)
    return this.lastRow
  }

  removeRow(row: number): void {
    this.database.prepare('DELETE FROM outcomes WHERE id = ?').run(row)
    for (const hash of this.hashes.get(row) ?? []) this.index.drop(hash, row)
  }

  /** One transaction. */
  change(work: () => void, isToFail = false): void {
    try {
      this.database.durably(() => {
        work()
        if (isToFail) throw new Error('the disk is full')
      })
      this.index.settle(true)
    } catch (thrown) {
      this.index.settle(false)
      if (!isToFail) throw thrown
    }
  }

  count(table: string): number {
    return Number(fields([this.database.prepare(`SELECT count(*) FROM ${table}`).get()])[0]?.[0])
  }

  sizes(): number[] {
    return fields(this.database.prepare('SELECT entries FROM key_runs ORDER BY first_row').all()).map(
      ([entries]) => Number(entries),
    )
  }
}

test('every entry of a row that stands is found, while runs are written and merged, through failures and openings', () => {
  const random = seededRandom(5)
  const hashes = new Map<number, readonly number[]>()
  let world = new World('model', hashes)
  /** Some meet. */
  const hash = (): number => below(random, 40_000) * 2 ** 37
  const check = (): void => {
    const found = new Set<string>()
    for (const entry of world.index.between(0, HASHES)) found.add(`${entry.hash} ${entry.row}`)
    for (const [row, of] of hashes) {
      for (const each of of) {
        assert.ok(found.has(`${each} ${row}`), `${each} leads to row ${row}`)
        assert.ok(world.index.leads(each))
      }
    }
    const from = hash()
    const some = [...world.index.between(from, from + 2 ** 45)]
    assert.ok(some.every((entry) => entry.hash >= from && entry.hash < from + 2 ** 45))
    const expected = [...hashes].flatMap(([row, of]) =>
      of.filter((each) => each >= from && each < from + 2 ** 45).map((each) => `${each} ${row}`),
    )
    const found2 = new Set(some.map((entry) => `${entry.hash} ${entry.row}`))
    for (const entry of expected) assert.ok(found2.has(entry), entry)
  }
  let [failed, largest, most] = [0, 0, 0]
  for (let round = 0; round < 1_000; round += 1) {
    const isToFail = below(random, 4) === 0
    const added = new Map<number, readonly number[]>()
    const removed: number[] = []
    world.change(() => {
      // Before the others, whose work may be to note which rows stand.
      for (const row of hashes.keys()) {
        if (below(random, 300) > 0) continue
        world.removeRow(row)
        removed.push(row)
      }
      for (let rows = below(random, 4); rows > 0; rows -= 1) {
        const own = Array.from({ length: ROW_ENTRIES }, hash)
        added.set(world.addRow(own), own)
      }
      if (below(random, 20) === 0) world.index.forget()
    }, isToFail)
    if (isToFail) {
      failed += 1
    } else {
      for (const [row, of] of added) hashes.set(row, of)
      for (const row of removed) hashes.delete(row)
    }
    const sizes = world.sizes()
    largest = Math.max(largest, ...sizes)
    most = Math.max(most, sizes.length)
    if (round % 100 === 0) check()
    if (round % 130 !== 0) continue
    world.database.close()
    world = new World('model', hashes)
    check()
  }
  assert.ok(
    largest > GATHERED * 12 && most < 32 && failed > 150,
    `${largest} in one of ${most} runs, ${failed} failures`,
  )
  const entries = [...world.index.between(0, HASHES)].length
  const standing = hashes.size * ROW_ENTRIES
  assert.ok(entries < standing * 3, `${entries} entries where ${standing} stand`)
  world.change(() => {
    for (const row of hashes.keys()) world.removeRow(row)
    hashes.clear()
    world.index.forget()
  })
  assert.equal(world.count('key_runs'), 0)
  // Blocks go with rows that are written.
  for (let row = 0; row < 200; row += 1) world.change(() => world.index.follow(0))
  assert.equal(world.count('key_blocks'), 0)
  world.database.close()
})

test('runs are forgotten when the transaction that removed their rows is committed, and not when it fails', () => {
  const random = seededRandom(9)
  const world = new World('forgotten')
  while (world.count('key_runs') < 2)
    world.change(() => {
      const own = Array.from({ length: ROW_ENTRIES }, () => below(random, HASHES))
      world.hashes.set(world.addRow(own), own)
    })
  const hashes = [...world.hashes.values()].flat()
  const removeAll = (): void => {
    for (const row of world.hashes.keys()) world.removeRow(row)
    world.index.forget()
  }
  world.change(removeAll, true)
  for (const hash of hashes) assert.ok(world.index.leads(hash))
  world.change(removeAll)
  assert.equal(world.count('key_runs'), 0)
  world.database.close()
})

test('blocks of a run that was being written, or gone, when the process died go when the file is opened again', () => {
  const random = seededRandom(6)
  const name = 'torn'
  const hashes = new Map<number, readonly number[]>()
  let world = new World(name, hashes)
  const grow = (): void =>
    world.change(() => {
      const own = Array.from({ length: ROW_ENTRIES }, () => below(random, HASHES))
      hashes.set(world.addRow(own), own)
    })
  const orphans = (): number =>
    Number(
      fields([
        world.database
          .prepare(
            'SELECT count(*) FROM key_blocks WHERE id / (1 << 24) NOT IN (SELECT number FROM key_runs)',
          )
          .get(),
      ])[0]?.[0],
    )
  let torn = 0
  for (let round = 0; round < 300; round += 1) {
    grow()
    if (orphans() === 0) continue
    world.database.close()
    world = new World(name, hashes)
    torn += 1
    for (let times = 0; times < 40 && orphans() > 0; times += 1) world.change(() => world.index.follow(0))
    assert.equal(orphans(), 0)
    const found = new Set(Array.from(world.index.between(0, HASHES), (entry) => `${entry.hash} ${entry.row}`))
    for (const [row, of] of hashes) for (const each of of) assert.ok(found.has(`${each} ${row}`))
    // Else it would never come to the end of a merge.
    for (let more = below(random, 40); more > 0; more -= 1) grow()
  }
  assert.ok(torn > 3, `${torn} times`)
  world.database.close()
})

test('a block that is damaged stops who asks for what is in it, and neither others nor what is added', () => {
  const random = seededRandom(8)
  const world = new World('damaged')
  const grow = (rows: number): void => {
    for (let left = rows; left > 0; left -= 1)
      world.change(() => void world.addRow(Array.from({ length: ROW_ENTRIES }, () => below(random, HASHES))))
  }
  while (world.count('key_runs') < 3) grow(1)
  world.database.durably(() => world.database.prepare("UPDATE key_blocks SET entries = x'01'").run())
  const own = Array.from({ length: ROW_ENTRIES }, () => below(random, HASHES))
  world.change(() => void world.addRow(own))
  assert.ok(world.index.leads(own[0] ?? 0), 'what is in memory is found')
  assert.throws(
    () => world.index.leads(HASHES - 1),
    (thrown) => isSpawnError(thrown) && thrown.code === 'STATE_UNREADABLE',
  )
  grow(2_000)
  assert.ok(Math.max(...world.sizes()) > GATHERED * 3, 'runs behind it are merged')
  world.database.close()
})
