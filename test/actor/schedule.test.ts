// Calls for a later time, again and again, and timers: on a virtual clock, over restarts.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { SpawnError } from '../../src/base/index.ts'
import type { Call, Timing } from '../../src/ports/index.ts'
import { type Bench, bench, codeOf, counter, type CounterOptions } from './fixture.ts'

const EVERYTHING = Number.MAX_SAFE_INTEGER

async function later(at: Bench, name: string, timing: Timing, more: Partial<Call> = {}): Promise<string> {
  return (await at.clock.run(at.runtime.invoke(name, { action: 'add', ...timing, ...more }))) as string
}

const named = (name: string, more: CounterOptions = {}) => counter(name, { kind: 'named', ...more })

async function restarted(at: Bench, more: CounterOptions = {}, awayMs = 0): Promise<Bench> {
  await at.clock.run(at.runtime.stop())
  await at.clock.advance(awayMs)
  return bench({ definitions: [named('a', more)], store: at.store, clock: at.clock })
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

const ticking: CounterOptions = { timers: { add: 1_000 } }

test('a timer ticks in its rhythm, and a restart continues it without a burst', async () => {
  const at = await bench({ definitions: [named('a', ticking)] })
  await at.clock.advance(3_500)
  assert.equal(await at.call('a', '', 'read'), 3)
  const after = await restarted(at, ticking, 10_200)
  await after.clock.advance(10)
  assert.equal(await after.call('a', '', 'read'), 4)
  await after.clock.advance(280)
  assert.equal(await after.call('a', '', 'read'), 4)
  await after.clock.advance(20)
  assert.equal(await after.call('a', '', 'read'), 5)
})

test('a timer whose turn takes long does not overlap itself, and one that fails goes on', async () => {
  let running = 0
  let most = 0
  let runs = 0
  const at = await bench({
    definitions: [
      named('a', {
        timers: { work: 100 },
        handlers: {
          work: async () => {
            running += 1
            most = Math.max(most, running)
            await at.clock.sleep(250)
            running -= 1
            runs += 1
            if (runs === 2) throw new SpawnError('ACTION_FAILED', 'once')
            return undefined
          },
        },
      }),
    ],
  })
  await at.clock.advance(2_000)
  assert.equal(most, 1)
  assert.ok(runs >= 5 && runs <= 7, String(runs))
  assert.deepEqual((await at.runtime.deadLetters.list()).items, [])
})

const changing = (ms: number | null) => ({
  workflow: { effects: [], broadcasts: [], route: null, timers: { add: ms } },
})
const changeable: CounterOptions = {
  ...ticking,
  handlers: { slower: () => changing(10_000), stop: () => changing(null) },
}

test('an action stops a timer and changes it, also for the lives after', async () => {
  const at = await bench({ definitions: [named('a', changeable)] })
  await at.clock.advance(1_500)
  await at.call('a', '', 'slower')
  await at.clock.advance(9_900)
  assert.equal(await at.call('a', '', 'read'), 1)
  await at.clock.advance(200)
  assert.equal(await at.call('a', '', 'read'), 2)
  await at.call('a', '', 'stop')
  const after = await restarted(at, changeable)
  await after.clock.advance(60_000)
  assert.equal(await after.call('a', '', 'read'), 2)
  const faster = await restarted(after, { ...changeable, timers: { add: 500 } })
  await faster.clock.advance(1_100)
  assert.equal(await faster.call('a', '', 'read'), 4)
})

test('a timer that the first turn of an actor stops stays stopped', async () => {
  const at = await bench({ definitions: [counter('counter', changeable)] })
  const { envelopes } = at.store
  at.store.envelopes = async (...asked) => {
    const found = await envelopes.apply(at.store, asked)
    await at.clock.sleep(50)
    return found
  }
  await at.call('i', 'counter', 'stop')
  await at.clock.advance(10_000)
  assert.equal(await at.call('i', 'counter', 'read'), 0)
})

test('a tick that is read from the store while the turn that stops its timer is being committed does not run', async () => {
  const at = await bench({ definitions: [named('a', changeable)] })
  await at.clock.advance(900)
  at.store.hold()
  const stopped = at.runtime.invoke('a', { action: 'stop' })
  await at.clock.advance(500)
  at.store.release()
  await at.clock.run(stopped)
  await at.clock.advance(10_000)
  assert.equal(await at.call('a', '', 'read'), 0)
  assert.deepEqual((await at.store.due('test', EVERYTHING - 1, 10)).envelopes, [])
})

test('a tick that was read from the store before its timer was stopped, and comes after that, does not run', async () => {
  const at = await bench({ definitions: [named('a', changeable)] })
  await at.clock.advance(500)
  const { due } = at.store
  at.store.due = async (...asked) => {
    const found = await due.apply(at.store, asked)
    await at.clock.sleep(200)
    return found
  }
  await at.clock.advance(600)
  await at.call('a', '', 'stop')
  await at.clock.advance(10_000)
  assert.equal(await at.call('a', '', 'read'), 0)
})

test('nor does it when the commit that stopped its timer has failed after it was written', async () => {
  const at = await bench({ definitions: [named('a', changeable)] })
  await at.clock.advance(500)
  const { due } = at.store
  at.store.due = async (...asked) => {
    const found = await due.apply(at.store, asked)
    await at.clock.sleep(200)
    return found
  }
  await at.clock.advance(600)
  at.store.failCommit = 'after'
  assert.equal(await codeOf(at.call('a', '', 'stop')), 'STORE_UNAVAILABLE')
  await at.clock.advance(10_000)
  assert.equal(await at.call('a', '', 'read'), 0)
})

test('a timer goes on when what became of a failed tick was written, and that was not heard', async () => {
  let ticks = 0
  const handlers: CounterOptions['handlers'] = {
    work: () => {
      ticks += 1
      if (ticks === 1) throw new SpawnError('ACTION_FAILED', 'once')
      return undefined
    },
  }
  const at = await bench({ definitions: [named('a', { timers: { work: 400 }, handlers })] })
  await at.clock.advance(350)
  at.store.failCommit = 'after'
  await at.clock.advance(5_000)
  assert.ok(ticks > 8, `${ticks} ticks`)
})

test('a tick that failed is not followed by another when its timer was stopped meanwhile', async () => {
  let ticks = 0
  const handlers: CounterOptions['handlers'] = {
    work: () => {
      ticks += 1
      throw new SpawnError('ACTION_FAILED', 'it fails')
    },
    stop: () => ({ workflow: { effects: [], broadcasts: [], route: null, timers: { work: null } } }),
  }
  const at = await bench({
    definitions: [named('a', { timers: { work: 1_000 }, handlers }), counter('counter')],
  })
  await at.clock.advance(500)
  at.store.hold()
  // While its commit is held back, those of the failed tick and of the stop wait for one and the same group.
  const other = at.runtime.invoke('other', { ref: 'counter', action: 'add' })
  await at.clock.advance(600)
  const stopped = at.runtime.invoke('a', { action: 'stop' })
  await at.clock.advance(1_500)
  at.store.release()
  await at.clock.run(Promise.all([other, stopped]))
  await at.clock.advance(10_000)
  assert.equal(ticks, 1)
})

test('a tick that changes its own timer and fails is left out, and the next one comes in its time', async () => {
  let ticks = 0
  const work = () => {
    ticks += 1
    // The first two set what cannot be kept, the third is lost with its commit.
    if (ticks === 3) at.store.failCommit = 'before'
    const { workflow } = changing(500)
    const timers = { work: workflow.timers.add }
    return { changed: ticks < 3, state: { total: 1n }, workflow: { ...workflow, timers } }
  }
  const at = await bench({ definitions: [named('a', { timers: { work: 1_000 }, handlers: { work } })] })
  await at.clock.advance(2_900, { maxSteps: 1_000 })
  assert.equal(ticks, 2)
  await at.clock.advance(200, { maxSteps: 1_000 })
  assert.equal(ticks, 3)
  await at.clock.advance(5_000)
  assert.ok(ticks >= 11 && ticks <= 13, `${ticks} ticks`)
  const failed = at.logger.lines.filter(({ message }) => message === 'a timer failed')
  assert.equal(failed.length, 3)
})

test('a timer that is not declared any more ends; those of instances begin with their first life', async () => {
  const at = await bench({ definitions: [counter('counter', ticking)] })
  await at.clock.advance(5_000)
  await at.call('i', 'counter', 'read')
  await at.clock.advance(2_100)
  assert.equal(await at.call('i', 'counter', 'read'), 2)
  await at.clock.run(at.runtime.stop())
  const after = await bench({ definitions: [counter('counter')], store: at.store, clock: at.clock })
  await after.clock.advance(60_000)
  assert.equal(await after.call('i', 'counter', 'read'), 3)
  assert.deepEqual((await after.store.due('test', EVERYTHING, 10)).nextDueMs, null)
})

test('an actor that is deleted has no timers any more, and stays deleted', async () => {
  const at = await bench({ definitions: [counter('counter', ticking)] })
  await at.call('i', 'counter', 'add')
  await at.clock.advance(2_500)
  await at.clock.run(at.runtime.delete('i', 'counter'))
  await at.clock.advance(60_000)
  assert.equal(await codeOf(at.clock.run(at.runtime.inspect('i', 'counter'))), 'ACTOR_NOT_FOUND')
})

test('a call that comes again takes no idempotency key: it would run once', async () => {
  const at = await bench({ definitions: [named('a')] })
  const asked = later(at, 'a', { cron: '* * * * *' }, { idempotencyKey: 'k' })
  assert.equal(await codeOf(asked), 'INVALID_ARGUMENT')
})

test('an instance that is made again at once, by a call that waited, has its timers', async () => {
  const at = await bench({ definitions: [counter('counter', ticking)] })
  await at.call('i', 'counter', 'add')
  await at.clock.advance(500)
  const { promise, resolve } = Promise.withResolvers<void>()
  const remove = at.store.delete.bind(at.store)
  at.store.delete = (...args) => promise.then(() => remove(...args))
  const deleted = at.runtime.delete('i', 'counter')
  await at.clock.advance(10)
  const behind = at.runtime.invoke('i', { ref: 'counter', action: 'add' })
  resolve()
  await at.clock.run(deleted)
  assert.equal(await at.clock.run(behind), 1)
  await at.clock.advance(2_500)
  assert.ok(Number(await at.call('i', 'counter', 'read')) >= 2)
})

test('an instance whose delete failed has its timers still', async () => {
  const at = await bench({ definitions: [counter('counter', ticking)] })
  await at.call('i', 'counter', 'add')
  at.store.delete = () => Promise.reject(new SpawnError('STORE_UNAVAILABLE', 'told to fail'))
  assert.equal(await codeOf(at.clock.run(at.runtime.delete('i', 'counter'))), 'STORE_UNAVAILABLE')
  await at.call('i', 'counter', 'read')
  await at.clock.advance(3_500)
  assert.ok(Number(await at.call('i', 'counter', 'read')) >= 3)
})

test('a named actor that is deleted keeps the timers of its definition', async () => {
  const at = await bench({ definitions: [named('a', ticking)] })
  await at.call('a', '', 'add')
  await at.clock.run(at.runtime.delete('a'))
  await at.clock.advance(2_500)
  assert.equal(await at.call('a', '', 'read'), 2)
})

test('after a stop no timer is set any more', async () => {
  const at = await bench({ definitions: [counter('counter', ticking)] })
  at.store.envelopes = () => Promise.reject(new SpawnError('STORE_UNAVAILABLE', 'told to fail'))
  await at.call('i', 'counter', 'read')
  await at.clock.run(at.runtime.stop())
  const before = at.logger.lines.length
  await at.clock.advance(60_000)
  assert.equal(at.logger.lines.length, before)
})
