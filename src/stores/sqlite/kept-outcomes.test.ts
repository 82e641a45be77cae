// Rows of kept outcomes: all that an outcome may be comes back, whether it was in a frame or not; rows of before version 5 of
// the schema are read; and what is damaged is never taken for an outcome.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { hashOf } from '../../base/index.ts'
import type { OutcomeRecord } from '../../ports/index.ts'
import { Packed } from '../../protocol/packed.ts'
import { FrameWriter, unpackFrame } from '../frames/frame.ts'
import type { FramedOutcome } from '../frames/framed-outcome.ts'
import { type KeptOutcome, keyHashesIn, OutcomeRow, packKept, unpackKept } from './kept-outcomes.ts'
import { anyKey } from '../../../test/any-key.ts'

const TYPES = ['t', 'r', '']
const typeId = (url: string): number => 1 + TYPES.indexOf(url)
function urlOf(id: number): string {
  const url = TYPES[id - 1]
  if (url === undefined) throw new RangeError(`no type ${id}`)
  return url
}

const outcome: fc.Arbitrary<OutcomeRecord> = fc.record({
  key: anyKey,
  expiresAtMs: fc.oneof(
    fc.nat({ max: 2_000 }).map((ms) => 1_700_000_000_000 + ms),
    fc.maxSafeNat(),
    fc.constantFrom(0, 2 ** 53 - 1),
  ),
  reply: fc.option(
    fc
      .tuple(fc.constantFrom(...TYPES), fc.uint8Array({ maxLength: 100 }))
      .map(([typeUrl, value]) => new Packed(typeUrl, value)),
  ),
})

const NOBODY = { family: 0, name: '' }
const OWNER = { family: 3, name: 'n' }

function rowOf(outcomes: readonly OutcomeRecord[], idOf = typeId): Uint8Array<ArrayBuffer> {
  const row = new OutcomeRow(idOf)
  if (outcomes.length > 0) row.begin(OWNER, outcomes.length)
  for (const each of outcomes) row.add(each)
  return row.take()
}

function rowOfFramed(outcomes: readonly FramedOutcome[]): Uint8Array<ArrayBuffer> {
  const row = new OutcomeRow(typeId)
  row.begin(OWNER, outcomes.length)
  for (const { frame, leadAt, type, valueAt } of outcomes) row.addFramed(frame, leadAt, type, valueAt)
  return row.take()
}

const outcomesIn = (row: Uint8Array): OutcomeRecord[] =>
  unpackKept(row, NOBODY, urlOf).map((kept) => kept.outcome)
const hashesIn = (row: Uint8Array): number[] => [...keyHashesIn(row, NOBODY)].flatMap(([, hashes]) => hashes)

const partsOf = ({ expiresAtMs, key, reply }: OutcomeRecord): unknown => [
  key,
  expiresAtMs,
  reply && [reply.typeUrl, Buffer.from(reply.value).toString('hex')],
]

const partsOfKept = ({ family, name, outcome: each }: KeptOutcome): unknown => [
  { family, name },
  partsOf(each),
]

