// Calls for a later time, and again and again: on a virtual clock, over restarts.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { OutsideCommit } from '../../src/actor/outside-commit.ts'
import { Parcel } from '../../src/actor/post/parcel.ts'
import { SpawnError } from '../../src/base/index.ts'
import type { Call, Timing } from '../../src/ports/index.ts'
import { type Bench, bench, codeOf, counter, type CounterOptions, setTotal, totalOf } from './fixture.ts'
import { named, restarted } from './restarted.ts'

const EVERYTHING = Number.MAX_SAFE_INTEGER

async function later(at: Bench, name: string, timing: Timing, more: Partial<Call> = {}): Promise<string> {
  return (await at.clock.run(at.runtime.invoke(name, { action: 'add', ...timing, ...more }))) as string
}

test('a call for later is answered at once with an id, and runs once at its time', async () => {
  const at = await bench({ definitions: [named('a')] })
  const id = await later(at, 'a', { delayMs: 1_000 })
  const { items } = await at.clock.run(at.runtime.schedules.list())
  assert.deepEqual(
    items.map((schedule) => [
      schedule.id,
      schedule.to.name,
      schedule.action,
      schedule.dueAtMs - at.clock.now(),
    ]),
    [[id, 'a', 'add', 1_000]],
  )
  await at.clock.advance(999)
  assert.equal(await at.call('a', '', 'read'), 0)
  await at.clock.advance(5)
  assert.equal(await at.call('a', '', 'read'), 1)
  await at.clock.advance(100_000)
  assert.equal(await at.call('a', '', 'read'), 1)
  assert.deepEqual((await at.runtime.schedules.list()).items, [])
})

test('a time that has passed means now; times that are none are refused', async () => {
  const at = await bench({ definitions: [named('a')] })
  await later(at, 'a', { scheduledToMs: 5 })
  await at.clock.advance(1)
  assert.equal(await at.call('a', '', 'read'), 1)
  const wrong: Timing[] = [
    { delayMs: -1 },
    { delayMs: Number.NaN },
    { scheduledToMs: Number.POSITIVE_INFINITY },
    { delayMs: 1, scheduledToMs: 1 },
    { delayMs: 1, timeZone: 'UTC' },
    { cron: 'every day' },
    { cron: '0 0 31 2 *' },
    { cron: '0 9 * * *', timeZone: 'Mars/Olympus' },
  ]
  for (const timing of wrong)
    assert.equal(await codeOf(later(at, 'a', timing)), 'INVALID_ARGUMENT', JSON.stringify(timing))
  assert.equal(await codeOf(later(at, 'a', { delayMs: 1 }, { action: 'absent' })), 'ACTION_NOT_FOUND')
  const metadata = { 'request-timeout': 'soon' }
  assert.equal(await codeOf(later(at, 'a', { delayMs: 1 }, { metadata, timeoutMs: 5 })), 'INVALID_ARGUMENT')
})

test('a call for later of an actor that nobody has is refused now, as one at once is', async () => {
  const at = await bench({ definitions: [named('a'), counter('counter')] })
  const wrong = [
    ['b', undefined],
    ['c-1', 'coutner'],
    ['c-1', undefined],
  ] as const
  for (const [name, ref] of wrong)
    assert.equal(await codeOf(later(at, name, { delayMs: 1_000 }, { ref })), 'ACTOR_NOT_FOUND', name)
  assert.deepEqual((await at.runtime.schedules.list()).items, [])
  // An instance need not exist yet, and one that does need not say whose it is.
  await later(at, 'c-1', { delayMs: 1_000 }, { ref: 'counter' })
  await at.call('c-2', 'counter', 'add')
  await later(at, 'c-2', { delayMs: 1_000 })
  await at.clock.advance(1_005)
  assert.deepEqual([await at.call('c-1', 'counter', 'read'), await at.call('c-2', 'counter', 'read')], [1, 2])
})

