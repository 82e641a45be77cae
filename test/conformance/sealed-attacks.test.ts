// What a sealed store does with bytes that are not as it wrote them, where they were written, or with keys that are not
// those that sealed them: never what was asked for, never nothing, always STATE_UNREADABLE; and what the store behind it
// gets to see.
import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { isSpawnError } from '../../src/base/index.ts'
import type { ArchiveRow, Commit, Statestore } from '../../src/ports/index.ts'
import { Packed } from '../../src/protocol/index.ts'
import { MemoryStore } from '../../src/stores/memory/index.ts'
import { FIELDS } from '../../src/stores/sealed/fields.ts'
import { SealedStore } from '../../src/stores/sealed/index.ts'
import type { SqliteStore } from '../../src/stores/sqlite/index.ts'
import {
  actorId,
  commitOf,
  envelopeOf,
  factOf,
  json,
  loadOne,
  NOON_MS,
  outsideCommit,
  plainPacked,
  SYSTEM,
} from '../../src/testing/statestore-fixture.ts'
import { stateKey } from './sealed-subject.ts'
import { temporarySqlite } from './temporary-store.ts'

const KEY = stateKey('2026')
const SECRET = 'the-cat-is-in-the-bag'
const EXPIRES_MS = NOON_MS + 1_000_000
const KEPT = { key: 'once', reply: json(SECRET), expiresAtMs: EXPIRES_MS }

interface Stores {
  readonly behind: MemoryStore
  readonly sealed: SealedStore
}

async function stores(): Promise<Stores> {
  const behind = new MemoryStore()
  await behind.start()
  return { behind, sealed: new SealedStore(behind, { keys: [KEY] }) }
}

async function put(store: Statestore, ...group: readonly Commit[]): Promise<void> {
  assert.deepEqual(
    await store.commit(group),
    group.map(() => 'committed'),
  )
}

/** Reading it fails as it must; the message is told. */
function unreadable(read: () => unknown): string {
  let message = ''
  assert.throws(read, (error) => {
    assert.ok(isSpawnError(error), `not ours: ${String(error)}`)
    assert.equal(error.code, 'STATE_UNREADABLE')
    message = error.message
    return true
  })
  return message
}

async function stateOf(store: Statestore, name: string): Promise<Packed | null> {
  const stored = await loadOne(store, name)
  assert.ok(stored !== null)
  return stored.state
}

/** What stands behind the sealed store for an actor. */
async function rawState(behind: MemoryStore, name: string): Promise<Packed> {
  const state = await stateOf(behind, name)
  assert.ok(state !== null)
  return state
}

/** Puts sealed bytes where another revision of an actor is to be. */
async function plant(behind: MemoryStore, name: string, state: Packed | null, follows = 0): Promise<void> {
  await put(behind, commitOf(name, follows, { state }))
}

async function deniedState(sealed: SealedStore, name: string): Promise<string> {
  const stored = await loadOne(sealed, name)
  assert.ok(stored !== null, 'the row is there')
  return unreadable(() => stored.state)
}

