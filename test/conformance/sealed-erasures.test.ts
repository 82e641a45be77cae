// Actors with keys of their own, and what is left of one that was erased: nothing that anybody can read, here or in a copy
// of the store; a proof; and the same after a crash between any two requests to the store.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isSpawnError, SpawnError } from '../../src/base/index.ts'
import type { ArchiveRow, Commit, Statestore } from '../../src/ports/index.ts'
import type { MemoryStore } from '../../src/stores/memory/index.ts'
import { SealedStore } from '../../src/stores/sealed/index.ts'
import { archiveOf, readAll } from '../../src/testing/statestore-archive-fixture.ts'
import {
  actorId,
  allFacts,
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
import { temporaryMemory } from './temporary-memory.ts'

const KEYS = [stateKey('2026')]
const KEPT = { key: 'once', reply: json('reply'), expiresAtMs: NOON_MS + 1_000_000 }
const HISTORY = { history: { revisions: 10, durationMs: 0 } }
const ANN = actorId('ann', 'user')

function owned(follows: number, more: Partial<Commit> = {}): Commit {
  return commitOf(ANN, follows, { hasOwnKey: true, ...HISTORY, ...more })
}

function sealed(store: Statestore, actorKeys?: Statestore): SealedStore {
  return new SealedStore(store, { keys: KEYS, actorKeys })
}

async function put(store: Statestore, ...group: readonly Commit[]): Promise<void> {
  assert.deepEqual(
    await store.commit(group),
    group.map(() => 'committed'),
  )
}

/** Ann with a past, an outcome, messages that she sent, and a fact; and Bob, who has nothing of the kind. */
async function populate(store: Statestore): Promise<void> {
  await put(
    store,
    owned(0, { state: json('one'), outcomes: [KEPT] }),
    commitOf('bob', 0, { sends: [envelopeOf('from-bob'), factOf('of bob')] }),
  )
  await put(store, owned(1, { state: json('two'), sends: [envelopeOf('from-ann'), factOf('of ann')] }))
  await put(store, owned(2, { sends: [envelopeOf('later', { box: 'schedule', dueAtMs: NOON_MS })] }))
}

async function memory(): Promise<MemoryStore> {
  return (await temporaryMemory()).store as MemoryStore
}

function isUnreadable(read: () => unknown): boolean {
  try {
    read()
    return false
  } catch (error) {
    assert.ok(isSpawnError(error) && error.code === 'STATE_UNREADABLE', String(error))
    assert.match(error.message, /actor's own key [0-9a-f]{16}, which is not there: the actor was erased/)
    return true
  }
}

/** Everything of Ann and everything that she sent cannot be read. */
async function assertLost(store: Statestore): Promise<void> {
  for (const revision of [1, 2, 3]) {
    const stored = await store.loadRevision(ANN, { revision })
    assert.ok(stored !== null && isUnreadable(() => stored.state), `revision ${revision}`)
  }
  await assert.rejects(store.loadOutcome(ANN, 'once', NOON_MS), { code: 'STATE_UNREADABLE' })
  const facts = new Map((await allFacts(store)).map((fact) => [fact.id, fact]))
  assert.equal(facts.get('fact:of bob')?.header, factOf('of bob').header)
  const messages = await store.envelopes(SYSTEM, ['from-ann', 'later', 'fact:of ann'])
  for (const envelope of [...messages, facts.get('fact:of ann')]) {
    assert.ok(isUnreadable(() => envelope?.header))
    assert.ok(isUnreadable(() => envelope?.payload))
  }
}

async function assertGone(store: Statestore): Promise<void> {
  assert.equal(await loadOne(store, ANN), null)
  assert.equal(await store.loadRevision(ANN, { revision: 1 }), null)
  assert.equal(await store.loadOutcome(ANN, 'once', NOON_MS), null)
  const [own, later, bobs] = await store.envelopes(SYSTEM, ['from-ann', 'later', 'from-bob'])
  assert.deepEqual([own, later], [null, null])
  assert.equal(bobs?.header, envelopeOf('from-bob').header)
  assert.deepEqual(
    (await allFacts(store)).map(({ header }) => header),
    [factOf('of bob').header],
  )
  assert.notEqual((await loadOne(store, 'bob'))?.state, null)
}

async function proofs(store: SealedStore) {
  return (await store.erasures.list(null, { limit: 10 })).erasures
}

describe('an actor with a key of its own', () => {
  test('is read like any other, also by a process that has not made the key', async () => {
    const behind = await memory()
    await populate(sealed(behind))
    const other = sealed(behind)
    assert.deepEqual(plainPacked((await loadOne(other, ANN))?.state ?? null), plainPacked(json('r3')))
    const past = await other.loadRevision(ANN, { revision: 2 })
    assert.deepEqual(plainPacked(past?.state ?? null), plainPacked(json('two')))
    const third = sealed(behind)
    const outcome = await third.loadOutcome(ANN, 'once', NOON_MS)
    assert.deepEqual(plainPacked(outcome?.reply ?? null), plainPacked(json('reply')))
    const { envelopes } = await sealed(behind).due(SYSTEM, NOON_MS, 10)
    assert.deepEqual(
      envelopes.map(({ header }) => header),
      ['from-bob', 'from-ann', 'later'].map((id) => envelopeOf(id).header),
    )
    const { actors } = await sealed(behind).list({ system: SYSTEM, parent: 'user' }, { limit: 10 })
    assert.deepEqual(plainPacked(actors[0]?.state ?? null), plainPacked(json('r3')))
    assert.equal((await readAll(sealed(behind))).length, (await readAll(behind)).length)
  })

  test('gets one key when two processes make it at once', async () => {
    const behind = await memory()
    const [one, other] = [sealed(behind), sealed(behind)]
    const verdicts = await Promise.all([one.commit([owned(0)]), other.commit([owned(0)])])
    assert.deepEqual(verdicts.flat().toSorted(), ['committed', 'conflict'])
    await put(other, owned(1))
    await put(one, owned(2))
    assert.deepEqual(
      plainPacked((await loadOne(sealed(behind), ANN))?.state ?? null),
      plainPacked(json('r3')),
    )
  })

  test('gets one when it had none, with its next commit', async () => {
    const behind = await memory()
    await put(sealed(behind), commitOf(ANN, 0, HISTORY))
    const store = sealed(behind)
    await put(store, owned(1))
    const erasure = await store.erasures.erase(ANN, NOON_MS)
    assert.equal(erasure?.revision, 2)
  })

  test('is deleted without its key: messages that it sent are still delivered', async () => {
    const behind = await memory()
    const store = sealed(behind)
    await populate(store)
    const { birth } = owned(0)
    assert.equal(await store.delete(ANN, 3, birth), 'committed')
    const [envelope] = await sealed(behind).envelopes(SYSTEM, ['from-ann'])
    assert.equal(envelope?.header, envelopeOf('from-ann').header)
    assert.equal((await store.erasures.erase(ANN, NOON_MS))?.messages, 2, 'until it is erased')
  })
})

describe('an erased actor', () => {
  test('is gone, with all that it sent, and its neighbours are there', async () => {
    const store = sealed(await memory())
    await populate(store)
    const erasure = await store.erasures.erase(ANN, NOON_MS)
    assert.ok(erasure !== null)
    const { keyId, ...rest } = erasure
    assert.match(keyId, /^[0-9a-f]{16}$/)
    assert.deepEqual(rest, { id: ANN, begunAtMs: NOON_MS, doneAtMs: NOON_MS, revision: 3, messages: 2 })
    await assertGone(store)
    assert.deepEqual(await proofs(store), [erasure])
    assert.deepEqual((await store.erasures.list(SYSTEM, { limit: 10 })).erasures, [erasure])
    assert.deepEqual((await store.erasures.list('another', { limit: 10 })).erasures, [])
  })

  test('is erased once: asked again, the proof is the same', async () => {
    const behind = await memory()
    await populate(sealed(behind))
    const erasure = await sealed(behind).erasures.erase(ANN, NOON_MS)
    const before = (await readAll(behind)).length
    assert.deepEqual(await sealed(behind).erasures.erase(ANN, NOON_MS + 5), erasure)
    assert.equal((await readAll(behind)).length, before)
    assert.equal(
      await sealed(behind).erasures.erase(actorId('bob'), NOON_MS),
      null,
      'he has no key of his own',
    )
    assert.notEqual(await loadOne(sealed(behind), 'bob'), null)
  })

  test('is known to be one, also while it is being erased; who has no key is known to have none', async () => {
    const behind = await memory()
    const store = sealed(behind)
    await populate(store)
    const has = (name: string): Promise<boolean> => sealed(behind).erasures.has(actorId(name, 'user'))
    assert.equal(await store.erasures.has(ANN), true)
    assert.equal(await store.erasures.has(actorId('bob')), false)
    assert.equal(await has('nobody'), false)
    // It dies with its key destroyed and its intent standing.
    await assert.rejects(sealed(dying(behind, 6, true)).erasures.erase(ANN, NOON_MS))
    assert.equal((await behind.list({ system: '(keys)' }, { limit: 10 })).actors.length, 0)
    assert.equal(await has('ann'), true)
    await store.erasures.erase(ANN, NOON_MS)
    assert.equal(await has('ann'), true)
  })

  test('cannot be read from what was copied before', async () => {
    const behind = await memory()
    const store = sealed(behind)
    await populate(store)
    const copy = (await readAll(behind)).filter(isOfSystem)
    await store.erasures.erase(ANN, NOON_MS)
    await archiveOf(behind).write(copy)
    await assertLost(store)
    await assertLost(sealed(behind))
  })

  test('cannot be read from a whole backup, when its key was kept elsewhere', async () => {
    const [behind, keys] = [await memory(), await memory()]
    const store = sealed(behind, keys)
    await store.start()
    await populate(store)
    const backup = await readAll(behind)
    await store.erasures.erase(ANN, NOON_MS)
    await assertGone(store)
    const restored = await memory()
    await archiveOf(restored).write(backup)
    await assertLost(sealed(restored, keys))
    assert.equal((await proofs(sealed(restored, keys))).length, 1)
    assert.ok(backup.every(isOfSystem), 'no key is in it')
  })

  test('may live again, under another key, and be erased again', async () => {
    const behind = await memory()
    const store = sealed(behind)
    await populate(store)
    const copy = (await readAll(behind)).filter(isOfSystem)
    const first = await store.erasures.erase(ANN, NOON_MS)
    const other = sealed(behind)
    await put(other, owned(0, { birth: 5, state: json('again') }))
    assert.deepEqual(plainPacked((await loadOne(store, ANN))?.state ?? null), plainPacked(json('again')))
    const second = await store.erasures.erase(ANN, NOON_MS + 9)
    assert.notEqual(second?.keyId, first?.keyId)
    assert.deepEqual(await proofs(store), [first, second])
    await archiveOf(behind).write(copy)
    await assertLost(other)
  })

  test('is not kept alive by a process that still has its key', async () => {
    const behind = await memory()
    const [one, other] = [sealed(behind), sealed(behind)]
    await populate(one)
    await loadOne(other, ANN)
    await one.erasures.erase(ANN, NOON_MS)
    assert.deepEqual(await other.commit([owned(3), commitOf('bob', 1)]), ['conflict', 'committed'])
    await put(other, owned(0, { birth: 5, state: json('anew') }))
    assert.deepEqual(
      plainPacked((await loadOne(sealed(behind), ANN))?.state ?? null),
      plainPacked(json('anew')),
    )
  })

  test('gets no key while it is being erased', async () => {
    const behind = await memory()
    const store = sealed(behind)
    await populate(store)
    const remove = behind.delete.bind(behind)
    let verdicts: string[] = []
    behind.delete = async (id, follows, birth) => {
      // The key is destroyed and the actor still there: another process commits.
      if (id === ANN) verdicts = await sealed(behind).commit([owned(3), commitOf('bob', 1), owned(4)])
      return remove(id, follows, birth)
    }
    await store.erasures.erase(ANN, NOON_MS)
    assert.deepEqual(verdicts, ['conflict', 'committed', 'conflict'])
    await assertGone(store)
    assert.equal(
      (await readAll(behind)).filter((row) => row.kind === 'actor' && row.actor.id.system === '(keys)')
        .length,
      0,
    )
  })
})

function isOfSystem(row: ArchiveRow): boolean {
  const system =
    row.kind === 'actor' || row.kind === 'past'
      ? row.actor.id.system
      : row.kind === 'outcome'
        ? row.id.system
        : row.system
  return system === SYSTEM
}

const REQUESTS: readonly PropertyKey[] = ['load', 'commit', 'delete', 'list', 'listEnvelopes']

/** The store of a process that dies at its n-th request: it is done or not, and nothing more is. */
function dying(store: MemoryStore, at: number, isDone: boolean): Statestore {
  let requests = 0
  return new Proxy(store, {
    get(target, name): unknown {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return async (...given: unknown[]): Promise<unknown> => {
        if (!REQUESTS.includes(name)) return Reflect.apply(value, target, given)
        requests += 1
        if (requests < at) return Reflect.apply(value, target, given)
        if (requests === at && isDone) await Reflect.apply(value, target, given)
        throw new SpawnError('STORE_UNAVAILABLE', 'it died')
      }
    },
  })
}

/** The store of a process that stands still before its n-th request, for as long as `meanwhile` takes. */
function interrupted(store: MemoryStore, at: number, meanwhile: () => Promise<void>): Statestore {
  let requests = 0
  return new Proxy(store, {
    get(target, name): unknown {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return async (...given: unknown[]): Promise<unknown> => {
        if (REQUESTS.includes(name) && (requests += 1) === at) await meanwhile()
        return Reflect.apply(value, target, given)
      }
    },
  })
}

for (const [way, finish] of [
  ['the next start', async (store: SealedStore) => store.start()],
  ['the same call', async (store: SealedStore) => void (await store.erasures.erase(ANN, NOON_MS + 7))],
] as const) {
  test(`a crash anywhere is mended by ${way}, with one proof`, async () => {
    let finished = 0
    for (let at = 1; finished < 2; at += 1) {
      for (const isDone of [false, true]) {
        const behind = await memory()
        await populate(sealed(behind))
        const died = await sealed(dying(behind, at, isDone))
          .erasures.erase(ANN, NOON_MS)
          .then(() => false)
          .catch((error: unknown) => isSpawnError(error) && error.code === 'STORE_UNAVAILABLE')
        if (!died) finished += 1
        const store = sealed(behind)
        await finish(store)
        const found = await proofs(store)
        if (found.length === 0) {
          // It had not begun, and nobody was told that it had.
          assert.notEqual((await loadOne(store, ANN))?.state ?? null, null, `at ${at}`)
          assert.ok(died && way === 'the next start')
          continue
        }
        assert.equal(found.length, 1, `at ${at}`)
        await assertGone(store)
        assert.deepEqual(await store.erasures.erase(ANN, NOON_MS + 9), found[0])
        assert.equal((await behind.list({ system: '(erasing)' }, { limit: 10 })).actors.length, 0)
        assert.equal((await behind.list({ system: '(keys)' }, { limit: 10 })).actors.length, 0)
      }
      assert.ok(at < 100, 'it ends')
    }
  })
}

test('who ends an erasure that another one has ended meanwhile leaves the next life alone, wherever that began', async () => {
  let hasRun = true
  for (let at = 2; hasRun; at += 1) {
    const behind = await memory()
    await populate(sealed(behind))
    // Its intent stands.
    await assert.rejects(sealed(dying(behind, 4, true)).erasures.erase(ANN, NOON_MS))
    assert.equal((await behind.list({ system: '(erasing)' }, { limit: 10 })).actors.length, 1)
    hasRun = false
    const slow = interrupted(behind, at, async () => {
      hasRun = true
      await sealed(behind).erasures.erase(ANN, NOON_MS)
      await put(sealed(behind), owned(0, { birth: 5, state: json('again') }))
    })
    await sealed(slow).erasures.erase(ANN, NOON_MS)
    assert.equal((await proofs(sealed(behind))).length, 1)
    if (!hasRun) continue
    const again = await loadOne(sealed(behind), ANN)
    assert.deepEqual(plainPacked(again?.state ?? null), plainPacked(json('again')), `at ${at}`)
    assert.ok(at < 100, 'it ends')
  }
})

test('nobody who only has the database makes a proof', async () => {
  const behind = await memory()
  const store = sealed(behind)
  await put(
    behind,
    commitOf({ system: '(erasures)', parent: SYSTEM, name: 'forged' }, 0, { state: json([{}]) }),
  )
  await assert.rejects(proofs(store), { code: 'STATE_UNREADABLE' })
  await put(store, outsideCommit({}))
})
