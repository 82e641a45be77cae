// How often a store asks its database for a group of commits, as a proxy in between sees it: once, whatever is in the group and
// however many commits that are. So the way to the database is paid once for all of them.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { LIMITS } from '../../src/base/index.ts'
import type { Commit, Statestore } from '../../src/ports/index.ts'
import { commitOf, envelopeOf, json, NOON_MS, outsideCommit } from '../../src/testing/statestore-fixture.ts'
import type { FaultSubject } from './subject.ts'
import { TcpProxy } from './tcp-proxy.ts'

const PREPARES = /^prepare /
const HISTORY = { revisions: 3, durationMs: 0 }

/** All that turns commit: states with a past, replies, what is sent and taken, and a commit of the outside. */
function groupOf(size: number, revision: number): Commit[] {
  return Array.from({ length: size }, (_, at) => {
    const id = `${size} ${at}`
    const sends = [
      envelopeOf(`${id} ${revision} now`),
      envelopeOf(`${id} ${revision} later`, { box: 'schedule', dueAtMs: NOON_MS * 2 }),
    ]
    const takes = revision === 1 ? [] : [`${id} ${revision - 1} now`]
    if (at % 8 === 7) return outsideCommit({ sends, takes })
    const outcomes = [{ key: `key ${revision}`, reply: json(revision), expiresAtMs: NOON_MS * 2 }]
    return commitOf(id, revision - 1, { history: HISTORY, outcomes, sends, takes })
  })
}

async function asked(proxy: TcpProxy, deed: () => Promise<unknown>): Promise<string[]> {
  proxy.seen = []
  await deed()
  return proxy.seen.map(({ statement }) => statement)
}

async function through(subject: FaultSubject, check: (store: Statestore, proxy: TcpProxy) => Promise<void>) {
  const database = await subject.takeDatabase()
  const proxy = await TcpProxy.start(database.options, subject.framing)
  const store = subject.open({ ...database.options, ...proxy.address })
  try {
    await store.start()
    await check(store, proxy)
  } finally {
    await store.stop()
    await proxy.stop()
    await database.release()
  }
}

export function roundTripsSuite(subject: FaultSubject): void {
  describe('one round trip', () => {
    test('for a group of commits, whatever its size', () =>
      through(subject, async (store, proxy) => {
        for (const size of [1, 2, 64, LIMITS.commitGroup]) {
          for (const revision of [1, 2, 3, 4]) {
            const group = groupOf(size, revision)
            const statements = await asked(proxy, async () => {
              const verdicts = await store.commit(group)
              assert.ok(verdicts.every((verdict) => verdict === 'committed'))
            })
            // What is new to a session is prepared first, once.
            const counted = revision > 2 ? statements : statements.filter((text) => !PREPARES.test(text))
            assert.deepEqual(counted, ['commit'], `${size} commits, revision ${revision}`)
          }
        }
      }))

    test('for all loads that are asked together', () =>
      through(subject, async (store, proxy) => {
        const group = groupOf(64, 1)
        await store.commit(group)
        const ids = group.map(({ id }) => id).filter(({ name }) => name !== '')
        await store.load(ids)
        const statements = await asked(proxy, async () => {
          const loaded = await Promise.all([store.load(ids), ...ids.map((id) => store.load([id]))])
          assert.ok(loaded.flat().every((stored) => stored !== null))
        })
        assert.ok(statements.length <= 2, statements.join(', '))
      }))
  })
}
