import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import type { Envelope } from '../../ports/index.ts'
import { Database } from './database.ts'
import { Dictionary } from './dictionary.ts'
import type { FramedCommit } from '../frames/frame.ts'
import { Outbox } from './outbox.ts'
import { OutboxTable } from './outbox-table.ts'
import type { PendingEnvelope } from './pending-outbox.ts'

const folder = mkdtempSync(join(tmpdir(), 'spawn-outbox-'))
after(() => rmSync(folder, { recursive: true, force: true }))

function outboxIn(file: string) {
  const database = new Database(join(folder, file))
  const table = new OutboxTable(database, new Dictionary(database))
  const outbox = new Outbox(table, 0)
  const fold = (entries: readonly PendingEnvelope[]): void =>
    database.durably(() => {
      for (const entry of entries) outbox.fold(entry)
      table.flush()
    })
  return { database, outbox, fold }
}

const envelope = (id: string): Envelope => ({ id, box: 'delivery', dueAtMs: 0, header: '', payload: null })

function commit(sends: readonly string[], takes: readonly string[]): FramedCommit {
  return {
    family: { system: 's', parent: '' },
    name: '',
    follows: 0,
    revision: 0,
    birth: 0,
    epoch: 0,
    tags: null,
    state: null,
    committedAtMs: 0,
    keepRevisions: 0,
    keepDurationMs: 0,
    outcomes: [],
    sends: sends.map(envelope),
    takes,
    occasions: [],
  }
}

function keep(outbox: Outbox, ...given: Parameters<typeof commit>): void {
  const kept = commit(...given)
  assert.ok(outbox.accepts(kept))
  outbox.stage(kept)
  outbox.takePlacesGiven()
  outbox.keep()
}

describe('the outbox of a store file', () => {
  test('has nothing to fold of what was sent and taken since the last fold', () => {
    const { database, outbox } = outboxIn('passing.db')
    keep(outbox, ['a', 'b'], [])
    keep(outbox, ['c'], ['a'])
    keep(outbox, ['b'], ['c'])
    keep(outbox, [], ['b'])
    assert.deepEqual(outbox.beginFolding(), [])
    database.close()
  })

  test('takes what is below a generation by folding that it is gone', () => {
    const { database, fold, outbox } = outboxIn('below.db')
    keep(outbox, ['a', 'b'], [])
    const entries = outbox.beginFolding()
    assert.deepEqual(
      entries.map(({ id, place }) => [id, place]),
      [
        ['a', 1],
        ['b', 2],
      ],
    )
    fold(entries)
    keep(outbox, ['a'], [])
    keep(outbox, [], ['a'])
    outbox.endFolding()
    assert.equal(outbox.find('s', 'a'), null)
    const [gone, ...others] = outbox.beginFolding()
    assert.deepEqual([gone?.id, gone?.envelope, others], ['a', null, []])
    database.close()
  })

  test('folds however many there are, each into a row of its own, once more as well', () => {
    const { database, fold, outbox } = outboxIn('many.db')
    const ids = Array.from({ length: 21 }, (_, at) => `id-${at}`)
    keep(outbox, ids, [])
    const entries = outbox.beginFolding()
    fold(entries.slice(0, 13))
    fold(entries)
    outbox.endFolding()
    for (const [at, id] of ids.entries())
      assert.deepEqual(outbox.find('s', id), { ...envelope(id), place: at + 1 })
    database.close()
  })

  test('folds what was said to be new and stands: in its place, with those around it', () => {
    const { database, fold, outbox } = outboxIn('not-new.db')
    keep(outbox, ['a', 'b'], [])
    fold(outbox.beginFolding())
    outbox.endFolding()
    const ids = ['c', 'd', 'e', 'b', 'f', 'g', 'h', 'i', 'j']
    const sends = ids.map((id) => ({ ...envelope(id), dueAtMs: 9, isNew: true }))
    const kept = { ...commit([], []), sends }
    assert.ok(outbox.accepts(kept))
    outbox.stage(kept)
    outbox.keep()
    fold(outbox.beginFolding())
    outbox.endFolding()
    assert.equal(outbox.find('s', 'a')?.dueAtMs, 0)
    for (const [at, id] of ids.entries())
      assert.deepEqual(outbox.find('s', id), { ...envelope(id), dueAtMs: 9, place: at + 3 })
    assert.deepEqual(database.prepare('SELECT count(*) FROM outbox').get(), [10])
    database.close()
  })

  test('knows nothing of a group that was not kept, and gives its places to the next', () => {
    const { database, outbox } = outboxIn('lost.db')
    keep(outbox, ['a'], [])
    outbox.stage(commit(['a', 'b'], []))
    assert.ok(outbox.accepts(commit([], ['b'])))
    outbox.forget()
    assert.ok(!outbox.accepts(commit([], ['b'])))
    keep(outbox, ['c'], [])
    assert.deepEqual([outbox.find('s', 'b'), outbox.find('s', 'c')?.place], [null, 2])
    outbox.stage(commit(['d'], []))
    assert.equal(outbox.takePlacesGiven(), null, 'nothing of the group that was lost is said of the next')
    database.close()
  })

  test('has everything as before a group that was not kept, also what that group did twice', () => {
    const { database, fold, outbox } = outboxIn('undone.db')
    keep(outbox, ['a', 'b'], [])
    const entries = outbox.beginFolding()
    fold(entries)
    outbox.endFolding()
    keep(outbox, ['c'], ['b'])
    for (const [sends, takes] of [
      [[], ['a', 'c']],
      [['a', 'c'], []],
      [['b'], ['a']],
    ] as const) {
      const lost = commit(sends, takes)
      assert.ok(outbox.accepts(lost))
      outbox.stage(lost)
    }
    outbox.forget()
    const places = ['a', 'b', 'c'].map((id) => outbox.find('s', id)?.place)
    assert.deepEqual([places, outbox.isOutdated(1), outbox.isOutdated(2)], [[1, undefined, 3], false, true])
    database.close()
  })
})
