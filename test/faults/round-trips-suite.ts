// How often a store asks its database for a group of commits, as a proxy in between sees it: once, whatever is in the group,
// however many commits that are, and however large. So the way to the database is paid once for all of them.
//
// What is one round trip may be several statements, if none of them waits for the answer to another one: the proxy gives no
// answer before all of them have come, so a store that waits for one gets nowhere.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { LIMITS } from '../../src/base/index.ts'
import type { Commit, Statestore } from '../../src/ports/index.ts'
import { Packed } from '../../src/protocol/index.ts'
import {
  commitOf,
  envelopeOf,
  factOf,
  json,
  NOON_MS,
  outsideCommit,
} from '../../src/testing/statestore-fixture.ts'
import type { FaultSubject } from './subject.ts'
import { TcpProxy } from './tcp-proxy.ts'

const PREPARES = /^prepare /
const HISTORY = { revisions: 3, durationMs: 0 }
const SIZES = [1, 2, 64, LIMITS.commitGroup]
/** A store that waits for what never comes gives up then. */
const LIMITED = { requestMs: 20_000, outageMs: 0 } as const

/** Makes a group of so many commits, of this revision of its actors. */
type GroupOf = (size: number, revision: number) => Commit[]

/** States, and nothing else: what most calls come to. */
const callsAlone: GroupOf = (size, revision) =>
  Array.from({ length: size }, (_none, at) => commitOf(`${size} ${at}`, revision - 1))

/** All that turns commit: states with a past, replies, what is sent and taken, facts, and a commit of the outside. */
const allThatTurnsCommit: GroupOf = (size, revision) =>
  Array.from({ length: size }, (_none, at) => {
    const id = `${size} ${at}`
    const sends = [
      envelopeOf(`${id} ${revision} now`),
      envelopeOf(`${id} ${revision} later`, { box: 'schedule', dueAtMs: NOON_MS * 2 }),
      factOf(`${id} ${revision}`),
    ]
    const takes = revision === 1 ? [] : [`${id} ${revision - 1} now`]
    if (at % 8 === 7) return outsideCommit({ sends, takes })
    const outcomes = [{ key: `key ${revision}`, reply: json(revision), expiresAtMs: NOON_MS * 2 }]
    return commitOf(id, revision - 1, { history: HISTORY, outcomes, sends, takes })
  })

/** States of the largest kind. */
const largeStates: GroupOf = (size, revision) => {
  const state = new Packed('t', Buffer.alloc(LIMITS.payloadBytes, revision))
  return Array.from({ length: size }, (_none, at) => commitOf(`large ${at}`, revision - 1, { state }))
}

/**
 * @param statements how many statements the group goes over in.
 * @returns what was asked, all of it before the first answer.
 */
async function askedAtOnce(
  { proxy, store }: Scene,
  group: readonly Commit[],
  statements: number,
): Promise<string[]> {
  proxy.seen = []
  proxy.answerBehind('commit', statements)
  const seen = (): string[] => proxy.seen.map(({ statement }) => statement)
  const verdicts = await store.commit(group).catch((thrown: unknown) => {
    const asked = seen().join(', ')
    assert.fail(`it waited for an answer before it had sent all; it sent: ${asked}; ${String(thrown)}`)
  })
  assert.ok(verdicts.every((verdict) => verdict === 'committed'))
  return seen()
}

interface Scene {
  readonly store: Statestore
  readonly proxy: TcpProxy
}

/** With a store whose sessions are new. */
async function through(subject: FaultSubject, check: (scene: Scene) => Promise<void>): Promise<void> {
  const database = await subject.takeDatabase()
  const proxy = await TcpProxy.start(database.options, subject.framing)
  const store = subject.open({ ...database.options, ...proxy.address, ...LIMITED })
  try {
    await store.start()
    await check({ store, proxy })
  } finally {
    proxy.heal()
    await store.stop()
    await proxy.stop()
    await database.release()
  }
}

export interface RoundTripsOptions {
  /** How many statements three of the largest states take. */
  readonly packets: number
  /** Whether what is prepared is waited for, so that the first group of a shape is two round trips. */
  readonly preparesFirst: boolean
}

export function roundTripsSuite(subject: FaultSubject, { packets, preparesFirst }: RoundTripsOptions): void {
  /** The first groups of a shape are prepared with it, or before; later ones find that done. */
  const once = (groupOf: GroupOf, size: number, statements = 1, revisions = [1, 2, 3, 4]): Promise<void> =>
    through(subject, async (scene) => {
      for (const revision of revisions) {
        if (preparesFirst && revision <= 2) {
          const verdicts = await scene.store.commit(groupOf(size, revision))
          assert.ok(verdicts.every((verdict) => verdict === 'committed'))
          continue
        }
        const asked = await askedAtOnce(scene, groupOf(size, revision), statements)
        const counted = revision > 2 ? asked : asked.filter((text) => !PREPARES.test(text))
        const expected = Array.from({ length: statements }, () => 'commit')
        assert.deepEqual(counted, expected, `${size} commits, revision ${revision}`)
      }
    })

  describe('one round trip', () => {
    for (const size of SIZES) {
      test(`for a group of ${size} calls`, () => once(callsAlone, size))
      test(`for a group of ${size} commits with all that turns commit`, () => once(allThatTurnsCommit, size))
    }
    test('for a group of the largest states', () =>
      once(largeStates, 3, packets, preparesFirst ? [1, 2, 3] : [1, 2]))

    test('for all loads that are asked together', () =>
      through(subject, async ({ proxy, store }) => {
        const group = allThatTurnsCommit(64, 1)
        await store.commit(group)
        const ids = group.map(({ id }) => id).filter(({ name }) => name !== '')
        await store.load(ids)
        proxy.seen = []
        const loaded = await Promise.all([store.load(ids), ...ids.map((id) => store.load([id]))])
        assert.ok(loaded.flat().every((stored) => stored !== null))
        assert.ok(proxy.seen.length <= 2, proxy.seen.map(({ statement }) => statement).join(', '))
      }))
  })
}
