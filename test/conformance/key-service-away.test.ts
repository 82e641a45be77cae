// Messages under a data key that another process has drawn, while the service that wraps it is away: what can be opened is
// delivered, the rest later and in order, and nothing is given up for it. And what is seen of such dead letters.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { actor, effect, type KeyService, system, type System, Value } from 'spawn-mesh'
import { isSpawnError, LIMITS, SpawnError } from '../../src/base/index.ts'
import { type Commit, type Envelope, silentLogger, type Statestore } from '../../src/ports/index.ts'
import { jsonCodec } from '../../src/protocol/index.ts'
import { MemoryStore } from '../../src/stores/memory/index.ts'
import { SealedStore } from '../../src/stores/sealed/index.ts'
import { VirtualClock } from '../../src/testing/index.ts'
import {
  commitOf,
  envelopeOf,
  loadOne,
  outsideCommit,
  plainPacked,
} from '../../src/testing/statestore-fixture.ts'
import { Vault } from './vault.ts'

const SYSTEM = 'post'
const OUTSIDE = { system: SYSTEM, parent: '', name: '' }

/** An effect of an actor, or of the outside, that notes a number. */
function note(value: number, from = '', more: Partial<Envelope> = {}): Commit {
  const header = `["effect","","","note","","0","${from}","notes",""]`
  const sent = envelopeOf(`note-${value}`, { header, payload: jsonCodec.pack(value), ...more })
  return outsideCommit({ id: OUTSIDE, sends: [sent] })
}

async function put(store: Statestore, ...group: readonly Commit[]): Promise<void> {
  const verdicts = await store.commit(group)
  assert.deepEqual(
    verdicts,
    group.map(() => 'committed'),
  )
}

interface Office extends AsyncDisposable {
  readonly clock: VirtualClock
  readonly vault: Vault
  readonly running: System
  readonly noted: number[]
  readonly warned: unknown[]
  /** What the system has. */
  readonly own: SealedStore
  /** Under a key that the system has never met. */
  readonly other: SealedStore
}

async function office(service?: KeyService): Promise<Office> {
  const clock = new VirtualClock()
  const vault = new Vault()
  const behind = new MemoryStore()
  const sealed = (): SealedStore => new SealedStore(behind, { service: service ?? vault, clock })
  const [own, other] = [sealed(), sealed()]
  const noted: number[] = []
  const warned: unknown[] = []
  const notes = actor('notes', {
    stateful: false,
    actions: { note: (_ctx, value: number) => void noted.push(value) },
  })
  const teller = actor('teller', {
    kind: 'unnamed',
    state: { told: 0 },
    actions: {
      tell: (ctx, value: number) => Value.of({ told: ctx.state.told + 1 }).effect(effect(notes).note(value)),
    },
  })
  const warn = (message: string, fields: object = {}): void => void warned.push({ message, ...fields })
  const logger = { ...silentLogger, warn }
  const options = { actors: [notes, teller], store: own, encryption: false, clock, logger } as const
  const running = await clock.run(system(SYSTEM, options).start())
  await clock.run(other.start())
  await clock.run(other.drawKey())
  const dispose = (): Promise<void> => clock.run(running.stop())
  return { clock, vault, running, noted, warned, own, other, [Symbol.asyncDispose]: dispose }
}

async function idsOf(store: Statestore): Promise<string[]> {
  return (await store.due(SYSTEM, 0, LIMITS.pageSize)).envelopes.map(({ id }) => id)
}