describe('a row of kept outcomes', () => {
  test('has them as they were, also from a frame, and the hashes of their keys', () => {
    const writer = new FrameWriter()
    fc.assert(
      fc.property(fc.array(outcome, { minLength: 1, maxLength: 20 }), (outcomes) => {
        const state = outcomes.find(({ reply }) => reply !== null)?.reply ?? null
        const [commit] = writer
          .pack([
            {
              id: { system: 's', parent: '', name: 'n' },
              follows: 0,
              revision: 1,
              birth: 1,
              epoch: 1,
              tags: {},
              state,
              committedAtMs: 1,
              history: { revisions: 0, durationMs: 0 },
              outcomes,
              sends: [],
              takes: [],
            },
          ])
          .flatMap(unpackFrame)
        const row = rowOf(outcomes)
        assert.deepEqual(rowOfFramed(commit?.outcomes ?? []), row)
        assert.deepEqual(outcomesIn(row).map(partsOf), outcomes.map(partsOf))
        assert.deepEqual(
          hashesIn(row),
          outcomes.map(({ key }) => hashOf(key)),
        )
      }),
      { numRuns: 500 },
    )
  })

  test('of before version 5 of the schema is read', () => {
    const row = Buffer.from(
      '2437663363316335322d386636342d346430652d396130622d326636663166306632643131' +
        '80d095ffbc3101077b226e223a317d' +
        '2030313233343536373839616263646566303132333435363738396162636465660900' +
        '8800d0bad0bbd18ed1870a0203227822',
      'hex',
    )
    const keys = ['7f3c1c52-8f64-4d0e-9a0b-2f6f1f0f2d11', '0123456789abcdef0123456789abcdef', 'ключ']
    const urls = ['', 'r', 't']
    assert.deepEqual(unpackKept(row, OWNER, (id) => urls[id] ?? '').map(partsOfKept), [
      [OWNER, [keys[0], 1_700_000_000_000, ['r', Buffer.from('{"n":1}').toString('hex')]]],
      [OWNER, [keys[1], 9, null]],
      [OWNER, [keys[2], 10, ['t', Buffer.from('"x"').toString('hex')]]],
    ])
    assert.deepEqual([...keyHashesIn(row, OWNER)], [[OWNER, keys.map(hashOf)]])
  })

  test('of before version 6 is of the actor that stands beside it', () => {
    const row = Buffer.from(
      '80000e7f3c1c528f644d0e9a0b2f6f1f0f2d1180d095ffbc3102077b226e223a317d010123456789abcdef0123456789abcdef12' +
        '2c8800d0bad0bbd18ed1870a03227822',
      'hex',
    )
    const keys = ['7f3c1c52-8f64-4d0e-9a0b-2f6f1f0f2d11', '0123456789abcdef0123456789abcdef', 'ключ']
    assert.deepEqual(unpackKept(row, OWNER, urlOf).map(partsOfKept), [
      [OWNER, [keys[0], 1_700_000_000_000, ['r', Buffer.from('{"n":1}').toString('hex')]]],
      [OWNER, [keys[1], 1_700_000_000_009, null]],
      [OWNER, [keys[2], 10, ['r', Buffer.from('"x"').toString('hex')]]],
    ])
    assert.deepEqual([...keyHashesIn(row, OWNER)], [[OWNER, keys.map(hashOf)]])
  })

  test('of several actors has what each of them has, and so has what is left of it', () => {
    const kept = fc.tuple(fc.nat({ max: 3 }), fc.constantFrom('', 'a', 'b', 'ключ'), outcome)
    fc.assert(
      fc.property(fc.array(kept, { minLength: 1, maxLength: 30 }), fc.nat(), (some, seed) => {
        const all = some.map(([family, name, each]): KeptOutcome => ({ family, name, outcome: each }))
        const row = packKept(all, typeId)
        assert.equal(row.firstExpiryMs, Math.min(...all.map((each) => each.outcome.expiresAtMs)))
        assert.equal(row.size, all.length)
        const read = unpackKept(row.take(), NOBODY, urlOf)
        assert.deepEqual(read.map(partsOfKept), all.map(partsOfKept))
        const left = read.filter((_each, at) => (seed >>> (at % 31)) % 2 === 0)
        const again = packKept(left, typeId).take()
        assert.deepEqual(unpackKept(again, NOBODY, urlOf).map(partsOfKept), left.map(partsOfKept))
        const hashes = [...keyHashesIn(again, NOBODY)].flatMap(([{ family, name }, of]) =>
          of.map((hash) => [family, name, hash]),
        )
        assert.deepEqual(
          hashes,
          left.map((each) => [each.family, each.name, hashOf(each.outcome.key)]),
        )
      }),
    )
  })

  test('names a type once, until another one comes, whosever the outcomes are; and the next row names it anew', () => {
    const named: string[] = []
    const row = new OutcomeRow((url) => {
      named.push(url)
      return typeId(url)
    })
    /** The bytes that the types took. */
    const bytesOf = (...types: readonly (string | null)[]): number => {
      for (const [at, type] of types.entries()) {
        row.begin({ family: at, name: 'n' }, 1)
        row.add({
          key: 'k',
          expiresAtMs: 1,
          reply: type === null ? null : new Packed(type, new Uint8Array()),
        })
      }
      return row.take().length
    }
    const same = bytesOf('t', 't', 't')
    assert.deepEqual(named.splice(0), ['t'])
    assert.equal(bytesOf('t', 'r', 't') - same, 2)
    assert.deepEqual(named.splice(0), ['t', 'r', 't'])
    bytesOf(null, 'r', null, 'r', 't', 't')
    assert.deepEqual(named, ['r', 't'])
  })

  test('begins as none of before does, whatever the length of its first key', () => {
    // What a text of any length was written as: see ByteWriter.text, today and in its first form.
    for (const mark of [
      Array.from(rowOf([{ key: 'a', expiresAtMs: 1, reply: null }]).slice(0, 2)),
      [0x80, 0],
    ]) {
      for (let length = 0; length < 0x3fff; length += 1) {
        const two = [(length & 0x7f) | 0x80, length >>> 7]
        if (length > 1) assert.notDeepEqual(two, mark)
      }
      assert.ok(mark[0]! > 0x7f && mark[1] === 0)
    }
  })

  test('that is cut short or has other flags is refused', () => {
    const outcomes = ['7f3c1c52-8f64-4d0e-9a0b-2f6f1f0f2d11', 'key'].map((key, at) => {
      return { key, expiresAtMs: 5 + at, reply: new Packed('r', Buffer.from('reply')) }
    })
    const row = rowOf(outcomes)
    // Whole with all that its actor has; without any actor it is a row of none.
    for (let length = 2; length <= row.length; length += 1) {
      const read = (): number => outcomesIn(row.subarray(0, length)).length
      const hash = (): number => hashesIn(row.subarray(0, length)).length
      const whole = { 2: 0, [row.length]: 2 }[length]
      if (whole === undefined) {
        assert.throws(read, RangeError, `${length} bytes`)
        assert.throws(hash, RangeError, `${length} bytes`)
      } else assert.deepEqual([read(), hash()], [whole, whole])
    }
    // Behind the mark: its family, its name, and how many there are.
    const flagsAt = 2 + 1 + 2 + 1
    for (const flags of [3, 0x10, 0x18, 0x40, 0x80]) {
      const damaged = row.with(flagsAt, flags)
      assert.throws(() => outcomesIn(damaged), RangeError)
      assert.throws(() => hashesIn(damaged), RangeError)
    }
    // Its first type is that of none before it.
    assert.throws(() => outcomesIn(row.with(flagsAt, (row[flagsAt] ?? 0) | 0x20)), RangeError)
    // Its actor has nothing, or more than there is.
    for (const count of [0, 3]) assert.throws(() => outcomesIn(row.with(flagsAt - 1, count)), RangeError)
  })

  test('that could not be packed leaves nothing for the next', () => {
    const reply = new Packed('r', Buffer.from('reply'))
    const first = { key: 'a', expiresAtMs: 1, reply }
    let fails = true
    const row = new OutcomeRow((url) => {
      if (fails) throw new Error('the disk is full')
      return typeId(url)
    })
    row.begin(OWNER, 1)
    assert.throws(() => row.add(first), /disk is full/)
    row.clear()
    fails = false
    row.begin(OWNER, 1)
    row.add(first)
    assert.equal(row.firstExpiryMs, 1)
    assert.deepEqual(row.take(), rowOf([first]))
  })
})