describe('a sealed state', () => {
  test('does not open for another actor, system, parent or revision', async () => {
    const { behind, sealed } = await stores()
    await put(sealed, commitOf('a', 0, { state: json(SECRET) }))
    const state = await rawState(behind, 'a')
    await plant(behind, 'b', state)
    assert.match(await deniedState(sealed, 'b'), /"b" at revision 1 .*belong to another row/)
    for (const id of [
      { system: 'other', parent: '', name: 'a' },
      { system: SYSTEM, parent: 'a', name: 'a' },
    ]) {
      await put(behind, commitOf(id, 0, { state }))
      const [stored] = await sealed.load([id])
      unreadable(() => stored?.state)
    }
    await plant(behind, 'a', state, 1)
    assert.match(await deniedState(sealed, 'a'), /"a" at revision 2/)
  })

  test('does not open for another incarnation, or as another type', async () => {
    const { behind, sealed } = await stores()
    await put(sealed, commitOf('a', 0, { state: json(SECRET) }))
    const state = await rawState(behind, 'a')
    await behind.delete(actorId('a'), 1, commitOf('a', 0).birth)
    await put(behind, commitOf('a', 0, { state, birth: 7 }))
    await deniedState(sealed, 'a')
    await behind.delete(actorId('a'), 1, 7)
    await plant(behind, 'a', new Packed(`${state.typeUrl}2`, state.value))
    await deniedState(sealed, 'a')
    await behind.delete(actorId('a'), 1, commitOf('a', 0).birth)
    await plant(behind, 'a', state)
    assert.deepEqual(plainPacked(await stateOf(sealed, 'a')), plainPacked(json(SECRET)))
  })

  test('does not open with any of its bits turned over, or cut at any place', async () => {
    const { behind, sealed } = await stores()
    await put(sealed, commitOf('a', 0, { state: json(SECRET) }))
    const { typeUrl, value } = await rawState(behind, 'a')
    const changed: Uint8Array[] = []
    for (let at = 0; at < value.length; at += 1) {
      for (let bit = 1; bit < 256; bit *= 2) {
        const turned = new Uint8Array(value)
        turned[at] = value[at]! ^ bit
        changed.push(turned)
      }
      changed.push(value.slice(0, at))
    }
    changed.push(Buffer.concat([value, Uint8Array.of(0)]))
    assert.ok(changed.length > 500)
    for (const [at, bytes] of changed.entries()) {
      await plant(behind, `changed-${at}`, new Packed(typeUrl, bytes))
      await deniedState(sealed, `changed-${at}`)
    }
  })

  test('that is not there is known from one that was taken away', async () => {
    const { behind, sealed } = await stores()
    await put(sealed, commitOf('never', 0, { state: null, tags: { only: 'tags' } }))
    assert.equal(await stateOf(sealed, 'never'), null)
    await plant(behind, 'emptied', null)
    assert.match(await deniedState(sealed, 'emptied'), /is not sealed/)
    await put(sealed, commitOf('a', 0))
    const nothing = await rawState(behind, 'never')
    await plant(behind, 'a', nothing, 1)
    await deniedState(sealed, 'a')
  })

  test('that cannot be opened keeps no other from being read', async () => {
    const { behind, sealed } = await stores()
    await put(sealed, commitOf('good', 0, { state: json(SECRET) }))
    await plant(behind, 'bad', json('planted'))
    const [bad, good] = await sealed.load([actorId('bad'), actorId('good')])
    unreadable(() => bad?.state)
    assert.deepEqual(plainPacked(good?.state ?? null), plainPacked(json(SECRET)))
    const { actors } = await sealed.list({ system: SYSTEM }, { limit: 10 })
    assert.deepEqual(
      actors.map(({ id }) => id.name),
      ['bad', 'good'],
    )
  })

  test('that was never sealed is read only where that is allowed', async () => {
    const { behind, sealed } = await stores()
    await plant(behind, 'a', json('plain'))
    assert.match(await deniedState(sealed, 'a'), /rotate-keys/)
    const lenient = new SealedStore(behind, { keys: [KEY], readsPlain: true })
    assert.deepEqual(plainPacked(await stateOf(lenient, 'a')), plainPacked(json('plain')))
    await put(lenient, commitOf('a', 1))
    assert.deepEqual(plainPacked(await stateOf(sealed, 'a')), plainPacked(json('r2')))
  })
})

describe('the keys of a sealed store', () => {
  test('open what they sealed, whichever seals now', async () => {
    const { behind, sealed } = await stores()
    await put(sealed, commitOf('a', 0, { state: json(SECRET) }))
    const newer = new SealedStore(behind, { keys: [stateKey('2027'), KEY] })
    assert.deepEqual(plainPacked(await stateOf(newer, 'a')), plainPacked(json(SECRET)))
    await put(newer, commitOf('a', 1))
    assert.match(await deniedState(sealed, 'a'), /sealed with the key "2027", .* given \("2026"\)/)
  })

  test('are not to be told from their ids: another key of the same id opens nothing', async () => {
    const { behind, sealed } = await stores()
    await put(sealed, commitOf('a', 0, { state: json(SECRET) }))
    const wrong = new SealedStore(behind, { keys: [stateKey(KEY.id)] })
    const message = await deniedState(wrong, 'a')
    assert.match(message, /does not open with the key "2026"/)
    assert.ok(!message.includes(Buffer.from(KEY.secret).toString('base64')))
  })

  test('must be there, of 32 bytes, and each once', () => {
    const behind = new MemoryStore()
    assert.throws(() => new SealedStore(behind, { keys: [] }), /needs a key/)
    const short = { id: 'short', secret: new Uint8Array(16) }
    assert.throws(() => new SealedStore(behind, { keys: [short] }), /"short" has 16 bytes; it must have 32/)
    assert.throws(() => new SealedStore(behind, { keys: [KEY, KEY] }), /two state keys have the id "2026"/)
  })
})