test('what can be opened is delivered, and the rest when the service is back', async () => {
  await using at = await office()
  await put(at.own, note(1))
  await put(at.other, note(2))
  await put(at.own, note(3))
  at.vault.isAway = true
  await at.clock.advance(300_000)
  assert.deepEqual(at.noted, [1, 3])
  assert.deepEqual(await idsOf(at.own), ['note-2'])
  const [first] = at.warned
  assert.partialDeepStrictEqual(first, {
    message: 'envelopes cannot be opened now; they are tried again later',
    envelopes: 1,
  })
  assert.match(JSON.stringify(first), /the key service \\"vault\\" did not unwrap/)
  assert.ok(at.warned.length < 20, 'it is tried less and less often')
  at.vault.isAway = false
  await at.clock.advance(60_000)
  assert.deepEqual(at.noted, [1, 3, 2])
  assert.deepEqual(await idsOf(at.own), [])
})

test('none of a pair comes before one that could not be opened, and actors that run go on', async () => {
  await using at = await office()
  const { running } = at
  await at.clock.run(running.invoke('dora', { ref: 'teller', action: 'tell', payload: 100 }))
  at.vault.isAway = true
  await put(at.own, note(1, 'ann'), note(2, 'bob'))
  await put(at.other, note(3, 'ann'))
  await put(at.own, note(4, 'ann'), note(5, 'bob'), note(6))
  await at.clock.advance(120_000)
  // Of bob nobody can say that the one which does not open is not his.
  assert.deepEqual(at.noted, [100, 1, 2, 6])
  await at.clock.run(running.invoke('dora', { ref: 'teller', action: 'tell', payload: 101 }))
  await at.clock.advance(100)
  assert.equal(at.noted.at(-1), 101)
  at.vault.isAway = false
  await at.clock.advance(60_000)
  const of = (...numbers: number[]): number[] => at.noted.filter((number) => numbers.includes(number))
  assert.deepEqual(of(1, 3, 4), [1, 3, 4])
  assert.deepEqual(of(2, 5), [2, 5])
  assert.equal(at.noted.length, 8)
  assert.deepEqual((await at.clock.run(running.deadLetters.list())).items, [])
})

test('what an actor sends that comes to life meanwhile stays behind what it may have sent before', async () => {
  await using at = await office()
  at.vault.isAway = true
  const first = note(1, 'x').sends[0] ?? assert.fail()
  const header = first.header.replace('["effect","",', '["effect","teller",').replace('"x"', '"emil"')
  await put(at.other, outsideCommit({ id: OUTSIDE, sends: [{ ...first, header }] }))
  const { running } = at
  await at.clock.advance(61_000)
  await at.clock.run(running.invoke('emil', { ref: 'teller', action: 'tell', payload: 2 }))
  await at.clock.advance(120_000)
  assert.deepEqual(at.noted, [])
  at.vault.isAway = false
  await at.clock.advance(60_000)
  assert.deepEqual(at.noted, [1, 2])
})

test('what comes to its time meanwhile puts off no other try, and the log tells of each try once', async () => {
  await using at = await office()
  const { running } = at
  const often = { ref: 'teller', action: 'tell', cron: '* * * * * *', payload: 7 } as const
  await at.clock.run(running.invoke('fred', often))
  at.vault.isAway = true
  await put(at.other, note(1))
  await put(at.other, note(2, '', { box: 'schedule', dueAtMs: 1 }))
  await at.clock.advance(61_500)
  at.vault.isAway = false
  await at.clock.advance(10_000)
  assert.ok(at.noted.includes(1) && at.noted.includes(2), 'before the store is read anew anyway')
  assert.ok(at.warned.length <= 7, `${at.warned.length} lines`)
})

test('a service that never answers keeps nobody for long', async () => {
  const vault = new Vault()
  let hangs = false
  const service: KeyService = {
    name: 'vault',
    wrap: (key) => vault.wrap(key),
    unwrap: (wrapped) => (hangs ? new Promise(() => {}) : vault.unwrap(wrapped)),
  }
  await using at = await office(service)
  hangs = true
  await put(at.own, note(1))
  await put(at.other, note(2))
  await at.clock.advance(75_000)
  assert.deepEqual(at.noted, [1])
  assert.match(JSON.stringify(at.warned), /no answer in 10 s/)
  hangs = false
  await at.clock.advance(60_000)
  assert.deepEqual(at.noted, [1, 2])
})

