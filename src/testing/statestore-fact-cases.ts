// What every statestore keeps of facts: they stand in the order of their places for whoever reads them, page by page, and
// are never due. See ports/statestore.ts and ports/outbox.ts.

import assert from 'node:assert/strict'
import { BOXES, type Commit, type StandingEnvelope, type Statestore } from '../ports/index.ts'
import { Packed } from '../protocol/index.ts'
import {
  commitOf,
  envelopeOf,
  factOf,
  NOON_MS,
  outsideCommit,
  plainEnvelope,
  type StatestoreCases,
  SYSTEM,
} from './statestore-fixture.ts'

const OTHER = { system: 'other', parent: '', name: '' }

const idsOf = (facts: readonly StandingEnvelope[]): string[] => facts.map(({ id }) => id)

/** All behind a place, page by page; asserts that pages are in order and none too long. */
async function readFrom(store: Statestore, after: number, limit: number): Promise<StandingEnvelope[]> {
  const facts: StandingEnvelope[] = []
  for (let place = after; ;) {
    const page = await store.facts(SYSTEM, place, limit)
    assert.ok(page.facts.length <= limit)
    assert.ok(page.isLast || page.facts.length > 0, 'a reader gets on')
    for (const fact of page.facts) {
      assert.ok(fact.place > place, 'places grow')
      place = fact.place
    }
    facts.push(...page.facts)
    if (page.isLast) return facts
  }
}

/** Facts among what else a turn may send, some of another system. */
async function sendMixed(store: Statestore): Promise<string[]> {
  const fact = (id: string, dueAtMs: number) => factOf(id, { dueAtMs })
  const others = BOXES.filter((box) => box !== 'fact').map((box) => envelopeOf(`in ${box}`, { box }))
  const verdicts = await store.commit([
    commitOf('one', 0, { sends: [fact('a', NOON_MS + 9), ...others, fact('b', NOON_MS)] }),
    outsideCommit({ id: OTHER, sends: [factOf('of another system')] }),
    commitOf('one', 1, { sends: [fact('c', NOON_MS + 5)] }),
    commitOf('two', 0, { sends: [fact('d', 0), fact('e', Number.MAX_SAFE_INTEGER)] }),
  ])
  assert.deepEqual(new Set(verdicts), new Set(['committed']))
  return ['a', 'b', 'c', 'd', 'e'].map((id) => factOf(id).id)
}

export const expiredFactCases: StatestoreCases = {
  'facts are dropped from their time on, and not before; those that are kept for ever stay': async (
    store,
  ) => {
    const ids = await sendMixed(store)
    const left = async (): Promise<string[]> => idsOf(await readFrom(store, 0, 9))
    assert.equal(await store.prune(NOON_MS - 1, 100), 1)
    assert.deepEqual(await left(), ['fact:a', 'fact:b', 'fact:c', 'fact:e'])
    assert.equal(await store.prune(NOON_MS, 100), 1, 'at that very moment')
    assert.equal(await store.prune(NOON_MS + 4, 100), 0)
    assert.deepEqual(await left(), ['fact:a', 'fact:c', 'fact:e'])
    assert.deepEqual(await store.envelopes(SYSTEM, ['fact:b']), [null])
    assert.equal(await store.prune(NOON_MS * 1_000, 100), 2)
    assert.deepEqual(await left(), ids.slice(4))
    assert.equal((await store.facts(OTHER.system, 0, 9)).facts.length, 1)
    const page = await store.due(SYSTEM, Number.MAX_SAFE_INTEGER, 9)
    assert.deepEqual(
      idsOf(page.envelopes),
      ['in delivery', 'in schedule', 'in timer'],
      'nothing else is dropped',
    )
    assert.equal((await store.listEnvelopes(SYSTEM, 'dead', { limit: 9 })).envelopes.length, 1)
    await store.commit([commitOf('one', 2, { sends: [factOf('next')] })])
    assert.deepEqual(
      await left(),
      [...ids.slice(4), 'fact:next'],
      'the next comes behind all that ever stood',
    )
  },

  'dropping facts is bounded, in all systems, and behind outcomes and the past': async (store) => {
    const facts = (from: number) =>
      Array.from({ length: 5 }, (_none, at) => factOf(`${from + at}`, { dueAtMs: NOON_MS + from + at }))
    const outcomes = [0, 1, 2].map((at) => ({ key: `${at}`, reply: null, expiresAtMs: NOON_MS + at }))
    await store.commit([
      commitOf('one', 0, { outcomes, sends: facts(0) }),
      outsideCommit({ id: OTHER, sends: facts(5) }),
    ])
    let rows = 13
    for (const limit of [2, 4, 1, 3]) {
      assert.equal(await store.prune(NOON_MS + 20, limit), limit)
      rows -= limit
    }
    assert.equal(await store.loadOutcome(commitOf('one', 0).id, '2', 0), null)
    assert.equal(await store.prune(NOON_MS + 20, 100), rows)
    assert.equal(await store.prune(NOON_MS + 20, 100), 0)
    for (const system of [SYSTEM, OTHER.system])
      assert.deepEqual(await store.facts(system, 0, 9), { facts: [], isLast: true })
  },

  'a reader whose place is gone goes on behind it': async (store) => {
    const fact = (at: number) => factOf(`${at}`, { dueAtMs: NOON_MS + at })
    await store.commit([commitOf('one', 0, { sends: [0, 1, 2, 3].map(fact) })])
    const [, second] = (await store.facts(SYSTEM, 0, 9)).facts
    assert.ok(second !== undefined)
    assert.equal(await store.prune(NOON_MS + 2, 100), 3)
    await store.commit([commitOf('one', 1, { sends: [fact(4)] })])
    assert.deepEqual(idsOf(await readFrom(store, second.place, 1)), ['fact:3', 'fact:4'])
  },
}

