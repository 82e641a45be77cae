import assert from 'node:assert/strict'
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, test } from 'node:test'
import { hashOf } from '../../base/index.ts'
import type { Commit, Envelope } from '../../ports/index.ts'
import { Packed } from '../../protocol/packed.ts'
import { unpackStretch } from '../frames/envelope-bytes.ts'
import { FrameWriter } from '../frames/frame.ts'
import { packIds, unpackActors } from '../frames/rows.ts'
import { StoreFile } from './store-file.ts'
import { commitGroups } from '../../../test/commit-groups.ts'

const folder = mkdtempSync(join(tmpdir(), 'spawn-file-'))
after(() => rmSync(folder, { recursive: true, force: true }))
let files = 0
const newFile = (): string => join(folder, `${(files += 1)}.db`)

/** What the disk would hold if the process died now. */
function imageOf(file: string): string {
  const image = newFile()
  for (const part of ['', '-wal']) if (existsSync(file + part)) copyFileSync(file + part, image + part)
  return image
}

const idOf = (name: string) => ({ system: 's', parent: 'p', name })
const NAMES = Array.from({ length: 200 }, (_none, at) => `actor-${at}`)

function commitOf(name: string, follows: number, more: Partial<Commit> = {}): Commit {
  const revision = follows + 1
  const state = new Packed('t', Buffer.from(`${name} ${revision}`))
  const history = { revisions: 0, durationMs: 0 }
  return {
    id: idOf(name),
    follows,
    revision,
    birth: 1,
    epoch: 1,
    tags: {},
    state,
    committedAtMs: revision,
    history,
    outcomes: [],
    sends: [],
    takes: [],
    ...more,
  }
}

const commit = (store: StoreFile, group: readonly Commit[]): readonly number[] =>
  commitGroups(store, group)[0] ?? []

function statesOf(store: StoreFile, names: readonly string[]): string[] {
  const ids = names.map(idOf)
  return unpackActors(ids, store.load(packIds(ids))).map((actor) =>
    Buffer.from(actor?.state?.value ?? []).toString(),
  )
}

/** Whether something stands under a key of an actor, what it is now, and the envelopes that are due. */
function contentOf(store: StoreFile): unknown {
  const names = ['a', 'b', 'c']
  const due = unpackStretch(store.due('s', 0, null, 99)).envelopes
  return {
    states: statesOf(store, names),
    keys: names.map((name) => store.loadOutcome(idOf(name), 'k')?.expiresAtMs),
    envelopes: due.map(({ header, id, place }) => `${place} ${id} ${header}`),
  }
}

const history = { revisions: 3, durationMs: 0 }
const expected = NAMES.map((name, at) => `${name} ${at % 2 === 0 ? 3 : 2}`)

/** Three groups: everybody twice, every second actor once more, with a past, an outcome and a conflict. */
function fill(store: StoreFile): void {
  const outcomes = [{ key: 'k', reply: null, expiresAtMs: 1_000 }]
  assert.deepEqual(
    commit(
      store,
      NAMES.map((name) => commitOf(name, 0, { history })),
    ),
    [],
  )
  assert.deepEqual(
    commit(
      store,
      NAMES.map((name) => commitOf(name, 1, { history, outcomes })),
    ),
    [],
  )
  const third = NAMES.flatMap((name, at) => (at % 2 === 0 ? [commitOf(name, 2, { history })] : []))
  assert.deepEqual(commit(store, [commitOf('actor-1', 7), ...third]), [0])
}

function assertWhole(store: StoreFile): void {
  assert.deepEqual(statesOf(store, NAMES), expected)
  assert.notEqual(store.loadOutcome(idOf('actor-199'), 'k'), null)
  const revisions = (name: string) => store.revisions(idOf(name), 10).map(({ revision }) => revision)
  assert.deepEqual(
    [revisions('actor-0'), revisions('actor-199')],
    [
      [3, 2, 1],
      [2, 1],
    ],
  )
  assert.deepEqual(commit(store, [commitOf('actor-0', 2), commitOf('actor-1', 2)]), [0])
}

/** Whether each is refused, and answered with the reply that it had. Changes nothing. */
function assertKnown(store: StoreFile, keys: ReadonlyMap<string, string>): void {
  for (const [key, name] of keys) {
    const { revision } = unpackActors([idOf(name)], store.load(packIds([idOf(name)])))[0] ?? { revision: 0 }
    const outcomes = [{ key, reply: null, expiresAtMs: 9e9 }]
    assert.deepEqual(commit(store, [commitOf(name, revision, { outcomes })]), [0], `${name} ${key}`)
    assert.equal(Buffer.from(store.loadOutcome(idOf(name), key)?.reply?.value ?? []).toString(), key)
    const hashes = store.outcomeKeys(idOf(name), 10_000)
    assert.ok(hashes?.includes(hashOf(key)), `${name} ${key}`)
  }
}