test('who comes to life beside an actor whose key is away waits for a silent service once', async () => {
  const vault = new Vault()
  let hangs = false
  let asked = 0
  const service: KeyService = {
    name: 'vault',
    wrap: (key) => vault.wrap(key),
    unwrap: (wrapped) => {
      asked += 1
      return hangs ? new Promise(() => {}) : vault.unwrap(wrapped)
    },
  }
  await using at = await office(service)
  const { clock, running } = at
  const ann = { system: SYSTEM, parent: 'teller', name: 'ann' }
  await put(at.other, commitOf(ann, 0, { state: jsonCodec.pack({ told: 7 }) }))
  const told = (name: string) => running.invoke(name, { ref: 'teller', action: 'get' })
  /** How long a new actor took that came to life together with hers. */
  const wait = async (name: string): Promise<number> => {
    const beganMs = clock.elapsedMs()
    const refused = assert.rejects(told('ann'), { code: 'STORE_UNAVAILABLE' })
    assert.deepEqual(await clock.run(told(name)), { told: 0 })
    const tookMs = clock.elapsedMs() - beganMs
    await clock.run(refused)
    return tookMs
  }
  hangs = true
  asked = 0
  const [early, late] = [0, 0].map(() => at.own.load([ann]))
  assert.equal(await wait('bob'), 10_000)
  assert.deepEqual([(await early)?.length, (await late)?.length, asked], [1, 1, 1], 'one question for all')
  assert.equal(await wait('cid'), 0)
  await clock.advance(1_500)
  assert.equal(await wait('dan'), 1_000)
  assert.equal(await wait('eve'), 0, 'the same question is not answered yet')
  assert.equal(asked, 2)
  await clock.advance(8_000)
  assert.equal(await wait('fay'), 0)
  hangs = false
  await clock.advance(3_000)
  assert.deepEqual(await clock.run(told('ann')), { told: 7 })
})

test('a list of dead letters shows those that can be read and names the others, which can be discarded', async () => {
  await using at = await office()
  const dead = { box: 'dead' } as const
  await put(at.own, note(1, '', { ...dead, dueAtMs: 5 }))
  await put(at.other, note(2, '', { ...dead, dueAtMs: 6 }), note(3, '', { ...dead, dueAtMs: 7 }))
  at.vault.isAway = true
  const { deadLetters } = at.running
  const page = await at.clock.run(deadLetters.list())
  assert.deepEqual(
    page.items.map(({ id, payloadJson }) => [id, payloadJson]),
    [['note-1', 1]],
  )
  assert.deepEqual(
    page.unreadable.map(({ atMs, box, error: { code }, id }) => [id, box, atMs, code]),
    [
      ['note-2', 'dead', 6, 'STORE_UNAVAILABLE'],
      ['note-3', 'dead', 7, 'STORE_UNAVAILABLE'],
    ],
  )
  for (const ask of [deadLetters.get, deadLetters.retry])
    await assert.rejects(at.clock.run<unknown>(ask('note-2')), {
      code: 'STORE_UNAVAILABLE',
      message: /"note-2"/,
    })
  assert.equal(await at.clock.run(deadLetters.discard('note-2')), true)
  assert.equal(await at.clock.run(deadLetters.discard('note-2')), false)
  at.vault.isAway = false
  await at.clock.advance(1_000)
  const later = await at.clock.run(deadLetters.list())
  assert.deepEqual([later.items.map(({ id }) => id), later.unreadable], [['note-1', 'note-3'], []])
  assert.equal(await at.clock.run(deadLetters.retry('note-3')), true)
  await at.clock.advance(100)
  assert.deepEqual(at.noted, [3])
})

