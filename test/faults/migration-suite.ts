// Migrations over a network that says nothing any more: the one who migrates gives up in the time that was said, and leaves
// nothing behind that would keep the next one from it; others wait for one who takes long.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isSpawnError } from '../../src/base/index.ts'
import type { Statestore } from '../../src/ports/index.ts'
import type { DatabaseOptions } from '../../src/stores/sql/options.ts'
import { until } from '../../src/testing/index.ts'
import { commitOf } from '../../src/testing/statestore-fixture.ts'
import type { Fate, Target } from './link.ts'
import type { FaultSubject } from './subject.ts'
import { TcpProxy } from './tcp-proxy.ts'

/** A session that says nothing for so long is ended by the server: later than it is given up here. */
const REQUEST_MS = 4_000
const MIGRATION_MS = 1_500
const GRACE_MS = 1_000
/** Who waits, and asks twice in that time, has waited for longer than a statement may take when it has asked so often. */
const SHORT_MS = 600
const ASKED = 8

interface Far {
  readonly proxy: TcpProxy
  readonly target: Target
  readonly open: (more?: Partial<DatabaseOptions>) => Statestore
  readonly near: (more?: Partial<DatabaseOptions>) => Statestore
}

export function migrationSuite(subject: FaultSubject): void {
  const isChange = (statement: string): boolean => /^CREATE|^actors$/.test(statement)

  const withDatabase = async (body: (far: Far) => Promise<void>): Promise<void> => {
    const database = await subject.takeDatabase()
    await database.forget()
    const proxy = await TcpProxy.start(database.options, subject.framing)
    const options = { ...database.options, requestMs: REQUEST_MS }
    try {
      await body({
        proxy,
        target: database.options,
        open: (more) => subject.open({ ...options, ...proxy.address, ...more }),
        near: (more) => subject.open({ ...options, ...more }),
      })
    } finally {
      await proxy.stop()
    }
    await database.release()
  }
  const serves = async (store: Statestore): Promise<void> => {
    await store.start()
    assert.deepEqual(await store.commit([commitOf('one', 0)]), ['committed'])
    await store.stop()
  }
  const once = (fate: Fate): ((statement: string) => Fate) => {
    let isMet = false
    return (statement) => {
      if (isMet || !isChange(statement)) return 'pass'
      isMet = true
      return fate
    }
  }

  describe('a migration', () => {
    for (const fate of ['swallow', 'stall', 'held'] satisfies Fate[]) {
      test(`that hears nothing ends with STORE_UNAVAILABLE in its time, and the next one is not in its way: ${fate}`, () =>
        withDatabase(async ({ near, open, proxy }) => {
          proxy.fate = once(fate)
          await assert.rejects(open({ outageMs: 0, migrationMs: MIGRATION_MS }).start(), (thrown) => {
            assert.ok(isSpawnError(thrown), String(thrown))
            assert.equal(thrown.code, 'STORE_UNAVAILABLE')
            assert.match(thrown.message, new RegExp(`no answer within ${MIGRATION_MS + GRACE_MS} ms`))
            return true
          })
          await serves(near({ outageMs: 20_000 }))
        }))
    }

    test('that hears nothing once is gone on with while the outage time lasts', () =>
      withDatabase(async ({ open, proxy }) => {
        proxy.fate = once('swallow')
        await serves(open({ outageMs: 20_000, migrationMs: MIGRATION_MS }))
      }))

    test('that takes longer than a statement may is waited for by the others', () =>
      withDatabase(async ({ near, open, proxy, target }) => {
        const waiting = await TcpProxy.start(target, subject.framing)
        try {
          proxy.fate = once('held')
          const first = open({ outageMs: 20_000, requestMs: 60_000, migrationMs: 60_000 })
          const begun = first.start()
          await until('the first one to migrate', () => proxy.heldCount === 1)
          const second = near({ outageMs: 0, requestMs: SHORT_MS, ...waiting.address })
          const started = second.start()
          const asked = (): number => waiting.seen.filter(({ statement }) => /lock/i.test(statement)).length
          await Promise.race([started, until('the second one to have waited', () => asked() > ASKED)])
          assert.ok(asked() > ASKED, 'it has not gone on without the first')
          proxy.deliverHeld()
          await Promise.all([begun, started])
          await Promise.all([first.stop(), second.stop()])
        } finally {
          await waiting.stop()
        }
      }))
  })
}
