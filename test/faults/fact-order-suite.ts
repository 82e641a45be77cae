// Facts that several members commit at once, on connections of their own and several groups at a time, some of them killed in the
// middle of a commit, while others read on from where they are. Whoever reads so has all of them, each once, in one order in which
// those of an actor follow each other; and a fact is there if the revision that made it is.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { below, type Random, seededRandom } from '../../src/base/index.ts'
import type { StandingEnvelope, Statestore } from '../../src/ports/index.ts'
import type { DatabaseOptions } from '../../src/stores/sql/options.ts'
import { commitOf, envelopeOf, factOf, loadOne, SYSTEM } from '../../src/testing/statestore-fixture.ts'
import type { FaultSubject } from './subject.ts'

const MEMBERS = 3
/** A member commits groups of several lanes at once; this many facts of a turn: a few could overtake many, if nothing held them. */
const LANES = [1, 6, 24]
const REVISIONS = 15
const PAGE = 25
/** How often a member is killed, and the most that it waits for before, in round trips. */
const KILLS = 4
const LIFE = 12

/** One that can be given up in the middle of what it does. */
interface Mortal extends Statestore {
  abandon?(): void
}

interface Scene {
  readonly random: Random
  readonly open: () => Promise<Mortal>
}

export function factOrderSuite(subject: FaultSubject): void {
  test('facts that several members commit at once, until they are killed, are read in one order, each once', () =>
    played(subject))
}

async function played(subject: FaultSubject): Promise<void> {
  const database = await subject.takeDatabase()
  const options: DatabaseOptions = { ...database.options, poolSize: LANES.length }
  const opened = new Set<Mortal>()
  const open = async (): Promise<Mortal> => {
    const store: Mortal = subject.open(options)
    opened.add(store)
    await store.start()
    return store
  }
  const scene = { random: seededRandom(1), open }
  let isWriting = true
  try {
    const members = Array.from({ length: MEMBERS }, (_none, at) => member(scene, `member ${at}`))
    const written = Promise.all(members).finally(() => (isWriting = false))
    const readers = [1, 2].map(async () => follow(await open(), () => isWriting))
    const [facts = [], others = []] = await Promise.all(readers)
    await written
    const reader = await open()
    assert.deepEqual(others, facts, 'all readers have read the same')
    assert.deepEqual(facts, await readFrom(reader, 0), 'nothing came to stand before what was read')
    assertComplete(facts)
  } finally {
    for (const store of opened) await store.stop()
  }
  await database.release()
}

/** Its lanes commit beside each other. It is killed now and then, and another one goes on with what stands. */
async function member(scene: Scene, name: string): Promise<void> {
  const begin = (store: Statestore): Promise<void>[] =>
    LANES.map((facts) => turns(store, `${name} ${facts}`, facts))
  for (let kill = 0; kill < KILLS; kill += 1) {
    const store = await scene.open()
    const lanes = Promise.allSettled(begin(store))
    for (let waited = below(scene.random, LIFE); waited > 0; waited -= 1) await loadOne(store, 'nobody')
    assert.ok(store.abandon !== undefined)
    store.abandon()
    await lanes
  }
  await Promise.all(begin(await scene.open()))
}

/** Of two actors, which commit in one group, from the revision on at which they stand. */
async function turns(store: Statestore, name: string, facts: number): Promise<void> {
  const actors = [`${name} left`, `${name} right`]
  let follows = (await loadOne(store, `${name} left`))?.revision ?? 0
  while (follows < REVISIONS) {
    const group = actors.map((actor) => {
      const revision = follows + 1
      const ofTurn = Array.from({ length: facts }, (_none, at) => factOf(`${actor}/${revision}/${at}`))
      return commitOf(actor, follows, { sends: [...ofTurn, envelopeOf(`${actor}/${revision}`)] })
    })
    const verdicts = await store.commit(group)
    // What a member that died was about to commit may have come in between.
    if (verdicts.every((verdict) => verdict === 'committed')) follows += 1
    else follows = (await loadOne(store, `${name} left`))?.revision ?? 0
  }
}

/** Reads on from where it is, until nobody writes any more and all is read. */
async function follow(store: Statestore, isWriting: () => boolean): Promise<string[]> {
  const read: StandingEnvelope[] = []
  for (;;) {
    const isLastTime = !isWriting()
    const place = read.at(-1)?.place ?? 0
    const page = await store.facts(SYSTEM, place, PAGE)
    read.push(...page.facts)
    if (isLastTime && page.isLast) return read.map(({ id }) => id)
  }
}

async function readFrom(store: Statestore, after: number): Promise<string[]> {
  const ids: string[] = []
  for (let place = after; ;) {
    const page = await store.facts(SYSTEM, place, 1_000)
    ids.push(...page.facts.map(({ id }) => id))
    if (page.isLast) return ids
    place = page.facts.at(-1)?.place ?? place
  }
}

/** Every revision of every actor has all of its facts once, and those of an actor are in order. */
function assertComplete(ids: readonly string[]): void {
  const ofActor = Map.groupBy(ids, (id) => id.split('/')[0] ?? '')
  assert.equal(ofActor.size, MEMBERS * LANES.length * 2)
  for (const [actor, own] of ofActor) {
    const facts = own.length / REVISIONS
    const expected = own.map((_id, at) => `${actor}/${Math.floor(at / facts) + 1}/${at % facts}`)
    assert.deepEqual(own, expected)
  }
  const sent = MEMBERS * 2 * REVISIONS * LANES.reduce((sum, facts) => sum + facts, 0)
  assert.equal(ids.length, sent)
}