test("an actor's own key that cannot be opened now keeps nobody else's away", async () => {
  await using at = await office()
  const ann = { system: SYSTEM, parent: 'user', name: 'ann' }
  await put(at.other, commitOf(ann, 0, { hasOwnKey: true, sends: note(2, 'ann').sends }))
  await put(at.own, note(1))
  at.vault.isAway = true
  const [one, two] = (await at.own.due(SYSTEM, 0, 9)).envelopes
  assert.throws(() => one?.header, { code: 'STORE_UNAVAILABLE', message: /cannot be opened now/ })
  assert.deepEqual(plainPacked(two?.payload ?? null), plainPacked(jsonCodec.pack(1)))
  const stored = await loadOne(at.own, ann)
  assert.throws(() => stored?.state, { code: 'STORE_UNAVAILABLE', message: /cannot be opened now/ })
  at.vault.isAway = false
  await at.clock.advance(61_000)
  // The first reading comes within the second in which the service is not asked again.
  assert.deepEqual(at.noted, [1, 2])
})

test('of actors that come to life together only those whose key is away do not start', async () => {
  await using at = await office()
  const { clock, running } = at
  const told = (name: string, follows: number): Commit =>
    commitOf({ system: SYSTEM, parent: 'teller', name }, follows, {
      state: jsonCodec.pack({ told: 7 }),
      history: { revisions: 9, durationMs: 0 },
    })
  await put(at.own, told('ann', 0), told('bob', 0))
  await put(at.other, told('ann', 1), told('cid', 0))
  at.vault.isAway = true
  const asked = ['ann', 'bob', 'cid', 'dan'].map((name) =>
    running
      .invoke(name, { ref: 'teller', action: 'get' })
      .catch((thrown: unknown) => (isSpawnError(thrown) ? thrown : assert.fail(String(thrown)))),
  )
  const [ann, bob, cid, dan] = await clock.run(Promise.all(asked))
  assert.deepEqual([bob, dan], [{ told: 7 }, { told: 0 }])
  for (const error of [ann, cid]) {
    assert.ok(error instanceof SpawnError)
    assert.equal(error.code, 'STORE_UNAVAILABLE')
    assert.ok(error.retryable)
    assert.match(error.message, /could not be loaded: .* cannot be opened now: the key service "vault"/)
  }
  const { actors } = await clock.run(running.list({ parent: 'teller' }))
  assert.deepEqual(actors.map(({ id }) => id.name).toSorted(), ['ann', 'bob', 'cid'])
  await assert.rejects(clock.run(running.diff('ann', { ref: 'teller' })), { code: 'STORE_UNAVAILABLE' })
  at.vault.isAway = false
  await clock.advance(1_000)
  for (const name of ['ann', 'cid'])
    assert.deepEqual(await clock.run(running.invoke(name, { ref: 'teller', action: 'get' })), { told: 7 })
})

test('an actor whose own key is away commits nothing, and its neighbours in the group do', async () => {
  await using at = await office()
  const user = (name: string) => ({ system: SYSTEM, parent: 'user', name })
  const born = (name: string): Commit => commitOf(user(name), 0, { hasOwnKey: true })
  await put(at.other, born('ann'))
  // A key outlives an actor that is deleted.
  assert.equal(await at.other.delete(user('ann'), 1, born('ann').birth), 'committed')
  at.vault.isAway = true
  const group = [born('bob'), born('ann'), commitOf(user('ann'), 1, { hasOwnKey: true }), commitOf('cid', 0)]
  assert.deepEqual(await at.own.commit(group), ['committed', 'conflict', 'conflict', 'committed'])
  assert.deepEqual(
    (await at.own.load([user('ann'), user('bob')])).map((stored) => stored?.revision),
    [undefined, 1],
  )
  await assert.rejects(at.own.commit([born('ann')]), {
    code: 'STORE_UNAVAILABLE',
    message: /"vault" did not/,
  })
  at.vault.isAway = false
  await at.clock.advance(1_000)
  await put(at.own, born('ann'))
  assert.notEqual((await loadOne(at.other, user('ann')))?.state, null, 'under the key that it had')
})
