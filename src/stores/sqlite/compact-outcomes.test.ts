// Outcomes in their compact form through the life of a file: committed, recovered after a crash, folded, expired; and those that
// an earlier release left in the table and in the journal.

import assert from 'node:assert/strict'
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, test } from 'node:test'
import type { Commit, OutcomeRecord } from '../../ports/index.ts'
import { Packed } from '../../protocol/packed.ts'
import { StoreFile } from './store-file.ts'
import { commitGroups } from '../../../test/commit-groups.ts'
import { ONE_INDEX } from '../../../test/older-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'spawn-compact-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const UUID = '7f3c1c52-8f64-4d0e-9a0b-2f6f1f0f2d11'
const HEX = '0123456789abcdef0123456789abcdef'
const KEYS = [
  UUID,
  HEX,
  UUID.toUpperCase(),
  HEX.toUpperCase(),
  HEX.slice(1),
  `${HEX}0`,
  'ключ',
  'k'.repeat(512),
]
const ID = { system: 's', parent: 'p', name: 'n' }

function commitOf(follows: number, more: Partial<Commit>): Commit {
  return {
    id: ID,
    follows,
    revision: follows + 1,
    birth: 5,
    epoch: 1,
    tags: {},
    state: null,
    committedAtMs: 1,
    history: { revisions: 0, durationMs: 0 },
    outcomes: [],
    sends: [],
    takes: [],
    ...more,
  }
}

const textOf = (reply: Packed | null): string | null =>
  reply === null ? null : `${reply.typeUrl} ${Buffer.from(reply.value).toString()}`

const partsOf = (outcome: OutcomeRecord | null): unknown =>
  outcome && [outcome.key, outcome.expiresAtMs, textOf(outcome.reply)]

function recommitted(store: StoreFile, key: string, follows: number, committedAtMs: number): number[] {
  const outcomes = [{ key, expiresAtMs: committedAtMs + 1_000, reply: null }]
  return commitGroups(store, [commitOf(follows, { committedAtMs, outcomes })])[0] ?? []
}

describe('compact outcomes', () => {
  test('of all kinds of keys and replies outlive a crash, folding, and a restart', () => {
    const file = join(folder, 'kinds.db')
    let store = new StoreFile(file)
    const given = KEYS.map((key, at): Commit => {
      const state = new Packed('t', Buffer.from(`state ${at}`))
      // The state itself; what equals it; something else; nothing.
      const replies = [
        new Packed('r', state.value),
        new Packed('r', Buffer.from(state.value)),
        new Packed('q', Buffer.from(`own ${at}`)),
        null,
      ]
      const outcomes = replies.map((reply, of) => ({
        key: of === at % 4 ? key : `${key}/${of}`,
        expiresAtMs: 10_000 - at,
        reply,
      }))
      return commitOf(at, { state, outcomes })
    })
    const outcomes = given.flatMap((commit) => commit.outcomes)
    for (const group of [given.slice(0, 3), given.slice(3)])
      assert.deepEqual(commitGroups(store, group), [[]])
    const check = (): void => {
      for (const outcome of outcomes) {
        assert.deepEqual(partsOf(store.loadOutcome(ID, outcome.key)), partsOf(outcome))
        assert.deepEqual(recommitted(store, outcome.key, given.length, 2), [0], outcome.key)
      }
      assert.equal(store.outcomeKeys(ID, 1_000)?.length, outcomes.length)
    }
    check()
    const image = join(folder, 'image.db')
    for (const part of ['', '-wal']) if (existsSync(file + part)) copyFileSync(file + part, image + part)
    store.close()
    for (const each of [image, file, image]) {
      store = new StoreFile(each)
      check()
      store.close()
    }
    store = new StoreFile(file)
    assert.equal(store.prune(9_999, 1_000), outcomes.length - 4)
    for (const { expiresAtMs, key } of outcomes)
      assert.equal(store.loadOutcome(ID, key) === null, expiresAtMs <= 9_999)
    store.close()
  })

  test('of the fourth version are read where they stand, and written anew when others go', () => {
    const file = join(folder, 'fourth.db')
    const folded = { ...ID, name: 'folded' }
    let store = new StoreFile(file)
    const reply = new Packed('r', Buffer.from('{"n":1}'))
    const kept: readonly OutcomeRecord[] = [
      { key: UUID, expiresAtMs: 1_700_000_000_000, reply },
      { key: HEX, expiresAtMs: 9, reply: null },
      { key: 'ключ', expiresAtMs: 10, reply: new Packed('t', Buffer.from('"x"')) },
    ]
    commitGroups(store, [commitOf(0, { id: folded, outcomes: kept })])
    store.close()
    const database = new DatabaseSync(file)
    // The same as version 4 wrote it; and a frame with the same for another actor, with two commits.
    database.exec(
      `DROP INDEX outbox_facts;
       ${ONE_INDEX}
       DELETE FROM types;
       INSERT INTO types (id, url) VALUES (1, 'r'), (2, 't');
       UPDATE outcomes SET family = (SELECT id FROM families WHERE system = 's' AND parent = 'p'), name = 'folded',
         kept = x'2437663363316335322d386636342d346430652d396130622d32663666316630663264313180d095ffbc3101077b226e223a317d20303132333435363738396162636465663031323334353637383961626364656609008800d0bad0bbd18ed1870a0203227822';
       INSERT INTO journal (id, sequence, frame) VALUES (77, 1000,
         x'010a0001730170016e0001050607000174077b226e223a317d022437663363316335322d386636342d346430652d396130622d32663666316630663264313180d095ffbc3101010172077b226e223a317d2030313233343536373839616263646566303132333435363738396162636465660900a80100016e010105018800d0bad0bbd18ed1870a010003227822010165');
       PRAGMA user_version = 4`,
    )
    database.close()
    for (let times = 0; times < 2; times += 1) {
      store = new StoreFile(file)
      for (const id of [folded, ID]) {
        for (const outcome of kept)
          assert.deepEqual(partsOf(store.loadOutcome(id, outcome.key)), partsOf(outcome))
        assert.equal(store.outcomeKeys(id, 10)?.length, 3)
      }
      for (const { key } of kept) assert.deepEqual(recommitted(store, key, 2, 8), [0], key)
      store.close()
    }
    store = new StoreFile(file)
    assert.equal(store.prune(10, 100), 4)
    for (const id of [folded, ID]) {
      for (const outcome of kept)
        assert.deepEqual(
          partsOf(store.loadOutcome(id, outcome.key)),
          outcome.key === UUID ? partsOf(outcome) : null,
        )
    }
    assert.deepEqual([recommitted(store, UUID, 2, 11), recommitted(store, HEX, 2, 11)], [[0], []])
    store.close()
  })
})
