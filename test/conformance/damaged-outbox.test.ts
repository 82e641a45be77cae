// Envelopes that cannot be read, whatever happened to them: each is told of and stays where it is, it is delivered to nobody,
// and all others of its system are delivered.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { actor, system } from 'spawn-mesh'
import {
  type Commit,
  KEYS_SYSTEM,
  type Logger,
  silentLogger,
  type Statestore,
} from '../../src/ports/index.ts'
import { jsonCodec, Packed } from '../../src/protocol/index.ts'
import { SealedStore } from '../../src/stores/sealed/index.ts'
import { SqliteStore } from '../../src/stores/sqlite/index.ts'
import { until } from '../../src/testing/index.ts'
import {
  commitOf,
  envelopeOf,
  outsideCommit,
  type StatestoreSubject,
  TYPE_URL,
} from '../../src/testing/statestore-fixture.ts'
import { endMariadb } from '../servers/mariadb.ts'
import { endPostgres } from '../servers/postgres.ts'
import { stateKey } from './sealed-subject.ts'
import { temporaryMariadb, temporaryPostgres, temporarySqlite } from './temporary-store.ts'

after(endPostgres)
after(endMariadb)

const SYSTEM = 'post'
const OUTSIDE = { system: SYSTEM, parent: '', name: '' }
const KEYS = [stateKey('2026')]

/** An effect that notes a number, as the engine writes it. */
function note(value: number, payload = jsonCodec.pack(value)): Commit {
  const header = '["effect","","","note","","0","","notes",""]'
  return outsideCommit({ id: OUTSIDE, sends: [envelopeOf(`note-${value}`, { header, payload })] })
}

async function put(store: Statestore, ...group: readonly Commit[]): Promise<void> {
  assert.deepEqual(
    await store.commit(group),
    group.map(() => 'committed'),
  )
}

/** Runs a system until these numbers are noted and the log has told of these envelopes; answers what it said of each. */
async function delivered(
  store: Statestore,
  numbers: readonly number[],
  unreadable: readonly string[],
): Promise<Map<unknown, unknown>> {
  const noted: number[] = []
  const told = new Map<unknown, unknown>()
  const error: Logger['error'] = (_message, fields) => void told.set(fields?.['envelope'], fields?.['error'])
  const notes = actor('notes', {
    kind: 'named',
    stateful: false,
    actions: { note: (_ctx, value: number) => void noted.push(value) },
  })
  const options = { actors: [notes], store, encryption: false, logger: { ...silentLogger, error } } as const
  await using _running = await system(SYSTEM, options).start()
  await until('all others are delivered', () => noted.length >= numbers.length)
  await until('each of these is told of', () => told.size >= unreadable.length)
  const taken = numbers.map((number) => `note-${number}`)
  await until('what was delivered is taken', async () =>
    (await store.envelopes(SYSTEM, taken)).every((standing) => standing === null),
  )
  assert.deepEqual(noted, numbers)
  assert.deepEqual([...told.keys()], unreadable)
  return told
}

const STORES: readonly [string, () => Promise<StatestoreSubject>][] = [
  ['sqlite', temporarySqlite],
  ['postgres', temporaryPostgres],
  ['mariadb', temporaryMariadb],
]

