// How facts are read: by position, filtered, followed; and what becomes of one that cannot be read.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import {
  type Fact,
  type FactsFollowed,
  type FactsPage,
  type FactsPolicy,
  FACT_PREFIX,
  FOR_EVER_MS,
} from '../../src/ports/index.ts'
import { jsonCodec, Packed, versionedCodec } from '../../src/protocol/index.ts'
import { commitOf } from '../../src/testing/statestore-fixture.ts'
import { type Bench, bench, codeOf, counter, GatedStore } from './fixture.ts'

const facts: FactsPolicy = { durationMs: null }

async function two(): Promise<Bench> {
  return bench({ definitions: [counter('counter', { facts }), counter('meter', { facts })] })
}

async function add({ call }: Bench, actor: string, ref = 'counter', times = 1): Promise<void> {
  for (let at = 0; at < times; at += 1) await call(actor, ref, 'add')
}

const which = ({ actor, revision }: Fact): string => `${actor.parent}/${actor.name} ${revision}`
const positions = ({ facts: read }: FactsPage): number[] => read.map(({ position }) => position)

test('pages go on where the one before ended, and say when there is no more', async () => {
  const at = await two()
  await add(at, 'a', 'counter', 5)
  const read = (after: number, limit: number): Promise<FactsPage> =>
    at.clock.run(at.runtime.facts.read({ after, limit }))
  const all = positions(await read(0, 100))
  assert.equal(all.length, 5)
  assert.deepEqual(
    all,
    all.toSorted((one, other) => one - other),
  )
  const first = await read(0, 2)
  assert.deepEqual([positions(first), first.isLast], [all.slice(0, 2), false])
  const second = await read(first.next, 2)
  assert.deepEqual(positions(second), all.slice(2, 4))
  const third = await read(second.next, 2)
  assert.deepEqual([positions(third), third.isLast], [all.slice(4), true])
  assert.deepEqual(await read(third.next, 2), { facts: [], next: third.next, isLast: true })
  await add(at, 'a')
  assert.equal((await read(third.next, 2)).facts[0]?.revision, 6)
})

test('a filter by actor and by definition leaves the others out, however many there are of them', async () => {
  const at = await two()
  await add(at, 'a', 'counter', 3)
  await add(at, 'a', 'meter', 2)
  await add(at, 'b', 'meter', 2)
  const read = async (filter: object): Promise<string[]> =>
    (await at.clock.run(at.runtime.facts.read(filter))).facts.map(which)
  assert.deepEqual(await read({ actor: 'b' }), ['meter/b 1', 'meter/b 2'])
  assert.deepEqual(await read({ actor: 'a', definition: 'meter' }), ['meter/a 1', 'meter/a 2'])
  assert.deepEqual(await read({ definition: 'meter', limit: 3 }), ['meter/a 1', 'meter/a 2', 'meter/b 1'])
  assert.deepEqual(await read({ actor: 'nobody' }), [])
})

test('a page that a filter leaves empty says where it came to', async () => {
  const store = new FewAtOnce()
  const at = await bench({ store, definitions: [counter('counter', { facts })] })
  await add(at, 'a', 'counter', 60)
  await add(at, 'b')
  let after = 0
  const found: string[] = []
  let pages = 0
  for (let isLast = false; !isLast; pages += 1) {
    const page = await at.clock.run(at.runtime.facts.read({ actor: 'b', after }))
    found.push(...page.facts.map(which))
    assert.ok(page.isLast || page.next > after)
    ;({ isLast, next: after } = page)
  }
  assert.deepEqual(found, ['counter/b 1'])
  assert.ok(pages > 1, 'one page looked through all of them')
})

/** Its pages have one fact each. */
class FewAtOnce extends GatedStore {
  override facts(system: string, after: number): ReturnType<GatedStore['facts']> {
    return super.facts(system, after, 1)
  }
}

test('what is asked for wrongly is refused', async () => {
  const at = await two()
  const waits = [{ waitMs: -1 }, { waitMs: 0.5 }, { waitMs: 30_001 }]
  for (const request of [
    { after: -1 },
    { after: 0.5 },
    { limit: 0 },
    { limit: 1_001 },
    { actor: '' },
    ...waits,
  ])
    assert.equal(await codeOf(at.runtime.facts.read(request)), 'INVALID_ARGUMENT')
})

/** Reads one by one in the background. */
function following(
  at: Bench,
  request: FactsFollowed,
): { readonly seen: string[]; readonly end: Promise<string> } {
  const seen: string[] = []
  const run = async (): Promise<void> => {
    for await (const fact of at.runtime.facts.each(request)) seen.push(which(fact))
  }
  return { seen, end: codeOf(run()) }
}

