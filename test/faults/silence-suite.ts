// A network that says nothing any more in the middle of a transaction, and does not end it either: the server goes on holding
// the locks of who is gone. They are free when the time of a statement is over, so that what is sent again gets through.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Statestore } from '../../src/ports/index.ts'
import { Packed } from '../../src/protocol/index.ts'
import { archiveOf, readAll } from '../../src/testing/statestore-archive-fixture.ts'
import {
  commitOf,
  LATEST_ONLY,
  loadOne,
  outsideCommit,
  envelopeOf,
} from '../../src/testing/statestore-fixture.ts'
import type { Fate } from './link.ts'
import type { FaultSubject } from './subject.ts'
import { TcpProxy } from './tcp-proxy.ts'

const REQUEST_MS = 4_000
/** With all that is sent again. */
const OUTAGE_MS = 60_000
const LARGE_BYTES = 7 * 1_024 * 1_024

const withStore = async (
  subject: FaultSubject,
  body: (store: Statestore, proxy: TcpProxy) => Promise<void>,
): Promise<void> => {
  const database = await subject.takeDatabase()
  const proxy = await TcpProxy.start(database.options, subject.framing)
  const options = { ...database.options, ...proxy.address, outageMs: OUTAGE_MS, requestMs: REQUEST_MS }
  const store = subject.open(options)
  try {
    await store.start()
    await body(store, proxy)
    // With the session that was forgotten still there.
    await store.stop()
  } finally {
    await proxy.stop()
  }
  await database.release()
}
/** From now on: the second statement of those is on its way for ever. */
const holdSecond = (proxy: TcpProxy, isMeant: (statement: string) => boolean): void => {
  let met = 0
  proxy.fate = (statement): Fate => (isMeant(statement) && (met += 1) === 2 ? 'held' : 'pass')
}

export function silenceSuite(subject: FaultSubject): void {
  test('rows that are half written when all falls silent are written, once', () =>
    withStore(subject, async (store, proxy) => {
      await store.commit([
        commitOf('one', 0),
        commitOf('two', 0),
        outsideCommit({ sends: [envelopeOf('a')] }),
      ])
      const rows = await readAll(store)
      // The actors are written then, and the envelope is not.
      holdSecond(proxy, (statement) => /^WITH|outbox$/.test(statement))
      assert.equal(await archiveOf(store).write(rows), rows.length)
      assert.ok(
        proxy.seen.some(({ fate }) => fate === 'held'),
        'it was met',
      )
      assert.deepEqual(await store.commit([commitOf('one', 1)]), ['committed'])
    }))
}

/** Where a group that is large goes over in several statements. */
export function silentPartsSuite(subject: FaultSubject): void {
  test('a group of several packets that stops in the middle is committed, once', () =>
    withStore(subject, async (store, proxy) => {
      const state = new Packed('t', Buffer.alloc(LARGE_BYTES, 7))
      const names = ['a', 'b', 'c']
      await store.commit(names.map((name) => commitOf(name, 0)))
      // The first part is done, and nobody ends its transaction.
      holdSecond(proxy, (statement) => statement === 'commit')
      const group = names.map((name) => commitOf(name, 1, { state, history: LATEST_ONLY }))
      assert.deepEqual(
        await store.commit(group),
        names.map(() => 'committed'),
      )
      const fates = proxy.seen.filter(({ statement }) => statement === 'commit').map(({ fate }) => fate)
      assert.deepEqual(fates.slice(-4), ['pass', 'held', 'pass', 'pass'], 'the second part was met')
      for (const name of names) assert.equal((await loadOne(store, name))?.revision, 2)
    }))
}
