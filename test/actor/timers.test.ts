// The timers of actors: on a virtual clock, over restarts.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { SpawnError } from '../../src/base/index.ts'
import { bench, codeOf, counter, type CounterOptions } from './fixture.ts'
import { named, restarted } from './restarted.ts'

const EVERYTHING = Number.MAX_SAFE_INTEGER
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
  let ticks: number = 0
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
  assert.ok(ticks >= 11 && ticks <= 13, String(ticks))
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
