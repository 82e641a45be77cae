// Rows of kept outcomes: all that an outcome may be comes back, whether it was in a frame or not; rows of before version 5 of
// the schema are read; and what is damaged is never taken for an outcome.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { hashOf } from '../../base/index.ts'
import type { OutcomeRecord } from '../../ports/index.ts'
import { Packed } from '../../protocol/packed.ts'
import { FrameWriter, unpackFrame } from '../frames/frame.ts'
import { keyHashesIn, packOutcomes, unpackOutcomes } from './kept-outcomes.ts'
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

const partsOf = ({ expiresAtMs, key, reply }: OutcomeRecord): unknown => [
  key,
  expiresAtMs,
  reply && [reply.typeUrl, Buffer.from(reply.value).toString('hex')],
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
        const row = packOutcomes(outcomes, typeId)
        assert.deepEqual(packOutcomes(commit?.outcomes ?? [], typeId), row)
        assert.deepEqual(unpackOutcomes(row, urlOf).map(partsOf), outcomes.map(partsOf))
        const hashes = outcomes.map(({ key }) => hashOf(key)).toSorted((left, right) => left - right)
        assert.deepEqual(keyHashesIn(row), hashes)
        // Some of them stay, as when others have expired.
        const left = unpackOutcomes(row, urlOf).slice(1)
        assert.deepEqual(unpackOutcomes(packOutcomes(left, typeId), urlOf).map(partsOf), left.map(partsOf))
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
    assert.deepEqual(unpackOutcomes(row, (id) => urls[id] ?? '').map(partsOf), [
      [keys[0], 1_700_000_000_000, ['r', Buffer.from('{"n":1}').toString('hex')]],
      [keys[1], 9, null],
      [keys[2], 10, ['t', Buffer.from('"x"').toString('hex')]],
    ])
    assert.deepEqual(
      keyHashesIn(row),
      keys.map(hashOf).toSorted((left, right) => left - right),
    )
  })

  test('begins as none of before does, whatever the length of its first key', () => {
    // What a text of any length was written as: see ByteWriter.text, today and in its first form.
    const mark = [...packOutcomes([{ key: 'a', expiresAtMs: 1, reply: null }], typeId)].slice(0, 2)
    for (let length = 0; length < 0x3fff; length += 1) {
      const two = [(length & 0x7f) | 0x80, length >>> 7]
      if (length > 0) assert.notDeepEqual(two, mark)
    }
    assert.ok(mark[0]! > 0x7f && mark[1] === 0)
  })

  test('that is cut short or has other flags is refused', () => {
    const outcomes = ['7f3c1c52-8f64-4d0e-9a0b-2f6f1f0f2d11', 'key'].map((key, at) => {
      return { key, expiresAtMs: 5 + at, reply: new Packed('r', Buffer.from('reply')) }
    })
    const row = packOutcomes(outcomes, typeId)
    // Whole after the mark, and after each outcome.
    const whole = [2, packOutcomes(outcomes.slice(0, 1), typeId).length, row.length]
    for (let length = 2; length <= row.length; length += 1) {
      const read = (): number => unpackOutcomes(row.subarray(0, length), urlOf).length
      const hash = (): number => keyHashesIn(row.subarray(0, length)).length
      if (whole.includes(length)) {
        assert.deepEqual([read(), hash()], [whole.indexOf(length), whole.indexOf(length)])
      } else {
        assert.throws(read, RangeError, `${length} bytes`)
        assert.throws(hash, RangeError, `${length} bytes`)
      }
    }
    for (const flags of [3, 0x10, 0x18, 0x40, 0x80]) {
      const damaged = row.with(2, flags)
      assert.throws(() => unpackOutcomes(damaged, urlOf), RangeError)
      assert.throws(() => keyHashesIn(damaged), RangeError)
    }
    // Its first type is that of none before it.
    assert.throws(() => unpackOutcomes(row.with(2, (row[2] ?? 0) | 0x20), urlOf), RangeError)
  })

  test('that could not be packed leaves nothing for the next', () => {
    const reply = new Packed('r', Buffer.from('reply'))
    const outcomes = [{ key: 'a', expiresAtMs: 1, reply }]
    const before = packOutcomes(outcomes, typeId)
    const failing = (): number => {
      throw new Error('the disk is full')
    }
    assert.throws(() => packOutcomes(outcomes, failing), /disk is full/)
    assert.deepEqual(packOutcomes(outcomes, typeId), before)
  })
})
