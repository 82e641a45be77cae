// How queries end: deadlines, bounds, and the lives of their actor.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { askable } from './asked.ts'
import { codeOf, setTotal, totalOf } from './fixture.ts'

test('queries have deadlines, can be cancelled, and end with the system', async () => {
  const { ask, clock, runtime } = await askable({
    timeouts: { hang: 50 },
    handlers: { hang: () => new Promise(() => {}), endless: () => new Promise(() => {}) },
    queries: ['hang', 'endless'],
  })
  await clock.run(ask('read'))
  const before = clock.now()
  assert.equal(await clock.run(codeOf(ask('hang'))), 'DEADLINE_EXCEEDED')
  assert.ok(clock.now() - before >= 50 && clock.now() - before <= 60)
  const cancel = new AbortController()
  const cancelled = codeOf(ask('endless', { signal: cancel.signal }))
  await clock.settle()
  cancel.abort()
  assert.equal(await clock.run(cancelled), 'CANCELLED')
  const last = codeOf(ask('endless'))
  await clock.run(runtime.stop({ drainMs: 100 }))
  assert.equal(await last, 'DRAINING')
})

test('a query that cancels its own call is given up, and counts no longer', async () => {
  const controller = { current: new AbortController() }
  const { ask, clock } = await askable({
    mailboxLimit: 1,
    handlers: {
      now: () => (controller.current.abort(), { response: 1 }),
      later: async () => (controller.current.abort(), await clock.sleep(5), { response: 1 }),
    },
    queries: ['now', 'later'],
  })
  // The first has to wait for its actor; one that runs at once is done before it can be cancelled.
  for (const action of ['now', 'later', 'later']) {
    controller.current = new AbortController()
    assert.equal(await clock.run(codeOf(ask(action, { signal: controller.current.signal }))), 'CANCELLED')
  }
  await clock.advance(100)
  assert.equal(await clock.run(ask('total')), 0)
})

test('the queries of one actor are bounded like its mailbox, and do not fill it', async () => {
  const { ask, clock } = await askable({
    mailboxLimit: 3,
    handlers: { watch: async () => void (await clock.sleep(100)) },
    queries: ['watch'],
  })
  const cold = [ask('total'), ask('total'), ask('total')]
  assert.equal(await codeOf(ask('total')), 'MAILBOX_FULL')
  assert.equal(await clock.run(ask('add')), 1)
  await clock.run(Promise.all(cold))
  const running = [ask('watch'), ask('watch'), ask('watch')]
  assert.equal(await codeOf(ask('total')), 'MAILBOX_FULL')
  assert.equal(await clock.run(ask('add')), 2)
  await clock.run(Promise.all(running))
  assert.equal(await clock.run(ask('total')), 2)
})

test('an actor with a query under way stays in memory', async () => {
  const { ask, clock, runtime, store } = await askable({
    idleTimeoutMs: 100,
    handlers: { watch: async (turn) => (await clock.sleep(1_000), { response: totalOf(turn) }) },
    queries: ['watch'],
  })
  await clock.run(ask('add'))
  const watch = ask('watch')
  await clock.advance(900)
  assert.equal(runtime.residentActors, 1)
  assert.equal(await clock.run(watch), 1)
  await clock.advance(300)
  assert.equal(runtime.residentActors, 0)
  const { loads } = store
  assert.equal(await clock.run(ask('total')), 1)
  assert.equal(store.loads, loads + 1)
})

test('a lost commit fails the turn, not the queries: those under way end, the next see what stands', async () => {
  const { ask, clock, store } = await askable({
    handlers: { watch: async (turn) => (await clock.sleep(100), { response: totalOf(turn) }) },
    queries: ['watch'],
  })
  await clock.run(ask('add'))
  store.hold()
  store.failCommit = 'before'
  const lost = codeOf(ask('add'))
  await clock.settle()
  const watch = ask('watch')
  store.release()
  assert.equal(await clock.run(lost), 'STORE_UNAVAILABLE')
  assert.equal(await clock.run(watch), 1)
  assert.equal(await clock.run(ask('total')), 1)
})

test('queries that wait for a first commit which is lost go to the successor', async () => {
  const { ask, clock, store } = await askable({ init: 'add' })
  store.hold()
  store.failCommit = 'before'
  const early = ask('total')
  await clock.settle()
  store.release()
  assert.equal(await clock.run(early), 1)
})

test('restored and deleted actors show what stands', async () => {
  const { ask, clock, runtime } = await askable({ history: { revisions: 10, durationMs: 0 } })
  for (let at = 0; at < 3; at += 1) await clock.run(ask('add'))
  await clock.run(runtime.spawn('a', { ref: 'counter', revision: 1 }))
  assert.equal(await clock.run(ask('total')), 1)
  await clock.run(runtime.delete('a', 'counter'))
  assert.equal(await clock.run(ask('total')), 0)
})

test('an asynchronous query fails into the log, and an idempotency key says nothing', async () => {
  const { ask, clock, logger, store } = await askable({
    handlers: {
      broken: () => {
        throw new Error('a bug')
      },
    },
    queries: ['broken'],
  })
  await clock.run(ask('add'))
  assert.equal(await ask('broken', { async: true }), undefined)
  assert.deepEqual(
    logger.lines.map(({ fields }) => [fields['action'], fields['code']]),
    [['broken', 'DEFECT']],
  )
  assert.equal(await clock.run(ask('total', { idempotencyKey: 'k' })), 1)
  assert.equal(await clock.run(ask('add')), 2)
  assert.equal(await clock.run(ask('total', { idempotencyKey: 'k' })), 2)
  assert.equal(store.groups.length, 2)
})

test('readers that never pause starve neither turns nor timers', async () => {
  const { ask, clock } = await askable({
    handlers: { slow: async (turn) => (await clock.sleep(0), setTotal(totalOf(turn) + 1)) },
  })
  await clock.run(ask('read'))
  let stop = false
  let reads = 0
  const reader = async (): Promise<void> => {
    while (!stop) {
      await ask('total')
      reads += 1
    }
  }
  const readers = Array.from({ length: 64 }, reader)
  const write = ask('slow').then(() => {
    stop = true
  })
  await clock.run(Promise.all([...readers, write]), { maxSteps: 1_000 })
  assert.ok(reads > 64)
})
