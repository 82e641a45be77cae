// The checker of histories: what it finds is compared with every order there is, and each kind of violation is planted.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'

import { seededRandom } from '../../src/base/index.ts'
import { type LedgerCall as Call, ledgerModel, type Sight, withEnd } from './ledger-model.ts'
import { judge } from './linearizability.ts'

const NEVER = Number.POSITIVE_INFINITY

const add = (sentAt: number, answeredAt: number, id: string, count: number): Call => ({
  sentAt,
  answeredAt,
  input: id,
  output: { count, last: id },
})
const lost = (sentAt: number, id: string): Call => ({ sentAt, answeredAt: NEVER, input: id, output: null })
const read = (sentAt: number, answeredAt: number, count: number, last: string): Call => ({
  sentAt,
  answeredAt,
  input: null,
  output: { count, last },
})

const holds = (...calls: Call[]): boolean => judge(ledgerModel, calls).linearizable

describe('a history holds when', () => {
  test('nothing happened', () => assert.ok(holds()))
  test('calls follow each other', () =>
    assert.ok(holds(add(0, 1, 'a', 1), add(2, 3, 'b', 2), read(4, 5, 2, 'b'))))
  test('calls that overlap took effect in the other order', () =>
    assert.ok(holds(add(0, 9, 'a', 2), add(1, 8, 'b', 1), read(2, 3, 1, 'b'))))
  test('a call without an answer has happened', () => assert.ok(holds(lost(0, 'a'), read(5, 6, 1, 'a'))))
  test('a call without an answer has not happened', () => assert.ok(holds(lost(0, 'a'), read(5, 6, 0, ''))))
  test('a call without an answer happens late', () =>
    assert.ok(holds(lost(0, 'a'), read(1, 2, 0, ''), add(3, 4, 'b', 2), read(5, 6, 2, 'b'))))
})

describe('a history is refused when', () => {
  test('an acknowledged entry is lost', () => assert.ok(!holds(add(0, 1, 'a', 1), read(2, 3, 0, ''))))
  test('an entry is doubled', () => assert.ok(!holds(add(0, 1, 'a', 1), read(2, 3, 2, 'a'))))
  test('a read is older than an answer before it', () =>
    assert.ok(!holds(add(0, 1, 'a', 1), add(2, 3, 'b', 2), read(4, 5, 1, 'a'))))
  test('two entries took one place', () => assert.ok(!holds(add(0, 5, 'a', 1), add(0, 5, 'b', 1))))
  test('a read goes back behind another read', () =>
    assert.ok(!holds(add(0, 9, 'a', 1), read(1, 2, 1, 'a'), read(3, 4, 0, ''))))
  test('a call without an answer was seen before it was sent', () =>
    assert.ok(!holds(read(0, 1, 1, 'a'), lost(2, 'a'))))
})

test('what is wrong is shown: how far an order goes, and who cannot come next', () => {
  const verdict = judge(ledgerModel, [add(0, 1, 'a', 1), add(2, 3, 'b', 2), read(4, 5, 1, 'a')])
  assert.deepEqual(
    verdict.longest.map(({ input }) => input),
    ['a', 'b'],
  )
  assert.deepEqual(verdict.stuck, [read(4, 5, 1, 'a')])
})

/** Every order that time allows, one after the other. */
function holdsInSomeOrder(calls: readonly Call[], state: Sight = ledgerModel.initial): boolean {
  if (calls.every(({ output }) => output === null)) return true
  const first = Math.min(...calls.map(({ answeredAt }) => answeredAt))
  return calls.some((call) => {
    if (call.sentAt > first) return false
    const next = ledgerModel.step(state, call.input, call.output)
    return (
      next !== null &&
      holdsInSomeOrder(
        calls.filter((other) => other !== call),
        next,
      )
    )
  })
}

test('it agrees with the trial of every order', () => {
  const call = fc
    .record({
      sentAt: fc.nat(8),
      lasts: fc.nat(6),
      isAdd: fc.boolean(),
      isLost: fc.nat(5).map((one) => one === 0),
      count: fc.nat(4),
      last: fc.constantFrom('0', '1', '2', '3', '4', ''),
    })
    .map((drawn) => drawn)
  const history = fc.array(call, { maxLength: 5 }).map((drawn) =>
    drawn.map(({ count, isAdd, isLost, last, lasts, sentAt }, at): Call => {
      const input = isAdd ? `${at}` : null
      return {
        sentAt,
        answeredAt: isLost ? NEVER : sentAt + lasts,
        input,
        output: isLost ? null : { count, last: input ?? last },
      }
    }),
  )
  let refused = 0
  fc.assert(
    fc.property(history, (calls) => {
      const { linearizable } = judge(ledgerModel, calls)
      if (!linearizable) refused += 1
      assert.equal(linearizable, holdsInSomeOrder(calls))
    }),
    { numRuns: 3_000 },
  )
  assert.ok(refused > 100, `only ${refused} histories were wrong`)
})

/** Callers of one list that takes calls one at a time, with answers that come late and some that never do. */
function played(seed: number, count: number): { readonly calls: Call[]; readonly entries: string[] } {
  const random = seededRandom(seed)
  const calls: Call[] = []
  const entries: string[] = []
  for (let at = 0; at < count; at += 1) {
    const input = random.next() < 0.5 ? `entry ${at}` : null
    const isLost = random.next() < 0.01
    if (input !== null && (!isLost || random.next() < 0.5)) entries.push(input)
    const output = isLost ? null : { count: entries.length, last: entries.at(-1) ?? '' }
    const sentAt = at - random.next() * 8
    calls.push({ sentAt, answeredAt: isLost ? NEVER : at + random.next() * 8, input, output })
  }
  return { calls, entries }
}

describe('ten thousand calls whose end is known', () => {
  const { calls, entries } = played(7, 10_000)
  const verdictOf = (some: readonly Call[], end: readonly string[]): boolean =>
    judge(ledgerModel, withEnd(some, end, 20_000)).linearizable

  test('are judged within moments', () => assert.ok(verdictOf(calls, entries)))
  test('are refused for one stale read among them', () => {
    const at = calls.findLastIndex(({ input, output }) => input === null && output !== null)
    const stale = { ...(calls[at] as Call), output: calls[20]?.output ?? null }
    assert.ok(!verdictOf(calls.with(at, stale), entries))
  })
  test('are refused when an entry is gone in the end', () =>
    assert.ok(!verdictOf(calls, entries.toSpliced(500, 1))))
  test('are refused when an entry is there twice in the end', () =>
    assert.ok(!verdictOf(calls, entries.toSpliced(500, 0, entries[500] as string))))
})
