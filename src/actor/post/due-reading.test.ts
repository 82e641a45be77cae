import assert from 'node:assert/strict'
import { test } from 'node:test'

import { LIMITS } from '../../base/index.ts'
import { MemoryStore } from '../../stores/memory/index.ts'
import { OutsideCommit } from '../outside-commit.ts'
import { DueReading } from './due-reading.ts'
import { Parcel } from './parcel.ts'

const letter = { kind: 'effect', from: null, to: ['', 'b'], action: 'c', createdAtMs: 0 } as const
const parcel = (id: string, dueAtMs = 0): Parcel => new Parcel(id, 'schedule', dueAtMs, null, letter)

test('what is due is read in order, each once, with what comes behind the last of it', async () => {
  const store = new MemoryStore()
  await store.start()
  const send = (sends: readonly Parcel[]) => store.commit([new OutsideCommit('s', 1, { sends, takes: [] })])
  const ids = Array.from({ length: LIMITS.pageSize * 2 + 1 }, (_, at) => `id-${at}`)
  await send(ids.map((id) => parcel(id)))
  await send([parcel('later', 5)])

  const reading = new DueReading(store, 's')
  const read: string[] = []
  for (let isLast = false; !isLast;) {
    assert.equal(reading.isUnderWay, read.length > 0)
    const page = await reading.next(0)
    read.push(...page.envelopes.map(({ id }) => id))
    isLast = page.isLast
  }
  assert.deepEqual(read, ids)

  assert.deepEqual((await reading.next(0)).envelopes, [])
  await send([parcel('another')])
  assert.deepEqual(
    (await reading.next(0)).envelopes.map(({ id }) => id),
    ['another'],
  )
  const behind = new DueReading(store, 's', { dueAtMs: 0, place: Number.MAX_SAFE_INTEGER })
  assert.deepEqual(
    (await behind.next(5)).envelopes.map(({ id }) => id),
    ['later'],
  )
})
