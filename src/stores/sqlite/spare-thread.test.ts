import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { Worker } from 'node:worker_threads'
import { commitOf, loadOne } from '../../testing/statestore-fixture.ts'
import { VirtualClock } from '../../testing/index.ts'
import { SpareThread } from './spare-thread.ts'
import { SqliteStore } from './sqlite-store.ts'

const folder = mkdtempSync(join(tmpdir(), 'spawn-spare-'))
after(() => rmSync(folder, { recursive: true }))

/** Threads of the process that are begun during a test. */
function begun(context: TestContext): () => number {
  let threads = 0
  const count = (): void => void (threads += 1)
  process.on('worker', count)
  context.after(() => process.off('worker', count))
  return () => threads
}

const storeOf = (name: string): SqliteStore => new SqliteStore({ file: join(folder, name) })

test('the thread of a closed store is that of the next one, which has nothing of the first', async (context) => {
  const threads = begun(context)
  for (const name of ['first', 'second', 'third']) {
    const store = storeOf(name)
    await store.schema.status()
    await store.start()
    assert.deepEqual(await store.commit([commitOf('one', 0)]), ['committed'], name)
    await store.stop()
  }
  assert.equal(threads(), 1)
  const again = storeOf('first')
  await again.start()
  assert.equal((await loadOne(again, 'one'))?.revision, 1)
  await again.stop()
})

test('stores that are open at the same time have a thread each', async (context) => {
  const threads = begun(context)
  const stores = ['left', 'right'].map(storeOf)
  for (const store of stores) await store.start()
  await stores[0]?.commit([commitOf('one', 0)])
  assert.equal(stores[1] && (await loadOne(stores[1], 'one')), null)
  for (const store of stores) await store.stop()
  assert.ok(threads() >= 1 && threads() <= 2, `${threads()} threads were begun`)
})

test('one that was killed, or could not open its file, is nobody else’s', async (context) => {
  const killed = storeOf('killed')
  await killed.start()
  await killed.killThread()
  await killed.stop()
  const threads = begun(context)
  const refused = new SqliteStore({ file: join(folder, 'no such folder', 'file') })
  await assert.rejects(refused.start())
  const next = storeOf('next')
  await next.start()
  assert.deepEqual(await next.commit([commitOf('one', 0)]), ['committed'])
  await next.stop()
  assert.ok(threads() >= 1, 'the one that had failed is not used again')
})

test('it is given up when nobody has wanted it for a while, and for another one', async () => {
  const clock = new VirtualClock()
  const spare = new SpareThread(clock)
  const idle = (): Worker => new Worker('setInterval(() => {}, 60_000)', { eval: true })
  const [first, second] = [idle(), idle()]
  const [firstEnds, secondEnds] = [once(first, 'exit'), once(second, 'exit')]
  spare.keep(first)
  await clock.advance(999)
  assert.equal(spare.take(), first)
  await clock.advance(10_000)
  spare.keep(first)
  spare.keep(second)
  await firstEnds
  await clock.advance(1_000)
  await secondEnds
  assert.equal(spare.take(), null)
})