describe('a store file', () => {
  test('refuses a key that it has, wherever that stands: in a batch, a generation, a fold under way, the tables; and after a crash there', () => {
    const file = newFile()
    const store = new StoreFile(file)
    const keys = new Map<string, string>()
    const follows = new Map<string, number>()
    /** One actor has more keys than a row takes. */
    const use = (name: string, count: number): Commit => {
      const own = Array.from({ length: count }, () => `key-${keys.size + 1}-${'ü'.repeat(keys.size % 2)}`)
      const outcomes = Array.from({ length: count }, (_none, at) => {
        const key = `${own[at]}-${at}`
        keys.set(key, name)
        return { key, reply: new Packed('t', Buffer.from(key)), expiresAtMs: 5_000 + at }
      })
      const before = follows.get(name) ?? 0
      follows.set(name, before + 1)
      return commitOf(name, before, { outcomes })
    }
    let images = 0
    for (let generation = 0; generation < 3; generation += 1) {
      assert.deepEqual(
        commit(store, [use('busy', 90), ...NAMES.map((name) => use(name, 1 + (generation % 2)))]),
        [],
      )
      const twice = commitOf('twice', generation, {
        outcomes: [{ key: `twice-${generation}`, reply: null, expiresAtMs: 9e9 }],
      })
      assert.deepEqual(
        commit(store, [twice, { ...twice, follows: generation + 1, revision: generation + 2 }]),
        [1],
      )
      for (; store.background !== 'none'; images += 1) {
        if (images % 3 === 0) {
          const image = new StoreFile(imageOf(file))
          assertKnown(image, keys)
          image.close()
        }
        store.runBackground()
      }
      assertKnown(store, keys)
    }
    assert.ok(images > 10, `folding took ${images} slices`)
    store.close()
    const again = new StoreFile(file)
    assertKnown(again, keys)
    assert.equal(again.prune(5_000, 99_999), 3 * (1 + NAMES.length), 'one of each commit')
    again.close()
  })

  test('has all that was told, if the process dies before the books are kept', () => {
    const file = newFile()
    const store = new StoreFile(file)
    const envelope = (id: string, more: Partial<Envelope> = {}): Envelope => ({
      id,
      box: 'delivery',
      dueAtMs: 0,
      header: `of ${id}`,
      payload: null,
      ...more,
    })
    const [sent, again] = [envelope('sent', { isNew: true }), envelope('again', { isNew: true })]
    const outcomes = (expiresAtMs: number) => [{ key: 'k', reply: null, expiresAtMs }]
    const groups: Commit[][] = [
      [commitOf('a', 0, { sends: [sent, again], outcomes: outcomes(9e9) }), commitOf('b', 0)],
      // What was sent before is taken, and sent once more in another form; one actor goes on in the same batch.
      [
        commitOf('b', 1, { takes: ['sent'] }),
        commitOf('b', 2, { sends: [envelope('again', { header: 'new' })] }),
      ],
      // What was accepted, and what was not: b is ahead, the key is used, the envelope is gone.
      [commitOf('b', 2), commitOf('a', 1, { outcomes: outcomes(1) }), commitOf('c', 0, { takes: ['sent'] })],
      [
        commitOf('c', 0, {
          takes: ['again'],
          outcomes: outcomes(3),
          sends: [envelope('last', { isNew: true })],
        }),
      ],
    ]
    const conflicts: (readonly number[])[] = []
    for (const [at, group] of groups.entries()) {
      let image = ''
      store.commit([new FrameWriter().pack(group)], (told) => {
        image = imageOf(file)
        conflicts.push(told[0] ?? [])
      })
      const left = new StoreFile(image)
      assert.deepEqual(contentOf(left), contentOf(store), `group ${at}`)
      if (at < 2) assert.deepEqual(commit(left, group), [0, 1], `group ${at} is known`)
      left.close()
      if (at === 1) store.runBackground()
    }
    assert.deepEqual(conflicts, [[], [], [0, 1, 2], []])
    assert.deepEqual(contentOf(store), {
      states: ['a 1', 'b 3', 'c 1'],
      keys: [9e9, undefined, 3],
      envelopes: ['3 last of last'],
    })
    store.close()
  })

  test('is whole wherever folding was interrupted', () => {
    const file = newFile()
    const store = new StoreFile(file)
    fill(store)
    let images = 0
    for (; store.background !== 'none'; images += 1) {
      const image = new StoreFile(imageOf(file))
      assertWhole(image)
      assert.equal(image.prune(1_000, 9_999), NAMES.length, 'each outcome is there once')
      image.close()
      store.runBackground()
      assert.deepEqual(statesOf(store, NAMES), expected, 'readers see no difference')
    }
    assert.ok(images > 3, `folding took ${images} slices; too few to show anything`)
    assertWhole(store)
    store.close()
  })

  test('takes commits while it folds, and folds them next', () => {
    const file = newFile()
    const store = new StoreFile(file)
    fill(store)
    // Before it folds, it fills the filter of keys.
    while (store.generations === 0) store.runBackground()
    const begun: string = store.background
    assert.equal(begun, 'now', 'most of it is still to be folded')
    assert.deepEqual(
      commit(
        store,
        NAMES.map((name, at) => commitOf(name, at % 2 === 0 ? 3 : 2)),
      ),
      [],
    )
    assert.deepEqual(commit(store, [commitOf('new', 0), commitOf('actor-0', 3)]), [1])
    const after = [...NAMES.map((name, at) => `${name} ${at % 2 === 0 ? 4 : 3}`), 'new 1']
    for (let round = 0; store.background !== 'none'; round += 1) {
      const image = new StoreFile(imageOf(file))
      assert.deepEqual(statesOf(image, [...NAMES, 'new']), after, `image ${round}`)
      image.close()
      store.runBackground()
    }
    assert.deepEqual(statesOf(store, [...NAMES, 'new']), after)
    assert.deepEqual(store.revisions(idOf('actor-0'), 9).length, 1, 'the last policy keeps no past')
    store.close()
  })

  test('folds by itself before its journal grows beyond bounds', () => {
    const store = new StoreFile(newFile())
    const state = new Packed('t', new Uint8Array(1_000_000))
    for (let follows = 0; follows < 40; follows += 1) {
      assert.deepEqual(commit(store, [commitOf('large', follows, { state })]), [])
    }
    assert.equal(store.background, 'now')
    store.close()
  })

  test('knows nothing of a group that it could not judge: an actor of it can be deleted, and begin anew', () => {
    const file = newFile()
    const store = new StoreFile(file)
    const keep = (type: string): Partial<Commit> => ({
      outcomes: [{ key: 'k', reply: new Packed(type, Buffer.from('r')), expiresAtMs: 9e9 }],
    })
    commit(store, [commitOf('a', 0), commitOf('b', 0, keep('odd'))])
    store.close()
    const sqlite = new DatabaseSync(file)
    sqlite.exec("DELETE FROM types WHERE url = 'odd'")
    sqlite.close()
    const again = new StoreFile(file)
    const group = [commitOf('a', 1, keep('t')), commitOf('b', 1, keep('t'))]
    assert.throws(() => commit(again, group), { code: 'STATE_UNREADABLE' })
    assert.deepEqual(
      [again.loadOutcome(idOf('a'), 'k'), again.outcomeKeys(idOf('a'), 9)],
      [null, new Uint32Array()],
    )
    assert.equal(again.delete(idOf('a'), 1, 1), 'committed')
    assert.deepEqual(commit(again, [commitOf('a', 0)]), [])
    assert.deepEqual(statesOf(again, ['a']), ['a 1'])
    again.close()
  })

  test('has one outcome of a key, the newest, where the one before had expired and not gone', () => {
    const store = new StoreFile(newFile())
    const keep = (atMs: number, expiresAtMs: number): Partial<Commit> => ({
      committedAtMs: atMs,
      outcomes: [{ key: 'k', reply: null, expiresAtMs }],
    })
    const fold = (): void => {
      while (store.background !== 'none') store.runBackground()
    }
    assert.deepEqual(commit(store, [commitOf('a', 0, keep(1, 10))]), [])
    fold()
    assert.deepEqual(commit(store, [commitOf('a', 1, keep(9, 100))]), [0])
    assert.deepEqual(commit(store, [commitOf('a', 1, keep(20, 100))]), [])
    fold()
    assert.equal(store.loadOutcome(idOf('a'), 'k')?.expiresAtMs, 100)
    assert.deepEqual(commit(store, [commitOf('a', 2, keep(30, 200))]), [0])
    assert.equal(store.prune(99, 9), 0, 'what had expired went with what took its place')
    store.close()
  })

  test('needs nothing to fold after a stop', () => {
    const file = newFile()
    const store = new StoreFile(file)
    fill(store)
    store.close()
    assert.ok(!existsSync(`${file}-wal`), 'the log is folded into the file')
    const again = new StoreFile(file)
    assert.equal(again.background, 'none')
    assertWhole(again)
    again.close()
  })
})