test('each ends with the last that stands, or after so many', async () => {
  const at = await two()
  await add(at, 'a', 'counter', 3)
  const all = following(at, { follow: false })
  assert.equal(await at.clock.run(all.end), 'no error')
  assert.deepEqual(all.seen, ['counter/a 1', 'counter/a 2', 'counter/a 3'])
  const some = following(at, { follow: true, limit: 2 })
  assert.equal(await at.clock.run(some.end), 'no error')
  assert.deepEqual(some.seen, ['counter/a 1', 'counter/a 2'])
})

test('who follows sees what this member commits at once, and what others have committed a little later', async () => {
  const at = await two()
  await add(at, 'a')
  const { seen } = following(at, { follow: true })
  await at.clock.settle()
  assert.deepEqual(seen, ['counter/a 1'])
  await at.clock.advance(60_000)
  const startMs = at.clock.now()
  await add(at, 'a')
  await at.clock.settle()
  assert.deepEqual([seen.at(-1), at.clock.now()], ['counter/a 2', startMs], 'without any time')
  const parts = { kind: 'fact', from: ['counter', 'z'], action: 'add' }
  await at.store.commit([
    commitOf({ system: 'test', parent: 'counter', name: 'z' }, 0, { sends: [foreignFact(parts)] }),
  ])
  await at.clock.advance(2_000)
  assert.deepEqual(seen.at(-1), 'counter/z 1')
})

function foreignFact({ action, from, kind }: { kind: string; from: string[]; action: string }) {
  const [parent, name] = from
  const header = JSON.stringify([kind, parent, '', action, '', '1000', name, '', '{"revision":1}'])
  const payload = jsonCodec.pack({ total: 1 })
  return { id: `${FACT_PREFIX}other`, box: 'fact', dueAtMs: FOR_EVER_MS, header, payload } as const
}

test('a page that is waited for comes with the first fact that fits, or empty when the time is over', async () => {
  const at = await two()
  await add(at, 'a')
  const all = await at.clock.run(at.runtime.facts.read())
  const asked = { after: all.next, waitMs: 10_000 }
  const startMs = at.clock.now()
  assert.deepEqual(await at.runtime.facts.read({ waitMs: 10_000 }), all, 'what stands is not waited for')
  const waiting = at.runtime.facts.read(asked)
  const ofMeter = at.runtime.facts.read({ ...asked, definition: 'meter' })
  const ofNobody = at.runtime.facts.read({ ...asked, actor: 'nobody' })
  let isOver = false
  void ofNobody.then(() => (isOver = true))
  await at.clock.settle()
  await add(at, 'b')
  const { facts: came } = await waiting
  assert.deepEqual([came.map(which), at.clock.now()], [['counter/b 1'], startMs], 'without any time')
  await at.clock.advance(9_000)
  await add(at, 'c', 'meter')
  assert.deepEqual((await ofMeter).facts.map(which), ['meter/c 1'])
  await at.clock.advance(999)
  assert.equal(isOver, false)
  await at.clock.advance(1)
  const last = (await at.clock.run(at.runtime.facts.read())).next
  assert.deepEqual(
    await ofNobody,
    { facts: [], next: last, isLast: true },
    'and goes on behind what it looked at',
  )
})

test('a wait finds what others have committed, and ends by its signal, or when the system stops', async () => {
  const at = await two()
  const waiting = at.runtime.facts.read({ waitMs: 20_000 })
  await at.clock.advance(9_000)
  const parts = { kind: 'fact', from: ['counter', 'z'], action: 'add' }
  await at.store.commit([
    commitOf({ system: 'test', parent: 'counter', name: 'z' }, 0, { sends: [foreignFact(parts)] }),
  ])
  await at.clock.advance(2_000)
  const { facts: came, next } = await waiting
  assert.deepEqual(came.map(which), ['counter/z 1'])
  const given = new AbortController()
  const asked = { after: next, waitMs: 20_000 }
  const empty = { facts: [], next, isLast: true }
  const first = at.runtime.facts.read({ ...asked, signal: given.signal })
  const second = at.runtime.facts.read(asked)
  await at.clock.settle()
  given.abort()
  assert.deepEqual(await first, empty)
  const stopMs = at.clock.now()
  const stopped = at.runtime.stop()
  assert.deepEqual([await second, at.clock.now()], [empty, stopMs], 'no error, at once')
  await at.clock.run(stopped)
  assert.equal(await codeOf(at.runtime.facts.read(asked)), 'DRAINING')
})

