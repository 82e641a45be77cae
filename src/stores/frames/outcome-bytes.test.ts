// Outcomes in frames: all that an outcome may be comes back, in few bytes where it is what most are, and what frames of the
// first version say of them is read.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { hashOf } from '../../base/index.ts'
import type { Commit, OutcomeRecord } from '../../ports/index.ts'
import { Packed } from '../../protocol/packed.ts'
import { ByteReader, ByteWriter } from './bytes.ts'
import { FrameWriter, unpackFrame } from './frame.ts'
import type { FramedOutcome } from './framed-outcome.ts'
import { HAS_REPLY, IS_OF_STATE, SAME_TYPE } from './lead-bytes.ts'
import { NONE, OutcomesReader } from './outcome-bytes.ts'
import { anyKey } from '../../../test/any-key.ts'

const UUID = '7f3c1c52-8f64-4d0e-9a0b-2f6f1f0f2d11'
const HEX = '0123456789abcdef0123456789abcdef'

const time = fc.oneof(
  fc.nat({ max: 200 }).map((ms) => 1_700_000_000_000 + ms),
  fc.maxSafeNat(),
  fc.constantFrom(0, 1, 2 ** 29 - 1, 2 ** 29, 2 ** 29 + 1, 2 ** 53 - 1),
)
const typeUrl = fc.constantFrom('', 'r', 'another')
/** The reply: none, the array of the state, bytes of its own, or the same bytes in another array. */
const outcome = fc.record({
  key: anyKey,
  expiresAtMs: time,
  typeUrl,
  kind: fc.constantFrom('none', 'state', 'own', 'equal'),
  own: fc.uint8Array({ maxLength: 40 }),
})
const turn = fc
  .record({
    value: fc.option(fc.uint8Array({ maxLength: 300 })),
    committedAtMs: time,
    given: fc.array(outcome, { maxLength: 3 }),
  })
  .map(({ committedAtMs, given, value }): Commit => {
    const replyOf = ({ kind, own, typeUrl }: (typeof given)[number]): Packed | null => {
      if (kind === 'none') return null
      if (kind === 'own' || value === null) return new Packed(typeUrl, own)
      return new Packed(typeUrl, kind === 'state' ? value : value.slice())
    }
    const outcomes = given.map((each) => ({
      key: each.key,
      expiresAtMs: each.expiresAtMs,
      reply: replyOf(each),
    }))
    return { ...NOTHING, committedAtMs, state: value === null ? null : new Packed('t', value), outcomes }
  })

const NOTHING: Commit = {
  id: { system: 's', parent: 'p', name: 'n' },
  follows: 0,
  revision: 1,
  birth: 5,
  epoch: 6,
  tags: {},
  state: null,
  committedAtMs: 7,
  history: { revisions: 0, durationMs: 0 },
  outcomes: [],
  sends: [],
  takes: [],
}

const textOf = (reply: Packed | null): unknown =>
  reply === null ? null : [reply.typeUrl, Buffer.from(reply.value).toString('latin1')]
const partsOf = ({ expiresAtMs, key, reply }: OutcomeRecord): unknown => [key, expiresAtMs, textOf(reply)]
const outcomesIn = (frames: readonly Uint8Array[]): (readonly FramedOutcome[])[] =>
  frames.flatMap(unpackFrame).map(({ outcomes }) => outcomes)

