// Generated turns of an actor that keeps its whole past, on a store whose commits wait and fail at random: its facts are its
// revisions, one for one and in their order, but for those that changed tags alone.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { below, seededRandom } from '../../src/base/index.ts'
import type { Fact, StoredActor } from '../../src/ports/index.ts'
import { jsonCodec } from '../../src/protocol/index.ts'
import { type Bench, bench, counter, type Handler, setTotal, totalOf } from './fixture.ts'
import { id, of } from './past-fixture.ts'

const SEEDS = Array.from({ length: 40 }, (_, at) => at + 1)

let tags = 0
const fresh = (): Record<string, string> => ({ label: String((tags += 1)) })

const HANDLERS: Record<string, Handler> = {
  label: () => ({ tags: fresh() }),
  both: (turn) => ({ ...setTotal(totalOf(turn) + 1), tags: fresh() }),
  same: (turn) => setTotal(totalOf(turn)),
}

async function happen({ clock, runtime, store }: Bench, seed: number): Promise<void> {
  const random = seededRandom(seed)
  const open: Promise<unknown>[] = []
  for (let at = 0; at < 60; at += 1) {
    const what = below(random, 12)
    if (what === 0) store.hold()
    else if (what === 1) store.release()
    else if (what === 2) store.failCommit = below(random, 2) === 0 ? 'before' : 'after'
    else if (what === 3) await clock.advance(below(random, 100))
    else if (what === 4)
      open.push(runtime.past.restore('a', { revision: 1 + below(random, 5) }, of).catch(() => null))
    else {
      const action = ['add', 'add', 'both', 'same', 'label', 'fail'][below(random, 6)] ?? 'add'
      open.push(runtime.invoke('a', { ref: 'counter', action }).catch(() => null))
    }
    if (below(random, 3) === 0) await clock.settle()
  }
  store.failCommit = null
  store.release()
  await clock.run(Promise.all(open))
}

async function revisionsOf({ store }: Bench): Promise<StoredActor[]> {
  const heads = await store.revisions(id('a'), 1_000)
  const all = await Promise.all(
    heads.toReversed().map(({ revision }) => store.loadRevision(id('a'), { revision })),
  )
  return all.filter((stored) => stored !== null)
}

const textOf = ({ state }: StoredActor): string =>
  JSON.stringify(state === null ? null : jsonCodec.accept(state))

test('facts are the revisions that set a state, each with that state, in their order', async () => {
  let most = 0
  for (const seed of SEEDS) {
    const definition = counter('counter', {
      handlers: HANDLERS,
      facts: { durationMs: null },
      history: { revisions: 1_000, durationMs: 0 },
      idleTimeoutMs: 40,
      mailboxLimit: 1_000,
    })
    const at = await bench({ definitions: [definition] })
    await happen(at, seed)
    const revisions = await revisionsOf(at)
    const seen = new Set<string>(['{}'])
    const expected: string[] = []
    let before: string | null = null
    for (const stored of revisions) {
      const label = JSON.stringify(stored.tags)
      const isTagsAlone = textOf(stored) === (before ?? '{"total":0}') && !seen.has(label)
      if (!isTagsAlone) expected.push(`${stored.revision} ${textOf(stored)}`)
      before = textOf(stored)
      seen.add(label)
    }
    const facts: Fact[] = []
    await at.clock.run(
      (async () => {
        for await (const fact of at.runtime.facts.each({ follow: false })) facts.push(fact)
      })(),
    )
    const told = facts.map(({ revision, stateJson }) => `${revision} ${JSON.stringify(stateJson)}`)
    assert.deepEqual(told, expected, `seed ${seed}`)
    most = Math.max(most, told.length)
  }
  assert.ok(most > 20, `only ${most} facts at most`)
})
