// What callers see of an outage, case by case: the answer that gets lost, a database that is away for shorter or longer than
// the setting says, and deadlines meanwhile. Over the runtime, as an application has it.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isSpawnError, type SpawnError } from '../../src/base/index.ts'
import { until } from '../../src/testing/index.ts'
import type { Book, Place } from './book.ts'
import type { Fault } from './link.ts'
import type { FaultSubject } from './subject.ts'
import { PATIENCE, World, type WorldOptions } from './world.ts'

const ALICE: Place = { ref: 'ledger', name: 'alice' }
const BOB: Place = { ref: 'ledger', name: 'bob' }
let worlds = 0

export function outageSuite(subject: FaultSubject): void {
  /** In a world whose actor is in memory: what it asks of the database next is a commit. */
  const inWorld = async (
    options: Partial<WorldOptions>,
    body: (world: World, book: Book) => Promise<void>,
  ): Promise<void> => {
    const database = await subject.takeDatabase()
    const world = await World.start({ subject, database, name: `outage ${(worlds += 1)}`, ...options })
    try {
      const book = world.book()
      await until('the first turn', () => world.add(book, ALICE, 'before'))
      // On a busy machine it may have taken more tries than one.
      book.errors.clear()
      world.proxy.seen = []
      await body(world, book)
    } finally {
      await world.stop()
      await database.release()
    }
  }
  const statements = ({ proxy }: World): string[] => proxy.seen.map(({ statement }) => statement)

  describe('a commit whose answer is lost', () => {
    for (const fault of ['loseAnswer', 'cutAnswer', 'stall', 'cutBehind'] satisfies Fault[]) {
      test(`is found to be done, and the caller gets its reply: ${fault}`, () =>
        inWorld({}, async (world) => {
          world.proxy.meet('commit', fault)
          assert.deepEqual(await world.call(ALICE, 'add', { mark: 'lost' }), { total: 2 })
          assert.ok(statements(world).includes('settle'), statements(world).join(' '))
          if (fault !== 'cutBehind')
            assert.equal(statements(world).filter((one) => one === 'commit').length, 1)
          const standing = (await world.standing([ALICE])).get('ledger alice')
          assert.deepEqual(standing, { marks: { before: 1, lost: 1 } })
        }))
    }

    test('is settled even if the answers to that are lost, too', () =>
      inWorld({}, async (world) => {
        const lost = ['commit', 'settle', 'settle', 'settle']
        world.proxy.fate = (statement) => {
          if (statement !== lost[0]) return 'pass'
          lost.shift()
          return 'loseAnswer'
        }
        assert.deepEqual(await world.call(ALICE, 'add', { mark: 'lost' }), { total: 2 })
        assert.equal(statements(world).filter((one) => one === 'settle').length, 4)
      }))

    test('and that comes late is not done after it was found not to be', () =>
      inWorld({}, async (world) => {
        world.proxy.lateMs = 1_000
        world.proxy.meet('commit', 'late')
        assert.deepEqual(await world.call(ALICE, 'add', { mark: 'late' }), { total: 2 })
        await until('the late one to be through', () => !world.proxy.isLate)
        assert.deepEqual(await world.call(ALICE, 'add', { mark: 'next' }), { total: 3 })
        assert.equal(statements(world).filter((one) => one === 'commit').length, 3)
      }))

    test('and that comes late does not make a call for later twice', () =>
      inWorld({}, async (world, book) => {
        world.proxy.lateMs = 1_500
        world.proxy.meet('commit', 'late')
        const { name, ref } = ALICE
        const call = { ref, action: 'add', payload: { mark: 'once' }, delay: 1 }
        await book.add('once', ALICE, null, () => world.system.invoke(name, call))
        assert.deepEqual(await world.reckon(book), [])
        // By now it was made, and the late one is through: to make it again, it would have to stand again.
        assert.deepEqual((await world.system.schedules.list()).items, [])
      }))

    test('with outage 0: the caller hears that it may have happened, and the next call finds it', () =>
      inWorld({ outageMs: 0 }, async (world) => {
        world.proxy.meet('commit', 'loseAnswer')
        const error = await failure(world.call(ALICE, 'add', { mark: 'lost' }))
        assert.equal(error.code, 'STORE_UNAVAILABLE')
        assert.match(error.message, /may have happened/)
        assert.deepEqual(await world.call(ALICE, 'add', { mark: 'next' }), { total: 3 })
      }))
  })

  describe('a database that is away', () => {
    test('longer than the outage time: STORE_UNAVAILABLE then, and service when it is back', () =>
      inWorld({ outageMs: 1_500 }, async (world) => {
        world.proxy.refuses = true
        world.proxy.cut()
        const errors = await Promise.all([
          failure(world.call(ALICE, 'add', { mark: 'a' })),
          failure(world.call(BOB, 'add', { mark: 'b' })),
        ])
        for (const error of errors) assert.equal(error.code, 'STORE_UNAVAILABLE', error.message)
        assert.match(errors[1].message, /could not be loaded/)
        world.proxy.refuses = false
        await until('service', () => world.call(BOB, 'add', { mark: 'c' }), PATIENCE)
        assert.equal((await world.standing([BOB])).get('ledger bob')?.marks['b'], undefined)
      }))

    test('with outage 0: STORE_UNAVAILABLE at the first try', () =>
      inWorld({ outageMs: 0 }, async (world) => {
        world.proxy.refuses = true
        world.proxy.cut()
        for (const at of [ALICE, BOB])
          assert.equal((await failure(world.call(at, 'add', { mark: 'a' }))).code, 'STORE_UNAVAILABLE')
        assert.ok(world.proxy.refused < 10, `it was tried ${world.proxy.refused} times`)
        world.proxy.refuses = false
        await until('service', () => world.call(BOB, 'add', { mark: 'b' }), PATIENCE)
      }))

    test('shorter: calls wait, and nobody hears of it', () =>
      inWorld({ outageMs: 60_000 }, async (world, book) => {
        world.proxy.refuses = true
        world.proxy.cut()
        const calls = ['a', 'b', 'c'].flatMap((mark) => [ALICE, BOB].map((at) => world.add(book, at, mark)))
        await until('several tries to be in vain', () => world.proxy.refused > 5)
        world.proxy.refuses = false
        assert.deepEqual(new Set(await Promise.all(calls)), new Set([true]), book.lastError)
        assert.deepEqual(await world.reckon(book), [])
      }))

    test('longer than a call may take: DEADLINE_EXCEEDED in time, says what it knows, and later calls are served', () =>
      inWorld({ outageMs: 60_000, callMs: 1_000 }, async (world, book) => {
        world.proxy.refuses = true
        world.proxy.cut()
        await Promise.all(['a', 'b'].flatMap((mark) => [ALICE, BOB].map((at) => world.add(book, at, mark))))
        assert.deepEqual([...book.errors], [['DEADLINE_EXCEEDED', 4]], book.lastError)
        world.proxy.refuses = false
        await until('service', () => world.add(book, ALICE, `again ${book.entries.length}`))
        assert.deepEqual(await world.reckon(book), [])
      }))

    test('and says nothing: what hangs is given up after the time of a request', () =>
      inWorld({ outageMs: 0, requestMs: 500 }, async (world) => {
        world.proxy.meet('commit', 'swallow')
        const error = await failure(world.call(ALICE, 'add', { mark: 'a' }))
        assert.equal(error.code, 'STORE_UNAVAILABLE')
        assert.match(error.message, /may have happened.*no answer within/)
        const reply = await until('service', () => world.call(ALICE, 'add', { mark: 'b' }))
        assert.deepEqual(reply, { total: 2 })
      }))
  })
}

async function failure(promise: Promise<unknown>): Promise<SpawnError> {
  const error: unknown = await promise.then(
    (reply) => assert.fail(`it did not fail, but answered ${JSON.stringify(reply)}`),
    (thrown: unknown) => thrown,
  )
  assert.ok(isSpawnError(error), String(error))
  return error
}
