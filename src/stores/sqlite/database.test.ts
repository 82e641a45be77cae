import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Database } from './database.ts'
import { fields } from './dictionary.ts'

const folder = mkdtempSync(join(tmpdir(), 'spawn-database-'))
after(() => rmSync(folder, { recursive: true, force: true }))

test('few pages stay in memory until rows are looked for all over the file', () => {
  const database = new Database(join(folder, 'cache.db'))
  const cacheKib = (): number => -Number(fields([database.prepare('PRAGMA cache_size').get()])[0]?.[0])
  const look = (times: number): void => {
    for (let at = 0; at < times; at += 1) database.looks()
  }
  try {
    for (let generation = 0; generation < 20; generation += 1) {
      look(1_000)
      database.beginLooks()
    }
    assert.equal(
      cacheKib(),
      4 * 1_024,
      'a thousand actors, whose rows are looked for once in each generation',
    )
    look(20_000)
    assert.equal(cacheKib(), 32 * 1_024)
    database.beginLooks()
    assert.equal(cacheKib(), 32 * 1_024, 'what it has read stays there')
  } finally {
    database.close()
  }
})
