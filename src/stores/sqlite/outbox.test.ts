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
  /** As when the file is opened again: nothing is known of what the journal had. */
  const reopened = () => outboxOver(database)
  return { ...outboxOver(database), reopened }
}

function outboxOver(database: Database) {
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

const newOne = (id: string): Envelope => ({ ...envelope(id), isNew: true })

/** @param sends by its id: one that is not said to be new. */
function commit(sends: readonly (string | Envelope)[], takes: readonly string[]): FramedCommit {
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
    sends: sends.map((one) => (typeof one === 'string' ? envelope(one) : one)),
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

  test('lets one of a group take what stands, and the next group when that one was not kept', () => {
    const { database, outbox } = outboxIn('taken.db')
    keep(outbox, [newOne('a')], [])
    const taking = commit([], ['a'])
    assert.ok(outbox.accepts(taking))
    outbox.stage(taking)
    assert.ok(!outbox.accepts(commit([], ['a'])), 'twice in a group')
    outbox.forget()
    keep(outbox, [], ['a'])
    assert.ok(!outbox.accepts(commit([], ['a'])))
    database.close()
  })

  test('knows the occasion of what was sent for the first time in the same group', () => {
    const { database, outbox } = outboxIn('occasions.db')
    const sent = commit([{ ...newOne('a'), dueAtMs: 5 }], [])
    assert.ok(outbox.accepts(sent))
    outbox.stage(sent)
    const taking = commit([], ['a'])
    assert.ok(!outbox.accepts({ ...taking, occasions: [['a', 6]] }))
    assert.ok(outbox.accepts({ ...taking, occasions: [['a', 5]] }))
    database.close()
  })

  test('takes no row of the table for what stands that a fold has only begun, or a generation has replaced', () => {
    const { database, fold, outbox } = outboxIn('outdated.db')
    keep(outbox, ['a', 'b'], [])
    fold(outbox.beginFolding())
    const outdated = (): boolean[] => [1, 2].map((place) => outbox.isOutdated(place))
    assert.deepEqual(outdated(), [true, true])
    outbox.endFolding()
    assert.deepEqual(outdated(), [false, false])
    keep(outbox, ['b'], ['a'])
    assert.deepEqual(outdated(), [true, true])
    const entries = outbox.beginFolding()
    assert.deepEqual(outdated(), [true, true], 'what is folded just now knows better')
    fold(entries)
    outbox.endFolding()
    assert.deepEqual(outdated(), [false, false])
    database.close()
  })

  test('takes what a crash has left folded in part, when its row in the journal is applied again', () => {
    const { database, fold, outbox, reopened } = outboxIn('again.db')
    keep(outbox, ['a', 'b'], [])
    fold(outbox.beginFolding())
    const after = reopened()
    const places = [1, 2][Symbol.iterator]()
    after.outbox.applyAgain(commit(['a', 'b'], []), () => places.next().value)
    after.outbox.applyAgain(commit([], ['a']), () => undefined)
    after.fold(after.outbox.beginFolding())
    after.outbox.endFolding()
    assert.deepEqual(
      ['a', 'b', 'c'].map((id) => after.outbox.find('s', id)?.place),
      [undefined, 2, undefined],
    )
    keep(after.outbox, ['c'], [])
    assert.equal(after.outbox.find('s', 'c')?.place, 3)
    database.close()
  })

  test('has each id once, whether it is that of a fact or of a message, and becomes the other', () => {
    const { database, fold, outbox } = outboxIn('facts.db')
    const as = (box: Envelope['box'], id: string, isNew = false): Envelope => ({
      ...envelope(id),
      box,
      isNew,
    })
    const seen = (): string[] => {
      const messages = Array.from(outbox.pending('s'), ({ id, place }) => `message ${id} ${place}`)
      return [
        ...messages,
        ...Array.from(outbox.pendingFacts('s', 0), ({ id, place }) => `fact ${id} ${place}`),
      ]
    }
    // An id may say nothing of facts.
    keep(outbox, [as('fact', 'stray', true), as('delivery', 'm', true), as('fact', 'fact:f', true)], [])
    assert.deepEqual(seen(), ['message m 2', 'fact stray 1', 'fact fact:f 3'])
    assert.equal(outbox.find('s', 'stray')?.box, 'fact')
    keep(outbox, [as('delivery', 'stray'), as('fact', 'm'), as('schedule', 'fact:f')], [])
    assert.deepEqual(seen().toSorted(), ['fact m 2', 'message fact:f 3', 'message stray 1'])
    fold(outbox.beginFolding())
    keep(outbox, [as('fact', 'm')], ['stray'])
    assert.deepEqual(seen(), ['message fact:f 3', 'fact m 2'])
    database.close()
  })
})