describe('a sealed outcome', () => {
  test('does not open under another key or for another actor', async () => {
    const { behind, sealed } = await stores()
    await put(sealed, commitOf('a', 0, { outcomes: [KEPT] }))
    const raw = await behind.loadOutcome(actorId('a'), 'once', NOON_MS)
    assert.ok(raw !== null)
    await put(behind, commitOf('b', 0, { outcomes: [raw, { ...raw, key: 'twice' }] }))
    await put(behind, commitOf('a', 1, { outcomes: [{ ...raw, key: 'twice' }] }))
    for (const [name, key] of [
      ['b', 'once'],
      ['b', 'twice'],
      ['a', 'twice'],
    ] as const) {
      await assert.rejects(sealed.loadOutcome(actorId(name), key, NOON_MS), { code: 'STATE_UNREADABLE' })
    }
    const kept = await sealed.loadOutcome(actorId('a'), 'once', NOON_MS)
    assert.deepEqual(plainPacked(kept?.reply ?? null), plainPacked(json(SECRET)))
  })

  test('of a turn that replied with nothing is known from one whose reply was taken away', async () => {
    const { behind, sealed } = await stores()
    await put(sealed, commitOf('a', 0, { outcomes: [{ ...KEPT, reply: null }] }))
    assert.equal((await sealed.loadOutcome(actorId('a'), 'once', NOON_MS))?.reply, null)
    await put(behind, commitOf('b', 0, { outcomes: [{ ...KEPT, reply: null }] }))
    await assert.rejects(sealed.loadOutcome(actorId('b'), 'once', NOON_MS), { code: 'STATE_UNREADABLE' })
  })
})

describe('a sealed envelope', () => {
  test('opens only under its id, in its system and box, with its time', async () => {
    const { behind, sealed } = await stores()
    await put(sealed, outsideCommit({ sends: [envelopeOf('e', { header: SECRET, payload: null })] }))
    const [raw] = await behind.envelopes(SYSTEM, ['e'])
    assert.ok(raw !== null && raw !== undefined)
    const [whole] = await sealed.envelopes(SYSTEM, ['e'])
    assert.deepEqual([whole?.header, whole?.payload], [SECRET, null])
    const moved = [
      { ...raw, id: 'other' },
      { ...raw, id: 'late', dueAtMs: 1 },
      { ...raw, id: 'dead', box: 'dead' as const },
    ]
    await put(behind, outsideCommit({ sends: moved }))
    await put(behind, outsideCommit({ id: { system: 'elsewhere', parent: '', name: '' }, sends: [raw] }))
    await put(behind, outsideCommit({ sends: [{ ...raw, dueAtMs: 1 }] }))
    for (const [system, id] of [
      [SYSTEM, 'other'],
      [SYSTEM, 'late'],
      [SYSTEM, 'dead'],
      ['elsewhere', 'e'],
      [SYSTEM, 'e'],
    ] as const) {
      const [envelope] = await sealed.envelopes(system, [id])
      unreadable(() => envelope?.header)
      unreadable(() => envelope?.payload)
    }
  })
})

describe('a sealed fact', () => {
  const fact = factOf('a', { header: SECRET, payload: json(SECRET) })
  const other = { system: 'elsewhere', parent: '', name: '' }

  test('opens only under its id, in its system and box, with its time', async () => {
    const { behind, sealed } = await stores()
    await put(sealed, commitOf('a', 0, { sends: [fact] }))
    const [raw] = (await behind.facts(SYSTEM, 0, 9)).facts
    assert.ok(raw !== undefined)
    const moved = [
      { ...raw, id: 'fact:b' },
      { ...raw, id: 'fact:c', dueAtMs: NOON_MS },
      { ...raw, id: 'effect', box: 'delivery' as const },
    ]
    await put(behind, outsideCommit({ sends: moved }), outsideCommit({ id: other, sends: [raw] }))
    const [whole, ...planted] = (await sealed.facts(SYSTEM, 0, 9)).facts
    assert.equal(whole?.header, SECRET)
    assert.deepEqual(plainPacked(whole.payload), plainPacked(json(SECRET)))
    planted.push(...(await sealed.facts(other.system, 0, 9)).facts)
    planted.push(...(await sealed.due(SYSTEM, Number.MAX_SAFE_INTEGER, 9)).envelopes)
    assert.equal(planted.length, 4)
    for (const envelope of planted) {
      unreadable(() => envelope.header)
      unreadable(() => envelope.payload)
    }
  })

  test('is not the letter that an effect of the same id was', async () => {
    const { behind, sealed } = await stores()
    await put(sealed, outsideCommit({ sends: [{ ...fact, box: 'delivery', dueAtMs: fact.dueAtMs }] }))
    const [raw] = await behind.envelopes(SYSTEM, [fact.id])
    assert.ok(raw !== null && raw !== undefined)
    await put(behind, outsideCommit({ takes: [raw.id], sends: [{ ...raw, box: 'fact' }] }))
    const [planted] = (await sealed.facts(SYSTEM, 0, 9)).facts
    unreadable(() => planted?.header)
  })

  test('under a key that is missing, or is another, is unreadable, and the others are not', async () => {
    const { behind, sealed } = await stores()
    const newer = stateKey('2027')
    await put(sealed, commitOf('a', 0, { sends: [fact] }))
    await put(new SealedStore(behind, { keys: [newer] }), commitOf('b', 0, { sends: [factOf('b')] }))
    await put(sealed, commitOf('c', 0, { sends: [factOf('c')] }))
    const [a, b, c] = (await sealed.facts(SYSTEM, 0, 9)).facts
    assert.match(
      unreadable(() => b?.payload),
      /"fact:b" .* is sealed with the key "2027", .* given \("2026"\)/,
    )
    assert.deepEqual([a?.header, c?.header], [SECRET, factOf('c').header])
    const wrong = new SealedStore(behind, { keys: [newer, stateKey(KEY.id)] })
    const [again, read] = (await wrong.facts(SYSTEM, 0, 9)).facts
    assert.match(
      unreadable(() => again?.header),
      /does not open with the key "2026"/,
    )
    assert.equal(read?.header, factOf('b').header)
  })
})

