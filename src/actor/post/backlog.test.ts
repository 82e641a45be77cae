import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { LIMITS, SpawnError } from '../../base/index.ts'
import { type DuePage, silentLogger, type Statestore } from '../../ports/index.ts'
import { jsonCodec } from '../../protocol/index.ts'
import { MemoryStore } from '../../stores/memory/index.ts'
import { VirtualClock } from '../../testing/index.ts'
import type { Message } from '../message.ts'
import { OutsideCommit } from '../outside-commit.ts'
import { Backlog } from './backlog.ts'
import { Held } from './held.ts'
import { Parcel } from './parcel.ts'

const PAYLOAD = { text: 'x'.repeat(90) }

/** Answers what is due only when it is let. */
class SlowStore extends MemoryStore {
  readings: PromiseWithResolvers<void>[] = []

  override async due(...args: Parameters<Statestore['due']>): Promise<DuePage> {
    const page = await super.due(...args)
    const reading = Promise.withResolvers<void>()
    this.readings.push(reading)
    await reading.promise
    return page
  }
}

async function backlogWith(limits: { deliveries: number; deliveryBytes: number }) {
  const clock = new VirtualClock()
  const store = new SlowStore()
  await store.start()
  const held = new Held(limits)
  const order: Parcel[] = []
  const hold = (parcel: Parcel): void => {
    held.add(parcel)
    order.push(parcel)
  }
  const hands = { takes: () => true, toPool: () => false, hold }
  const options = { system: 's', store, clock, logger: silentLogger, held, ...hands }
  const backlog = new Backlog({ ...options, limits: { ...LIMITS, ...limits } })
  backlog.start()
  let count = 0
  /** One that is committed, and has come here. */
  const come = async (asker: Message | null = null): Promise<Parcel> => {
    const letter = { kind: 'effect', from: ['', 'a'], to: ['', 'b'], action: 'c', createdAtMs: 0 } as const
    const parcel = new Parcel(`id-${(count += 1)}`, 'delivery', 0, jsonCodec.pack(PAYLOAD), letter, true)
    parcel.live = PAYLOAD
    parcel.asker = asker
    await store.commit([new OutsideCommit('s', 1, { sends: [parcel], takes: [] })])
    if (backlog.isOver && !held.isFull) hold(parcel)
    else backlog.add(parcel)
    return parcel
  }
  /** Lets the store answer until nobody asks it any more. */
  const settle = async (): Promise<void> => {
    await clock.advance(0)
    while (store.readings.length > 0) {
      for (const reading of store.readings.splice(0)) reading.resolve()
      await clock.advance(0)
    }
  }
  /** All that is held has been delivered. */
  const deliver = async (): Promise<void> => {
    const takes = order.filter((parcel) => held.has(parcel)).map(({ id }) => id)
    await store.commit([new OutsideCommit('s', 1, { sends: [], takes })])
    for (const parcel of order) held.remove(parcel)
    backlog.relieve()
  }
  return { backlog, clock, come, deliver, order, settle }
}

const ids = (parcels: readonly Parcel[]): string[] => parcels.map(({ id }) => id)

describe('what comes while the store is read', () => {
  test('waits in memory, with its payload once, and is held behind what was read', async () => {
    const { backlog, clock, come, order, settle } = await backlogWith({ deliveries: 9, deliveryBytes: 900 })
    await clock.advance(0)
    const parcels = [await come(), await come()]
    assert.deepEqual(
      parcels.map(({ live }) => live),
      [undefined, undefined],
    )
    await settle()
    assert.ok(backlog.isOver)
    assert.deepEqual(order, parcels)
  })

  test('waits in the store when its payloads are more than may be in memory', async () => {
    const { clock, come, order, settle } = await backlogWith({ deliveries: 99, deliveryBytes: 1_050 })
    await clock.advance(0)
    const parcels: Parcel[] = []
    for (let n = 0; n < 20; n += 1) parcels.push(await come())
    await settle()
    assert.deepEqual(ids(order), ids(parcels))
    assert.equal(
      order.filter((parcel) => parcels.includes(parcel)).length,
      0,
      'they were read from the store',
    )
  })

  test('leaves nothing behind of who waits for its answer', async () => {
    const failed: unknown[] = []
    const asker = { fail: (error: SpawnError) => failed.push(error.code) } as unknown as Message
    const { backlog, clock, come, order, settle } = await backlogWith({ deliveries: 9, deliveryBytes: 900 })
    await clock.advance(0)
    const parcel = await come(asker)
    await settle()
    assert.deepEqual([order, order[0]?.asker], [[parcel], asker])
    backlog.expelled(new SpawnError('LEASE_LOST', 'it is over'))
    assert.deepEqual(failed, [])
  })
})

test('who was answered otherwise is not remembered for what never comes', async () => {
  const { backlog, settle } = await backlogWith({ deliveries: 9, deliveryBytes: 900 })
  await settle()
  let told = 0
  const asker = { stage: 'settled', fail: () => (told += 1) } as unknown as Message
  const letter = { kind: 'effect', from: ['', 'a'], to: ['', 'b'], action: 'c', createdAtMs: 0 } as const
  for (let n = 0; n < 10_000; n += 1) {
    const taken = new Parcel(`taken-${n}`, 'delivery', 0, null, letter)
    taken.asker = asker
    backlog.expect(taken)
  }
  backlog.expelled(new SpawnError('LEASE_LOST', 'it is over'))
  assert.ok(told < 200, `${told} are remembered`)
})

test('what comes while memory is full waits in the store', async () => {
  const { come, deliver, order, settle } = await backlogWith({ deliveries: 99, deliveryBytes: 900 })
  await settle()
  const parcels: Parcel[] = []
  for (let n = 0; n < 15; n += 1) parcels.push(await come())
  await settle()
  assert.equal(order.length, 9)
  await deliver()
  await settle()
  assert.deepEqual(ids(order), ids(parcels))
  assert.equal(order.map((parcel) => parcels.includes(parcel)).lastIndexOf(true), 8, 'the others were read')
})