test('following ends by its signal without an error, and with DRAINING when the system stops', async () => {
  const at = await two()
  const given = new AbortController()
  const first = following(at, { follow: true, signal: given.signal })
  const second = following(at, { follow: true })
  await at.clock.advance(1_000)
  given.abort()
  assert.equal(await at.clock.run(first.end), 'no error')
  await at.clock.run(at.runtime.stop())
  assert.equal(await at.clock.run(second.end), 'DRAINING')
  assert.equal(await codeOf(at.runtime.facts.read()), 'DRAINING')
})

test('states of older versions are brought up; one that cannot be read is told, after all before it', async () => {
  const store = new GatedStore()
  const shape = (version: number, steps: object = {}) => ({
    codec: jsonCodec,
    stored: versionedCodec(jsonCodec, {
      version,
      steps: new Map(Object.entries(steps).map(([to, run]) => [Number(to), { codec: null, run }])),
    }),
    initial: () => ({ total: 0 }),
  })
  const old = await bench({ store, definitions: [counter('counter', { facts, state: shape(0) })] })
  await add(old, 'a', 'counter', 3)
  await add(old, 'b')
  await old.clock.run(old.runtime.stop())
  const steps = {
    1: (before: { total: number }) => {
      if (before.total === 3) throw new Error('no way up')
      return { total: before.total * 10 }
    },
  }
  const state = shape(1, steps)
  const at = await bench({ store, definitions: [counter('counter', { facts, state })] })
  const { facts: read, isLast, next } = await at.clock.run(at.runtime.facts.read())
  assert.deepEqual(
    read.map(({ stateJson }) => stateJson),
    [{ total: 10 }, { total: 20 }],
  )
  assert.equal(isLast, false)
  const error = await at.clock.run(at.runtime.facts.read({ after: next }).catch((thrown: unknown) => thrown))
  const { code, details, message } = error as { code: string; message: string; details: { position: number } }
  assert.equal(code, 'STATE_UNREADABLE')
  assert.match(message, /^revision 3 of "counter\/a", the fact at position \d+ cannot be read: .*no way up/)
  assert.match(message, /; to go on without it, read on after position \d+$/)
  assert.deepEqual(details, { position: details.position, actor: 'counter/a', revision: 3 })
  const rest = await at.clock.run(at.runtime.facts.read({ after: details.position }))
  assert.deepEqual(rest.facts.map(which), ['counter/b 1'])
  const each = following(at, { follow: false })
  assert.equal(await at.clock.run(each.end), 'STATE_UNREADABLE')
  assert.deepEqual(each.seen, ['counter/a 1', 'counter/a 2'])
  assert.deepEqual((await at.clock.run(at.runtime.facts.read({ actor: 'b' }))).facts.map(which), [
    'counter/b 1',
  ])
})

test('a header that cannot be read may be any actor’s, so no filter passes it over', async () => {
  const at = await two()
  await add(at, 'a')
  const bad = { ...foreignFact({ kind: 'no such', from: ['counter', 'z'], action: 'add' }) }
  await at.store.commit([commitOf({ system: 'test', parent: 'counter', name: 'z' }, 0, { sends: [bad] })])
  await add(at, 'a')
  const first = await at.clock.run(at.runtime.facts.read({ actor: 'a' }))
  assert.deepEqual(first.facts.map(which), ['counter/a 1'])
  assert.equal(
    await codeOf(at.clock.run(at.runtime.facts.read({ actor: 'a', after: first.next }))),
    'STATE_UNREADABLE',
  )
})

test('those of a definition that is not hosted here are shown as they were stored', async () => {
  const store = new GatedStore()
  const old = await bench({ store, definitions: [counter('counter', { facts })] })
  await add(old, 'a')
  await old.clock.run(old.runtime.stop())
  const at = await bench({ store, definitions: [counter('meter', { facts })] })
  const { facts: read } = await at.clock.run(at.runtime.facts.read())
  assert.deepEqual(
    read.map(({ state, stateJson }) => [state, stateJson]),
    [[{ total: 1 }, { total: 1 }]],
  )
  const bytes = new Packed('type.googleapis.com/some.Thing', Uint8Array.of(1, 2, 3))
  const raw = { ...foreignFact({ kind: 'fact', from: ['counter', 'z'], action: 'add' }), payload: bytes }
  await store.commit([commitOf({ system: 'test', parent: 'counter', name: 'z' }, 0, { sends: [raw] })])
  const shown = (await at.clock.run(at.runtime.facts.read({ actor: 'z' }))).facts[0]?.stateJson
  assert.deepEqual(shown, { '@type': bytes.typeUrl, value: 'AQID' })
})
