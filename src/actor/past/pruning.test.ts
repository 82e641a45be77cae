import assert from 'node:assert/strict'
import { test } from 'node:test'

import { SpawnError } from '../../base/index.ts'
import { silentLogger } from '../../ports/index.ts'
import { VirtualClock } from '../../testing/index.ts'
import { Pruning } from './pruning.ts'

const ROWS = 1_000

/** A store with so many expired rows that takes its time for them. */
function slowStore(clock: VirtualClock, rows: number, tookMs: number) {
  const begunMs: number[] = []
  const store = {
    left: rows,
    begunMs,
    fails: false,
    prune: async (nowMs: number, limit: number): Promise<number> => {
      begunMs.push(nowMs)
      await clock.sleep(tookMs)
      if (store.fails) throw new SpawnError('STORE_UNAVAILABLE', 'told to fail')
      const dropped = Math.min(limit, store.left)
      store.left -= dropped
      return dropped
    },
  }
  return store
}

test('it goes on while there is more, and leaves the store four fifths of its time', async () => {
  const clock = new VirtualClock()
  const store = slowStore(clock, 5 * ROWS + 1, 50)
  const startMs = clock.now()
  const pruning = new Pruning({ store, clock, logger: silentLogger })
  pruning.start()
  await clock.advance(59_999)
  assert.equal(store.begunMs.length, 0)
  await clock.advance(10_000)
  assert.equal(store.left, 0)
  const at = store.begunMs.map((ms) => ms - startMs - 60_000)
  assert.deepEqual(at, [0, 250, 500, 750, 1_000, 1_250])
  await clock.advance(60_000)
  assert.equal(store.begunMs.length, 7, 'a minute later it looks again')
  pruning.stop()
  await clock.advance(600_000)
  assert.equal(store.begunMs.length, 7)
})

test('a clock that is set while rows are dropped changes nothing of its pauses', async () => {
  const clock = new VirtualClock()
  const store = slowStore(clock, 3 * ROWS, 50)
  const pruning = new Pruning({ store, clock, logger: silentLogger })
  pruning.start()
  await clock.advance(60_010)
  clock.jump(3_600_000)
  await clock.advance(500)
  assert.equal(store.begunMs.length, 3)
  clock.jump(-7_200_000)
  await clock.advance(500)
  assert.deepEqual([store.left, store.begunMs.length], [0, 4])
  pruning.stop()
})

test('a store that fails is told of, and tried again; but not while stopping', async () => {
  const clock = new VirtualClock()
  const store = slowStore(clock, ROWS, 10)
  const warnings: string[] = []
  const pruning = new Pruning({
    store,
    clock,
    logger: { ...silentLogger, warn: (text) => void warnings.push(text) },
  })
  store.fails = true
  pruning.start()
  await clock.advance(130_000)
  assert.deepEqual(warnings, ['the store could not be pruned', 'the store could not be pruned'])
  await clock.advance(60_000 - 9_980)
  pruning.stop()
  await clock.advance(1_000)
  assert.equal(store.begunMs.length, 3)
  assert.equal(warnings.length, 2, 'a store that is about to close may fail')
})
