import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom, SpawnError } from '../base/index.ts'
import { VirtualClock } from './virtual-clock.ts'

const HOUR_MS = 3_600_000

test('time stands still until somebody runs the clock, then jumps to the next timer', async () => {
  const clock = new VirtualClock({ startMs: 1_000 })
  const fired: number[] = []
  clock.after(HOUR_MS, () => fired.push(clock.now()))
  clock.after(5, () => fired.push(clock.now()))
  assert.deepEqual(fired, [])
  await clock.advance(HOUR_MS)
  assert.deepEqual(fired, [1_005, 1_000 + HOUR_MS])
  assert.equal(clock.now(), 1_000 + HOUR_MS)
})

test('advance goes no further than asked, and settle runs only what is due now', async () => {
  const clock = new VirtualClock({ startMs: 0 })
  const fired: string[] = []
  clock.after(10, () => fired.push('at 10'))
  clock.defer(() => {
    fired.push('deferred')
    clock.defer(() => fired.push('deferred by a deferred'))
  })
  await clock.settle()
  assert.deepEqual(fired, ['deferred', 'deferred by a deferred'])
  await clock.advance(9)
  assert.equal(fired.length, 2)
  assert.equal(clock.now(), 9)
  await clock.advance(1)
  assert.equal(fired.at(-1), 'at 10')
})

test('all microtasks of a task run before the next task', async () => {
  const clock = new VirtualClock()
  const order: string[] = []
  const task = (name: string) => async () => {
    order.push(`${name} begins`)
    for (let hop = 0; hop < 50; hop += 1) await Promise.resolve()
    order.push(`${name} ends`)
  }
  clock.after(1, () => void task('one')())
  clock.after(2, () => void task('two')())
  await clock.advance(2)
  assert.deepEqual(order, ['one begins', 'one ends', 'two begins', 'two ends'])
})

async function orderOf(seed: number): Promise<string> {
  const clock = new VirtualClock({ random: seededRandom(seed), latenessMs: 3 })
  const order: number[] = []
  for (let name = 0; name < 8; name += 1) {
    clock.defer(() => order.push(name))
    clock.after(name % 3, () => order.push(100 + name))
  }
  await clock.advance(10)
  return order.join()
}

test('a seed gives one order; seeds give different ones', async () => {
  const orders = new Set<string>()
  for (let seed = 0; seed < 20; seed += 1) {
    const order = await orderOf(seed)
    assert.equal(await orderOf(seed), order)
    orders.add(order)
  }
  assert.ok(orders.size >= 19, `${orders.size} different orders of 20`)
})

test('a cancelled timer never fires, also when it was due already; many of them take no memory', async () => {
  const clock = new VirtualClock()
  const fired: string[] = []
  const first = clock.after(1, () => (fired.push('first'), second.cancel()))
  const second = clock.after(1, () => (fired.push('second'), first.cancel()))
  for (let count = 0; count < 10_000; count += 1) clock.after(count, () => fired.push('never')).cancel()
  await clock.advance(10_000)
  assert.equal(fired.length, 1)
  assert.equal(clock.steps, 1)
})

test('run answers as the work does, in virtual time', async () => {
  const clock = new VirtualClock({ startMs: 0 })
  const slow = async (): Promise<number> => {
    await clock.sleep(HOUR_MS / 2)
    return clock.now()
  }
  assert.equal(await clock.run(slow()), HOUR_MS / 2)
  const failing = async (): Promise<never> => {
    await clock.sleep(1)
    throw new RangeError('as it does')
  }
  await assert.rejects(clock.run(failing()), RangeError)
})

test('a stall is an error that says what waits', async () => {
  const clock = new VirtualClock()
  const never = new Promise<never>(() => {})
  const stall = (error: unknown): boolean => {
    assert.ok(error instanceof SpawnError)
    assert.match(error.message, /stalled .* the reply to add; on the clock: 0 due$/)
    return true
  }
  await assert.rejects(clock.run(never, { waiting: () => 'the reply to add' }), stall)

  const beat = (): void => void clock.after(1_000, beat, { background: true })
  beat()
  await assert.rejects(clock.run(never, { maxMs: 60_000 }), /a background timer in 1000 ms/)
  const spin = (): void => clock.defer(spin)
  spin()
  await assert.rejects(clock.run(never, { maxSteps: 100 }), /too many steps/)
})

test('what a task throws comes out of the run; the clock can be driven on', async () => {
  const clock = new VirtualClock()
  clock.after(1, () => {
    throw new TypeError('from a task')
  })
  await assert.rejects(clock.advance(5), TypeError)
  await clock.advance(5)
})

test('one driver at a time', async () => {
  const clock = new VirtualClock()
  const first = clock.advance(5)
  await assert.rejects(clock.advance(5), /one run, advance or settle at a time/)
  await first
})

test('runUntil looks after every task', async () => {
  const clock = new VirtualClock({ startMs: 0 })
  let ticks = 0
  const tick = (): void => {
    ticks += 1
    clock.after(10, tick)
  }
  tick()
  await clock.runUntil(() => ticks === 7)
  assert.equal(clock.now(), 60)
})

test('thousands of timers come in order of time', async () => {
  const clock = new VirtualClock({ startMs: 0 })
  const random = seededRandom(7)
  const seen: number[] = []
  for (let count = 0; count < 5_000; count += 1) {
    const timer = clock.after(Math.floor(random.next() * 1_000), () => seen.push(clock.now()))
    if (random.next() < 0.5) timer.cancel()
  }
  await clock.advance(1_000)
  assert.ok(seen.length > 2_000)
  assert.deepEqual(
    seen,
    seen.toSorted((left, right) => left - right),
  )
})
