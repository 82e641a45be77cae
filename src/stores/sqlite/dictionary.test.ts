import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { isSpawnError } from '../../base/index.ts'
import { Database } from './database.ts'
import { Dictionary } from './dictionary.ts'

const folder = mkdtempSync(join(tmpdir(), 'spawn-dictionary-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const USERS = { system: 's\0', parent: 'user' }

describe('the dictionary of a store file', () => {
  test('gives each family and type one number, and finds them again', () => {
    const file = join(folder, 'found.db')
    const database = new Database(file)
    const dictionary = new Dictionary(database)
    const numbers = database.durably(() => [
      dictionary.familyId(dictionary.family(USERS)),
      dictionary.familyId(dictionary.family({ ...USERS, parent: '' })),
      dictionary.typeId('t'),
    ])
    assert.equal(dictionary.familyId(dictionary.family(USERS)), numbers[0])
    assert.notEqual(numbers[0], numbers[1])
    database.close()
    const again = new Database(file)
    const found = new Dictionary(again)
    assert.deepEqual(
      [
        found.find(USERS)?.id,
        found.find({ ...USERS, parent: '' })?.id,
        found.typeId('t'),
        found.typeUrl(numbers[2] ?? 0),
      ],
      [...numbers, 't'],
    )
    assert.equal(found.find({ ...USERS, parent: 'nobody' }), undefined)
    assert.throws(
      () => found.typeUrl(99),
      (error) => isSpawnError(error) && error.code === 'STATE_UNREADABLE',
    )
    again.close()
  })

  test('forgets what a transaction that failed had given', () => {
    const database = new Database(join(folder, 'failed.db'))
    const dictionary = new Dictionary(database)
    const family = dictionary.family(USERS)
    const failing = (): never => {
      dictionary.familyId(family)
      dictionary.typeId('t')
      throw new Error('the disk is full')
    }
    assert.throws(() => database.lightly(failing))
    dictionary.settle(false)
    assert.equal(family.id, null)
    const numbers = database.durably(() => [dictionary.familyId(family), dictionary.typeId('t')])
    dictionary.settle(true)
    dictionary.settle(false)
    assert.deepEqual([family.id, dictionary.typeId('t')], numbers)
    const stored = database.prepare('SELECT (SELECT id FROM families), (SELECT id FROM types)').get()
    assert.deepEqual(stored, numbers)
    database.close()
  })
})