test('a schedule survives a restart, and a late one runs at once, once', async () => {
  const at = await bench({ definitions: [named('a')] })
  await later(at, 'a', { delayMs: 10_000 })
  const after = await restarted(at, {}, 60_000)
  await after.clock.advance(5)
  assert.equal(await after.call('a', '', 'read'), 1)
  const again = await restarted(after, {}, 60_000)
  assert.equal(await again.call('a', '', 'read'), 1)
})

test('a schedule can be cancelled until it has run', async () => {
  const at = await bench({ definitions: [named('a')] })
  const id = await later(at, 'a', { delayMs: 1_000 })
  assert.equal(await at.clock.run(at.runtime.schedules.cancel(id)), true)
  assert.equal(await at.clock.run(at.runtime.schedules.cancel(id)), false)
  await at.clock.advance(5_000)
  assert.equal(await at.call('a', '', 'read'), 0)
})

test('a schedule that waits behind a long turn can still be cancelled, and its actor notices nothing', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const handlers: CounterOptions['handlers'] = { slow: () => promise.then(() => ({ response: 'slow' })) }
  const at = await bench({ definitions: [named('a', { handlers })] })
  const slow = at.runtime.invoke('a', { action: 'slow' })
  const id = await later(at, 'a', { delayMs: 10 })
  await at.clock.advance(1_000)
  assert.equal(await at.clock.run(at.runtime.schedules.cancel(id)), true)
  const behind = at.runtime.invoke('a', { action: 'add' })
  resolve()
  assert.equal(await at.clock.run(slow), 'slow')
  assert.equal(await at.clock.run(behind), 1)
  await at.clock.advance(60_000)
  assert.equal(await at.call('a', '', 'read'), 1)
  assert.deepEqual(at.logger.lines, [])
})

test('a schedule that is cancelled while it runs leaves no trace, once or again and again', async () => {
  for (const timing of [{ delayMs: 1_000 }, { cron: '* * * * * *' }] as const) {
    let runs = 0
    const handlers: CounterOptions['handlers'] = {
      work: async (turn) => {
        runs += 1
        await at.clock.sleep(300)
        return setTotal(totalOf(turn) + 10)
      },
    }
    const at = await bench({ definitions: [named('a', { handlers })] })
    const id = await later(at, 'a', timing, { action: 'work' })
    await at.clock.advance(1_100)
    assert.equal(runs, 1)
    const behind = at.runtime.invoke('a', { action: 'add' })
    assert.equal(await at.clock.run(at.runtime.schedules.cancel(id)), true)
    assert.equal(await at.clock.run(behind), 1)
    await at.clock.advance(60_000)
    assert.equal(await at.call('a', '', 'read'), 1)
    assert.equal(runs, 1)
    assert.deepEqual((await at.runtime.schedules.list()).items, [])
    assert.deepEqual((await at.runtime.deadLetters.list()).items, [])
  }
})

test('after a long stop each schedule that is late runs once, in the order of their times', async () => {
  const seen: unknown[] = []
  const handlers: CounterOptions['handlers'] = { work: ({ payload }) => void seen.push(payload) }
  const options: CounterOptions = { handlers }
  const at = await bench({ definitions: [named('a', options)] })
  for (const minute of [3, 1, 2])
    await later(at, 'a', { delayMs: minute * 60_000 }, { action: 'work', payload: minute })
  await later(at, 'a', { cron: '* * * * *' }, { action: 'work', payload: 'every minute' })
  const after = await restarted(at, options, 7 * 24 * 3_600_000 + 30_000)
  await after.clock.advance(5)
  assert.deepEqual(seen, [1, 'every minute', 2, 3])
  await after.clock.advance(60_000)
  assert.deepEqual(seen.slice(4), ['every minute'])
})