/** For every field that is sealed, what puts a secret there. Another way to the store, that of its archive, has them as rows. */
const PLANTS: Readonly<Record<string, (secret: string) => Commit | ArchiveRow>> = {
  'commit.state': (secret) => commitOf('a', 0, { state: json(secret), history: KEPT_PAST }),
  'outcome.reply': (secret) => commitOf('b', 0, { outcomes: [{ ...KEPT, reply: json(secret) }] }),
  'envelope.header': (header) => outsideCommit({ sends: [envelopeOf('header', { header })] }),
  'envelope.payload': (secret) =>
    outsideCommit({ sends: [envelopeOf('payload', { payload: json(secret) })] }),
  'actor.state': (secret) => ({ kind: 'actor', actor: { ...commitOf('c', 0), state: json(secret) } }),
  'value.value': (secret) => {
    const envelope = { ...envelopeOf('row', { header: secret, payload: json(secret) }), place: 1 }
    return { kind: 'envelope', system: 'elsewhere', envelope }
  },
}
/** Facts are envelopes; they are looked for all the same, on both ways. */
const FACTS: Readonly<Record<string, (secret: string) => Commit | ArchiveRow>> = {
  'header of a fact': (header) => commitOf('e', 0, { sends: [factOf('header', { header })] }),
  'payload of a fact': (secret) =>
    commitOf('f', 0, { sends: [factOf('payload', { payload: json(secret) })] }),
  'row of a fact': (secret) => {
    const envelope = { ...factOf('row', { header: secret, payload: json(secret) }), place: 2 }
    return { kind: 'envelope', system: 'elsewhere', envelope }
  },
}
const KEPT_PAST = { revisions: 5, durationMs: 0 }

function secretOf(field: string): string {
  return `${SECRET}: ${field}`
}

test('nothing that is worth a secret stands in a file', async () => {
  const sealedFields = Object.entries(FIELDS).flatMap(([whole, fields]) =>
    Object.keys(fields)
      .filter((field) => fields[field] === 'sealed')
      .map((field) => `${whole}.${field}`),
  )
  assert.deepEqual(Object.keys(PLANTS).toSorted(), sealedFields.toSorted(), 'each has a secret')
  const secrets = Object.entries({ ...PLANTS, ...FACTS })
  const planted = secrets.map(([name, plant]) => plant(secretOf(name)))
  const names = secrets.map(([name]) => name)
  const commits = planted.filter((one): one is Commit => !('kind' in one))
  const rows = planted.filter((one): one is ArchiveRow => 'kind' in one)

  const seen = async (isSealed: boolean): Promise<string[]> => {
    const { dispose, reopen, store } = await temporarySqlite()
    try {
      const used = isSealed ? new SealedStore(store, { keys: [KEY] }) : store
      assert.equal(await used.archive?.write(rows), rows.length)
      await put(used, ...commits, commitOf('a', 1, { history: KEPT_PAST }))
      const folder = dirname((store as SqliteStore).file)
      const read = async (): Promise<Buffer[]> =>
        Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name))))
      // As they were committed, and as they stand for good.
      const files = await read()
      await reopen?.()
      files.push(...(await read()))
      return names.filter((name) => files.some((bytes) => bytes.includes(secretOf(name))))
    } finally {
      await dispose()
    }
  }
  assert.deepEqual(await seen(false), names, 'the test can see all of them')
  assert.deepEqual(await seen(true), [])
})