describe('outcomes in a frame', () => {
  test('come back as they were, with the hashes of their keys', () => {
    const writer = new FrameWriter()
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 12 }), (group) => {
        const read = outcomesIn(writer.pack(group))
        assert.deepEqual(
          read.map((outcomes) => outcomes.map(partsOf)),
          group.map(({ outcomes }) => outcomes.map(partsOf)),
        )
        for (const each of read.flat()) assert.equal(each.keyHash, hashOf(each.key))
      }),
      { numRuns: 500 },
    )
  })

  test('fit a page with 64 small commits, when their keys are digits and their replies the states', () => {
    const group = Array.from({ length: 64 }, (_none, at): Commit => {
      const state = new Packed('json.spawn', Buffer.from(`{"total":${100 + at}}`))
      const reply = new Packed('spawn.of.3/addjson.spawn', state.value)
      const key = at % 2 === 0 ? UUID : HEX
      const id = { system: 'bench', parent: 'durable', name: `actor-${100 + at}` }
      const outcomes = [{ key, expiresAtMs: 1_700_086_400_000 + at, reply }]
      return { ...NOTHING, id, state, birth: 2 ** 46 + at, committedAtMs: 1_700_000_000_000, outcomes }
    })
    const [frame, ...others] = new FrameWriter().pack(group)
    assert.equal(others.length, 0)
    assert.ok(frame !== undefined && frame.length < 3_700, `${frame?.length} bytes`)
  })

  test('have a large reply that is the state once', () => {
    const state = new Packed('t', new Uint8Array(3_000).fill(7))
    const outcomes = [
      { key: 'a', expiresAtMs: 1, reply: new Packed('r', state.value) },
      { key: 'b', expiresAtMs: 1, reply: new Packed('r', state.value) },
    ]
    const [frame] = new FrameWriter().pack([{ ...NOTHING, state, outcomes }])
    assert.ok(frame !== undefined && frame.length < 3_050, `${frame?.length} bytes`)
  })

  test('are refused with a time that is none, and leave nothing behind', () => {
    const writer = new FrameWriter()
    for (const expiresAtMs of [-1, 0.5, Number.NaN, Infinity, 2 ** 53]) {
      const bad = { key: UUID, expiresAtMs, reply: null }
      for (const outcomes of [[bad], [{ ...bad, expiresAtMs: 3 }, bad]])
        assert.throws(() => writer.pack([{ ...NOTHING, outcomes }]), RangeError)
    }
    const outcomes = [{ key: UUID, expiresAtMs: 3, reply: null }]
    assert.deepEqual(outcomesIn(writer.pack([{ ...NOTHING, outcomes }]))[0]?.map(partsOf), [[UUID, 3, null]])
  })

  test('of the first version are read, and go on as others do', () => {
    // As it was written before there was a second one: two commits, three outcomes.
    const frame = Buffer.from(
      '010a0001730170016e0001050607000174077b226e223a317d022437663363316335322d386636342d346430652d3961' +
        '30622d32663666316630663264313180d095ffbc3101010172077b226e223a317d203031323334353637383961626364' +
        '6566303132333435363738396162636465660900a80100016e010105018800d0bad0bbd18ed1870a0100032278220101' +
        '65',
      'hex',
    )
    const commits = unpackFrame(frame)
    const outcomes = commits.map((commit) => commit.outcomes)
    assert.deepEqual(
      outcomes.map((each) => each.map(partsOf)),
      [
        [
          [UUID, 1_700_000_000_000, ['r', '{"n":1}']],
          [HEX, 9, null],
        ],
        [['ключ', 10, ['t', '"x"']]],
      ],
    )
    for (const each of outcomes.flat()) assert.equal(each.keyHash, hashOf(each.key))
    assert.deepEqual(
      commits.map(({ revision, state, takes }) => [revision, textOf(state), takes]),
      [
        [1, ['t', '{"n":1}'], []],
        [2, null, ['e']],
      ],
    )
  })

  test('that are damaged are refused', () => {
    const [uuid, text] = [2, 0]
    const read = (...fields: readonly (number | string)[]): unknown => {
      const writer = new ByteWriter()
      writer.whole(1_000)
      for (const field of fields) {
        if (typeof field === 'number') writer.whole(field)
        else writer.text(field)
      }
      const bytes = new ByteReader(writer.take())
      return new OutcomesReader(bytes.buffer, ['t']).read(bytes, NONE, () => bytes.whole())
    }
    assert.equal((read(text, 'key', 0) as FramedOutcome[])[0]?.key, 'key')
    assert.throws(() => read(uuid, 'too short'), /middle of a field/)
    assert.throws(() => read(3, 'key', 0), /flags 3/)
    assert.throws(() => read(128, 'key', 0), /flags 128/)
    assert.throws(() => read(text, 'key', 2 ** 40), /expires/)
    assert.throws(() => read(text | HAS_REPLY | SAME_TYPE, 'key', 0, 0), /type of none/)
    assert.throws(() => read(text | HAS_REPLY | IS_OF_STATE, 'key', 0, 0), /said to be a state/)
  })
})