test('a cron expression comes again, in its time zone, and after a restart once for all that was missed', async () => {
  const at = await bench({ definitions: [named('a')] })
  // The virtual clock begins at midnight UTC: in Berlin it is one o'clock.
  const id = await later(at, 'a', { cron: '30 2 * * *', timeZone: 'Europe/Berlin' })
  const hourMs = 3_600_000
  await at.clock.advance(1.5 * hourMs - 1)
  assert.equal(await at.call('a', '', 'read'), 0)
  await at.clock.advance(5)
  assert.equal(await at.call('a', '', 'read'), 1)
  await at.clock.advance(24 * hourMs)
  assert.equal(await at.call('a', '', 'read'), 2)
  const after = await restarted(at, {}, 72 * hourMs)
  await after.clock.advance(5)
  assert.equal(await after.call('a', '', 'read'), 3)
  const [schedule] = (await after.runtime.schedules.list()).items
  assert.equal(schedule?.id, id)
  assert.equal(new Date(schedule?.dueAtMs ?? 0).toISOString().slice(11), '01:30:00.000Z')
  assert.equal(await after.clock.run(after.runtime.schedules.cancel(id)), true)
  await after.clock.advance(48 * hourMs)
  assert.equal(await after.call('a', '', 'read'), 3)
})

test('an occasion that keeps failing becomes a dead letter, and the next one comes', async () => {
  let broken = true
  const handlers: CounterOptions['handlers'] = {
    work: () => {
      if (broken) throw new SpawnError('ACTION_FAILED', 'broken')
      return { response: 1 }
    },
  }
  const at = await bench({ definitions: [named('a', { handlers })], limits: { deliveryAttempts: 2 } })
  await later(at, 'a', { cron: '0 * * * *' }, { action: 'work' })
  await at.clock.advance(3_700_000)
  broken = false
  await at.clock.advance(3_600_000)
  assert.equal((await at.runtime.deadLetters.list()).items.length, 1)
  assert.equal((await at.runtime.schedules.list()).items.length, 1)
})

test('a schedule whose expression this release does not take any more becomes a dead letter that says so', async () => {
  const at = await bench({ definitions: [named('a')] })
  const letter = { kind: 'call', from: null, to: ['', 'a'], action: 'add', createdAtMs: 0 } as const
  const rhythm = { cron: 'every day', timeZone: 'UTC' }
  const sends = [new Parcel('old', 'schedule', 1, null, { ...letter, rhythm }, true)]
  await at.store.commit([new OutsideCommit('test', 1, { sends, takes: [] })])
  await at.clock.advance(300_000)
  const [dead] = (await at.runtime.deadLetters.list()).items
  assert.match(dead?.error.message ?? '', /cron expression "every day" cannot be used/)
  assert.deepEqual((await at.runtime.schedules.list()).items, [])
})

test('many schedules of one moment all run, and hold no memory before', async () => {
  const at = await bench({ definitions: [counter('counter')], limits: { deliveries: 50 } })
  for (let n = 0; n < 300; n += 1) await later(at, `c${n % 7}`, { delayMs: 60_000 }, { ref: 'counter' })
  await at.clock.advance(70_000)
  let total = 0
  for (let n = 0; n < 7; n += 1) total += Number(await at.call(`c${n}`, 'counter', 'read'))
  assert.equal(total, 300)
})

test('a call for later with an idempotency key runs once, however often it was asked for', async () => {
  const at = await bench({ definitions: [named('a')] })
  for (let n = 0; n < 3; n += 1) await later(at, 'a', { delayMs: 1_000 }, { idempotencyKey: 'k' })
  await at.clock.advance(10_000)
  assert.equal(await at.call('a', '', 'read'), 1)
  assert.deepEqual((await at.store.due('test', EVERYTHING, 10)).envelopes, [])
})

test('a call that comes again takes no idempotency key: it would run once', async () => {
  const at = await bench({ definitions: [named('a')] })
  const asked = later(at, 'a', { cron: '* * * * *' }, { idempotencyKey: 'k' })
  assert.equal(await codeOf(asked), 'INVALID_ARGUMENT')
})
