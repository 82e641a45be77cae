// What every statestore keeps of readings of the outbox: what is due, in order and page by page, when the next one will
// be, and the listings of boxes. See ports/statestore.ts.

import assert from 'node:assert/strict'
import { isSpawnError } from '../base/index.ts'
import { type Box, BOXES, type EnvelopePosition, type Statestore } from '../ports/index.ts'
import { envelopeOf, NOON_MS, outsideCommit, type StatestoreCases, SYSTEM } from './statestore-fixture.ts'

/** Sends envelopes named by the order in which they are due, in another order. */
async function sendMany(store: Statestore): Promise<void> {
  const due = (id: string, dueAtMs: number, box: Box = 'schedule') => envelopeOf(id, { box, dueAtMs })
  await store.commit([
    outsideCommit({ sends: [due('e', NOON_MS), due('c', 7), due('a', 0, 'delivery')] }),
    outsideCommit({ sends: [due('f', NOON_MS, 'delivery'), due('dead', 3, 'dead'), due('d', 7, 'timer')] }),
    outsideCommit({ sends: [due('b', 0, 'timer'), due('g', NOON_MS + 1, 'timer')] }),
  ])
}

const ids = ({ envelopes }: { readonly envelopes: readonly { readonly id: string }[] }): string =>
  envelopes.map(({ id }) => id).join('')

export const dueCases: StatestoreCases = {
  'nothing stands at first': async (store) => {
    assert.deepEqual(await store.due(SYSTEM, NOON_MS, 10), {
      envelopes: [],
      nextDueMs: null,
      isLast: true,
    })
    for (const box of BOXES) {
      assert.deepEqual(await store.listEnvelopes(SYSTEM, box, { limit: 1 }), { envelopes: [], next: null })
    }
  },

  'what is due comes by its time, then by its place, with the time of the next': async (store) => {
    await sendMany(store)
    const dueAt = async (untilMs: number): Promise<[string, number | null]> => {
      const page = await store.due(SYSTEM, untilMs, 100)
      return [ids(page), page.nextDueMs]
    }
    assert.deepEqual(await dueAt(0), ['ab', 7])
    assert.deepEqual(await dueAt(6), ['ab', 7])
    assert.deepEqual(await dueAt(7), ['abcd', NOON_MS])
    assert.deepEqual(await dueAt(NOON_MS), ['abcdef', NOON_MS + 1])
    assert.deepEqual(await dueAt(NOON_MS + 1), ['abcdefg', null])
    await store.commit([outsideCommit({ takes: ['c', 'g'] }), outsideCommit({ takes: ['a'] })])
    assert.deepEqual(await dueAt(6), ['b', 7])
    assert.deepEqual(await dueAt(NOON_MS), ['bdef', null])
    assert.deepEqual(await dueAt(0), ['b', 7])
  },

  'a page goes on behind any position, whether something stands there or not': async (store) => {
    await sendMany(store)
    for (const limit of [1, 2, 3, 6]) {
      let all = ''
      for (let after: EnvelopePosition | undefined; ;) {
        const page = await store.due(SYSTEM, NOON_MS, limit, after)
        assert.equal(page.nextDueMs, NOON_MS + 1)
        all += ids(page)
        after = page.envelopes.at(-1) ?? after
        if (page.isLast) break
      }
      assert.equal(all, 'abcdef', `pages of ${limit}`)
    }
    const behind = async (dueAtMs: number, place: number) =>
      ids(await store.due(SYSTEM, NOON_MS, 9, { dueAtMs, place }))
    assert.equal(await behind(0, Number.MAX_SAFE_INTEGER), 'cdef')
    assert.equal(await behind(6, 0), 'cdef')
    assert.equal(await behind(7, 0), 'cdef')
    const [c] = await store.envelopes(SYSTEM, ['c'])
    await store.commit([outsideCommit({ takes: ['c'] })])
    assert.equal(await behind(7, c?.place ?? 0), 'def')
    assert.equal(await behind(NOON_MS + 5, 1), '')
  },

  'a box is listed by time and place, page by page': async (store) => {
    await sendMany(store)
    const listed: string[] = []
    for (const box of BOXES) {
      let all = ''
      for (let after: string | undefined; ;) {
        const page = await store.listEnvelopes(SYSTEM, box, {
          limit: 2,
          ...(after !== undefined && { after }),
        })
        assert.ok(page.envelopes.length <= 2)
        all += ids(page)
        if (page.next === null) break
        after = page.next
      }
      listed.push(all)
    }
    assert.deepEqual(listed, ['af', 'ce', 'bdg', 'dead', ''])
    const exact = await store.listEnvelopes(SYSTEM, 'timer', { limit: 3 })
    assert.deepEqual([ids(exact), exact.next], ['bdg', null])
    const refused = (error: unknown): boolean => isSpawnError(error) && error.code === 'INVALID_ARGUMENT'
    await assert.rejects(store.listEnvelopes(SYSTEM, 'timer', { limit: 3, after: 'somewhere' }), refused)
  },

  'large envelopes come in pages of fewer, one after the other': async (store) => {
    const payload = { typeUrl: 't', value: new Uint8Array(1_500_000) }
    for (let at = 0; at < 6; at += 1) {
      await store.commit([outsideCommit({ sends: [envelopeOf(`e${at}`, { payload, dueAtMs: at })] })])
    }
    let all = ''
    for (let after: EnvelopePosition | undefined; ;) {
      const page = await store.due(SYSTEM, 9, 5, after)
      assert.ok(page.isLast || page.envelopes.length > 0)
      assert.ok(page.envelopes.every((envelope) => envelope.payload?.value.length === 1_500_000))
      all += ids(page)
      if (page.isLast) break
      after = page.envelopes.at(-1)
    }
    assert.equal(all, 'e0e1e2e3e4e5')
  },
}