export const factCases: StatestoreCases = {
  'no fact stands at first': async (store) => {
    assert.deepEqual(await store.facts(SYSTEM, 0, 10), { facts: [], isLast: true })
  },

  'facts come in the order of their places, whatever stands between them': async (store) => {
    const ids = await sendMixed(store)
    for (const limit of [1, 2, 3, 4, 5, 6])
      assert.deepEqual(idsOf(await readFrom(store, 0, limit)), ids, `pages of ${limit}`)
    const all = await store.facts(SYSTEM, 0, 5)
    assert.equal(all.isLast, true, 'a full page may be the last')
    assert.equal((await store.facts(SYSTEM, 0, 4)).isLast, false)
    const [first, second, third] = all.facts.map(({ place }) => place)
    assert.ok(first !== undefined && second !== undefined && third !== undefined)
    assert.deepEqual(idsOf(await readFrom(store, first, 9)), ids.slice(1))
    assert.ok(second > first + 1, 'what is sent between them has places, too')
    assert.deepEqual(idsOf(await readFrom(store, second - 1, 9)), ids.slice(1))
    assert.deepEqual(idsOf(await readFrom(store, third, 1)), ids.slice(3))
    assert.deepEqual(await store.facts(SYSTEM, all.facts.at(-1)?.place ?? 0, 9), { facts: [], isLast: true })
    assert.deepEqual(await store.facts(SYSTEM, Number.MAX_SAFE_INTEGER, 9), { facts: [], isLast: true })
    assert.deepEqual(idsOf((await store.facts(OTHER.system, 0, 9)).facts), ['fact:of another system'])
    assert.deepEqual((await store.facts('nowhere', 0, 9)).facts, [])
  },

  'a fact is what was sent, and is found by its id and in its box': async (store) => {
    const sends = [
      factOf('\u{1f600} \0 "quoted"', { header: '{"\0":"\ufffd"}', dueAtMs: NOON_MS }),
      factOf('x', { payload: null }),
      factOf('y', { payload: new Packed('', new Uint8Array(0)), header: '' }),
    ]
    await store.commit([commitOf('one', 0, { sends })])
    const { facts } = await store.facts(SYSTEM, 0, 9)
    assert.deepEqual(facts.map(plainEnvelope), sends.map(plainEnvelope))
    assert.ok(facts[0]?.payload instanceof Packed)
    const found = await store.envelopes(SYSTEM, [...idsOf(facts), 'fact:never'])
    assert.deepEqual(found.slice(0, 3), facts)
    assert.equal(found[3], null)
    assert.deepEqual((await store.listEnvelopes(SYSTEM, 'fact', { limit: 9 })).envelopes, facts)
  },

  'a fact is never due': async (store) => {
    await store.commit([outsideCommit({ sends: [factOf('past', { dueAtMs: 0 }), factOf('later')] })])
    for (const untilMs of [-1, NOON_MS, Number.MAX_SAFE_INTEGER]) {
      assert.deepEqual(await store.due(SYSTEM, untilMs, 9), { envelopes: [], nextDueMs: null, isLast: true })
    }
    await sendMixed(store)
    const page = await store.due(SYSTEM, Number.MAX_SAFE_INTEGER, 9)
    assert.deepEqual(idsOf(page.envelopes), ['in delivery', 'in schedule', 'in timer'])
    assert.equal(page.nextDueMs, null)
    assert.deepEqual(await store.systems(), ['other', SYSTEM].toSorted(), 'it stands in its system')
  },

  'what a commit that met a conflict would have sent is not there': async (store) => {
    const group = [
      commitOf('one', 0, { sends: [factOf('a')] }),
      commitOf('one', 0, { sends: [factOf('twice')] }),
      commitOf('one', 1, { sends: [factOf('behind it')] }),
      outsideCommit({ takes: ['never'], sends: [factOf('lost')] }),
      commitOf('two', 0, { sends: [factOf('b')] }),
    ]
    assert.deepEqual(await store.commit(group), [
      'committed',
      'conflict',
      'conflict',
      'conflict',
      'committed',
    ])
    assert.deepEqual(await store.commit([commitOf('one', 3, { sends: [factOf('ahead')] })]), ['conflict'])
    assert.deepEqual(idsOf(await readFrom(store, 0, 2)), ['fact:a', 'fact:b'])
  },

  'one that is taken leaves the others in their places': async (store) => {
    const sends = ['a', 'b', 'c', 'd'].map((id) => factOf(id))
    await store.commit([commitOf('one', 0, { sends })])
    const before = await readFrom(store, 0, 9)
    const take = outsideCommit({ takes: ['fact:b', 'fact:d'] })
    assert.deepEqual(await store.commit([take]), ['committed'])
    assert.deepEqual(await store.commit([take]), ['conflict'])
    assert.deepEqual(await readFrom(store, 0, 1), [before[0], before[2]])
    await store.commit([commitOf('one', 1, { sends: [factOf('e')] })])
    const [last] = await readFrom(store, before[3]?.place ?? 0, 9)
    assert.equal(last?.id, 'fact:e', 'the next comes behind all that ever stood')
  },

  'large facts come in pages of fewer, one after the other': async (store) => {
    const payload = { typeUrl: 't', value: new Uint8Array(1_500_000) }
    for (let at = 0; at < 6; at += 1)
      await store.commit([outsideCommit({ sends: [factOf(`${at}`, { payload })] })])
    const facts = await readFrom(store, 0, 5)
    assert.deepEqual(
      facts.map(({ id }) => id),
      [0, 1, 2, 3, 4, 5].map((at) => `fact:${at}`),
    )
    assert.ok(facts.every((fact) => fact.payload?.value.length === 1_500_000))
  },

  'a reader beside writers misses none, and meets none twice': async (store) => {
    const acknowledged: string[] = []
    const write = async (name: string): Promise<void> => {
      for (let turn = 0; turn < 40; turn += 1) {
        const sent = [0, 1].map((at) => factOf(`${name} ${turn * 2 + at}`))
        const others = [envelopeOf(`${name} ${turn}`)]
        const commit: Commit = commitOf(name, turn, { sends: [...sent, ...others] })
        assert.deepEqual(await store.commit([commit]), ['committed'])
        acknowledged.push(...sent.map(({ id }) => id))
      }
    }
    const read: string[] = []
    let place = 0
    let isWriting = true
    const follow = async (): Promise<void> => {
      for (;;) {
        // What was acknowledged before the reading began is among what is read.
        const [isLastTime, before] = [!isWriting, acknowledged.length]
        for (const fact of await readFrom(store, place, 7)) {
          read.push(fact.id)
          place = fact.place
        }
        const missing = acknowledged.slice(0, before).filter((id) => !read.includes(id))
        assert.deepEqual(missing, [])
        if (isLastTime) return
      }
    }
    const writers = ['one', 'two', 'three'].map(write)
    await Promise.all([follow(), Promise.all(writers).finally(() => (isWriting = false))])
    assert.deepEqual(read.toSorted(), acknowledged.toSorted(), 'each once')
    for (const name of ['one', 'two', 'three']) {
      const own = read.filter((id) => id.startsWith(`fact:${name} `))
      assert.deepEqual(
        own,
        own.map((_id, at) => `fact:${name} ${at}`),
        'those of an actor in their order',
      )
    }
  },
}