for (const [name, open] of STORES) {
  test(`on ${name}: what does not open`, async () => {
    const { dispose, reopen, store } = await open()
    try {
      const sealed = new SealedStore(store, { keys: KEYS })
      await put(sealed, note(1))
      await put(new SealedStore(store, { keys: [stateKey('2026')] }), note(2))
      await put(sealed, note(3))
      await put(store, note(4, new Packed(TYPE_URL, Buffer.from([0x96, 4, 50, 48, 50, 54, 1, 2, 3]))))
      await put(store, note(5))
      await put(sealed, note(6))
      // Sent by an actor whose own key is damaged.
      const sender = { system: SYSTEM, parent: 'user', name: 'ann' }
      await put(sealed, commitOf(sender, 0, { hasOwnKey: true, sends: note(7).sends }))
      await put(sealed, note(8))
      const [key] = (await store.list({ system: KEYS_SYSTEM }, { limit: 10 })).actors
      assert.ok(key !== undefined)
      const { birth, id, revision, tags } = key
      await put(
        store,
        commitOf(id, revision, { birth, tags, state: new Packed(TYPE_URL, Buffer.of(0x96, 0)) }),
      )

      const again = new SealedStore((await reopen?.()) ?? store, { keys: KEYS })
      const told = await delivered(again, [1, 3, 6, 8], ['note-2', 'note-4', 'note-5', 'note-7'])
      assert.match(String(told.get('note-2')), /does not open with the key "2026"/)
      assert.match(String(told.get('note-5')), /it is not sealed/)
      assert.match(String(told.get('note-7')), /own key [0-9a-f]{16}, which cannot be read/)
      const left = await (await reopen?.())?.envelopes(SYSTEM, ['note-2', 'note-4', 'note-5', 'note-7'])
      assert.deepEqual(
        left?.map((standing) => standing?.box),
        Array(4).fill('delivery'),
        'they stay',
      )
    } finally {
      await dispose()
    }
  })

  test(`on ${name}: dead letters that cannot be read are named and discarded, and the others shown`, async () => {
    const { dispose, reopen, store } = await open()
    try {
      const sealed = new SealedStore(store, { keys: KEYS })
      const dead = (commit: Commit): Commit => ({
        ...commit,
        sends: commit.sends.map((sent) => ({ ...sent, box: 'dead', dueAtMs: 5 })),
      })
      const other = new SealedStore(store, { keys: [stateKey('2026')] })
      await put(sealed, dead(note(1)))
      await put(other, dead(note(2)))
      await put(sealed, dead(note(3)))
      const again = new SealedStore((await reopen?.()) ?? store, { keys: KEYS })
      const options = { actors: [], store: again, encryption: false, logger: silentLogger } as const
      await using running = await system(SYSTEM, options).start()
      const { deadLetters } = running
      const { items, next, unreadable } = await deadLetters.list()
      assert.deepEqual([items.map(({ id }) => id), next], [['note-1', 'note-3'], null])
      assert.partialDeepStrictEqual(unreadable, [
        { id: 'note-2', box: 'dead', atMs: 5, error: { code: 'STATE_UNREADABLE' } },
      ])
      await assert.rejects(deadLetters.retry('note-2'), { code: 'STATE_UNREADABLE' })
      assert.equal(await deadLetters.discard('note-2'), true)
      const left = await deadLetters.list()
      assert.deepEqual([left.items.length, left.unreadable], [2, []])
    } finally {
      await dispose()
    }
  })

  test(`on ${name}: a header that is damaged`, async () => {
    const { dispose, store } = await open()
    try {
      const { sends } = note(2)
      await put(store, note(1))
      await put(
        store,
        outsideCommit({ id: OUTSIDE, sends: sends.map((sent) => ({ ...sent, header: '["eff' })) }),
      )
      await put(store, note(3))
      await delivered(store, [1, 3], ['note-2'])
    } finally {
      await dispose()
    }
  })
}

/** Of these numbers, with rows in the table: everything is folded. */
async function folded(payloads: ReadonlyMap<number, Packed | undefined>): Promise<{
  readonly file: string
  readonly dispose: () => Promise<void>
}> {
  const { dispose, reopen, store } = await temporarySqlite()
  for (const [value, payload] of payloads) await put(store, note(value, payload))
  const { file } = store as SqliteStore
  // Opening folds what stands in the journal.
  const again = await reopen?.()
  await again?.stop()
  return { file, dispose }
}

test('on sqlite: a row that names a type which is not there', async () => {
  const { dispose, file } = await folded(new Map([1, 2, 3].map((value) => [value, undefined])))
  try {
    const database = new DatabaseSync(file)
    const { changes } = database.prepare('UPDATE outbox SET payload_type = 99 WHERE id = ?').run('note-2')
    database.close()
    assert.equal(changes, 1)
    await delivered(new SqliteStore({ file }), [1, 3], ['note-2'])
  } finally {
    await dispose()
  }
})

test('on sqlite: a row whose pages are damaged', async () => {
  const long = new Packed(TYPE_URL, Buffer.alloc(100_000, 'x'))
  const { dispose, file } = await folded(
    new Map([1, 2, 3].map((value) => [value, value === 2 ? long : undefined])),
  )
  try {
    const database = new DatabaseSync(file)
    // Nothing is left of where it was before.
    database.exec('VACUUM')
    const { page_size: pageBytes } = database.prepare('PRAGMA page_size').get() as { page_size: number }
    database.close()
    const bytes = readFileSync(file)
    const pages = Array.from({ length: bytes.length / pageBytes }, (_none, at) => at * pageBytes)
    // A page of the payload's, which begins with the number of the next.
    const damaged = pages.find((at) => bytes.subarray(at + 4, at + pageBytes).every((byte) => byte === 0x78))
    assert.ok(damaged !== undefined)
    bytes.fill(0xff, damaged, damaged + 4)
    writeFileSync(file, bytes)
    const broken = new DatabaseSync(file)
    assert.throws(() => broken.prepare('SELECT payload FROM outbox').all(), /malformed/)
    broken.close()
    await delivered(new SqliteStore({ file }), [1, 3], ['note-2'])
  } finally {
    await dispose()
  }
})
