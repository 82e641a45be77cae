// Timers and calls for later, as an application sees them; over restarts.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { actor, Value } from '../../src/sdk/index.ts'
import { MemoryStore } from '../../src/stores/memory/index.ts'
import { VirtualClock } from '../../src/testing/index.ts'
import { account, counter, start } from './workflow-fixture.ts'

describe('timers', () => {
  const clockwork = actor('clockwork', {
    state: { ticks: 0 },
    actions: {
      tick: { timer: 1_000, handler: (ctx) => Value.of({ ticks: ctx.state.ticks + 1 }) },
      faster: () => Value.of().timer('tick', 100),
      stop: () => Value.of().timer('tick', null),
      wrong: () => Value.of().timer('tock', 100),
    },
  })

  test('fire while the definition is registered, and an action changes and stops them', async () => {
    const store = new MemoryStore()
    await using bench = await start([clockwork], new VirtualClock(), store)
    const { clock, system: running } = bench
    const ticks = async () => (await clock.run(running.ref(clockwork).get())).ticks
    await clock.advance(3_500)
    assert.equal(await ticks(), 3)
    await clock.run(running.ref(clockwork).faster())
    await clock.advance(1_050)
    assert.equal(await ticks(), 13)
    await clock.run(running.ref(clockwork).stop())
    await clock.advance(60_000)
    assert.equal(await ticks(), 13)
    await assert.rejects(clock.run(running.ref(clockwork).wrong()), {
      code: 'ACTION_FAILED',
      message: /"tock"/,
    })
  })
})

describe('calls for later', () => {
  test('answer with an id, are listed, can be cancelled, and survive a restart', async () => {
    const store = new MemoryStore()
    const clock = new VirtualClock()
    const due = new Date(clock.now() + 60_000)
    {
      await using bench = await start([counter, account], clock, store)
      const { system: running } = bench
      const id: string = await clock.run(running.ref(counter).add({ value: 1 }, { delay: 60_000 }))
      const at = await clock.run(
        running.invoke('a', { ref: 'account', action: 'deposit', payload: { amount: 3 }, scheduledTo: due }),
      )
      const daily = await clock.run(
        running.ref(counter).add({ value: 10 }, { cron: '0 9 * * *', timeZone: 'Asia/Tokyo' }),
      )
      const { items } = await clock.run(running.schedules.list({ limit: 2 }))
      assert.deepEqual(items.map((schedule) => schedule.id).toSorted(), [id, at].toSorted())
      assert.equal(await clock.run(running.schedules.cancel(at)), true)
      assert.equal(await clock.run(running.schedules.cancel(at)), false)
      assert.notEqual(daily, id)
    }
    await clock.advance(600_000)
    await using bench = await start([counter, account], clock, store)
    const { system: running } = bench
    await clock.advance(10)
    assert.equal((await clock.run(running.ref(counter).get())).total, 1)
    assert.equal((await clock.run(running.ref(account, 'a').get())).balance, 0)
    await clock.advance(86_400_000)
    assert.equal((await clock.run(running.ref(counter).get())).total, 11)
    const { items } = await clock.run(running.schedules.list())
    assert.deepEqual(
      items.map(({ cron, timeZone }) => [cron, timeZone]),
      [['0 9 * * *', 'Asia/Tokyo']],
    )
  })

  test('are refused when they mean nothing', async () => {
    await using bench = await start([counter])
    const { system: running } = bench
    await assert.rejects(
      running.invoke('counter', { action: 'add', delay: -1 }),
      /the call of "counter" has a bad `delay`/,
    )
    await assert.rejects(running.ref(counter).add({ value: 1 }, { cron: 'now and then' }), {
      code: 'INVALID_ARGUMENT',
    })
  })
})
