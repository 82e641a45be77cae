import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { BOXES, type Commit, headerText } from '../../ports/index.ts'
import { Packed } from '../../protocol/packed.ts'
import { ByteReader, ByteWriter } from './bytes.ts'
import { FrameReader, FrameWriter, unpackFrame } from './frame.ts'
import { anyCharacter } from '../../../test/any-character.ts'

const text = fc.string({ unit: anyCharacter, maxLength: 60 })
const whole = fc.oneof(
  fc.nat({ max: 300 }),
  fc.maxSafeNat(),
  fc.constantFrom(0, 127, 128, 2 ** 31 - 1, 2 ** 31, 2 ** 53 - 1),
)
const packed = fc
  .record({ typeUrl: text, value: fc.uint8Array({ maxLength: 200 }) })
  .map(({ typeUrl, value }) => new Packed(typeUrl, value))
const headerParts = fc.option(
  fc.record({
    // More of them than have a number.
    words: fc.array(fc.oneof(fc.constantFrom('a', 'b'), fc.nat({ max: 200 }).map(String), text), {
      maxLength: 40,
    }),
    texts: fc.array(text, { maxLength: 4 }),
  }),
  { nil: undefined },
)
const commit: fc.Arbitrary<Commit> = fc
  .record({
    id: fc.record({ system: text, parent: text, name: text }),
    follows: fc.nat(),
    turns: fc.nat(),
    birth: whole,
    epoch: fc.oneof(fc.constant(7), whole),
    tags: fc.dictionary(text, text),
    state: fc.option(packed),
    committedAtMs: fc.oneof(fc.constant(8), whole),
    history: fc.record({ revisions: whole, durationMs: whole }),
    outcomes: fc.array(fc.record({ key: text, reply: fc.option(packed), expiresAtMs: whole }), {
      maxLength: 3,
    }),
    sends: fc.array(
      fc
        .record({
          id: text,
          box: fc.constantFrom(...BOXES),
          dueAtMs: whole,
          header: text,
          headerParts,
          isNew: fc.boolean(),
          payload: fc.option(packed),
        })
        .map((sent) => ({ ...sent, header: sent.headerParts ? headerText(sent.headerParts) : sent.header })),
      { maxLength: 3 },
    ),
    takes: fc.array(text, { maxLength: 3 }),
    occasions: fc.option(
      fc.array(fc.tuple(text, whole), { maxLength: 2 }).map((entries) => new Map(entries)),
      { nil: undefined },
    ),
  })
  .map(({ turns, ...rest }) => ({ ...rest, revision: rest.follows + turns }))

const simple: Commit = {
  id: { system: 's', parent: '', name: 'n' },
  follows: 0,
  revision: 1,
  birth: 1,
  epoch: 1,
  tags: {},
  state: null,
  committedAtMs: 1,
  history: { revisions: 0, durationMs: 0 },
  outcomes: [],
  sends: [],
  takes: [],
}

/** The commit as unpackFrame answers it, in comparable parts. */
function parts(given: Commit): unknown {
  const { id, follows, revision, birth, epoch, tags, state, committedAtMs, history, outcomes } = given
  const sends = given.sends.map(({ id, box, dueAtMs, header, isNew, payload }) => [
    id,
    box,
    dueAtMs,
    header,
    isNew,
    payload && bytesOf(payload),
  ])
  const keeps = [history.revisions, history.durationMs]
  const kept = outcomes.map(({ key, reply, expiresAtMs }) => [key, reply && bytesOf(reply), expiresAtMs])
  return [
    id.system,
    id.parent,
    id.name,
    follows,
    revision,
    birth,
    epoch,
    { ...tags },
    state && bytesOf(state),
    committedAtMs,
    keeps,
    kept,
    sends,
    given.takes,
    [...(given.occasions ?? [])],
  ]
}

const bytesOf = ({ typeUrl, value }: Packed): unknown => [typeUrl, Buffer.from(value).toString('hex')]

describe('a frame', () => {
  test('holds any group exactly', () => {
    const writer = new FrameWriter()
    fc.assert(
      fc.property(fc.array(commit, { maxLength: 20 }), (group) => {
        const commits = writer.pack(group).flatMap(unpackFrame)
        const unpacked = commits.map(
          ({ family, name, occasions, tags, keepRevisions, keepDurationMs, ...rest }) =>
            parts({
              ...rest,
              id: { ...family, name },
              tags: tags === null ? {} : (JSON.parse(tags) as Record<string, string>),
              history: { revisions: keepRevisions, durationMs: keepDurationMs },
              occasions: new Map(occasions),
            }),
        )
        assert.deepEqual(unpacked, group.map(parts))
      }),
    )
  })

  test('that is packed in parts has the same bytes, and is read as they come', () => {
    const writer = new FrameWriter()
    const groups = fc.array(fc.array(commit, { maxLength: 6 }), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(groups, (parts) => {
        const group = parts.flat()
        const whole = new FrameWriter().pack(group)
        const reader = new FrameReader()
        const read: string[] = []
        let frame: Uint8Array = new Uint8Array()
        for (const [at, part] of parts.slice(0, -1).entries()) {
          frame = Buffer.concat([frame, writer.packPart(part, at === 0)])
          if (frame.length > 0) read.push(...reader.read(frame).map(({ name }) => name))
        }
        const [rest, ...others] =
          parts.length === 1 ? writer.pack(group) : writer.packRest(parts.at(-1) ?? [])
        assert.equal(others.length, 0)
        if (rest === undefined) return assert.equal(group.length, 0)
        frame = Buffer.concat([frame, rest])
        assert.deepEqual([Buffer.from(frame)], whole.map(Buffer.from))
        read.push(...reader.read(frame).map(({ name }) => name))
        assert.deepEqual(
          read,
          group.map(({ id }) => id.name),
        )
      }),
    )
  })

  test('names each system, parent and type once, and an epoch and a time that many share', () => {
    const writer = new FrameWriter()
    const state = new Packed('a-type-url', Uint8Array.of(1))
    const one = {
      id: { system: 'the-system', parent: 'the-parent', name: 'n' },
      follows: 0,
      revision: 1,
      birth: 1,
      epoch: 2 ** 40,
      tags: {},
      state,
    }
    const group = Array.from({ length: 64 }, () => ({
      ...one,
      committedAtMs: 2 ** 40,
      history: { revisions: 0, durationMs: 0 },
      outcomes: [],
      sends: [],
      takes: [],
    }))
    const [frame, ...others] = writer.pack(group)
    assert.equal(others.length, 0)
    assert.ok(frame !== undefined && frame.length < 64 * 13, `${frame?.length} bytes`)
  })

  test('that does not fit a page is filled up to whole ones, whatever its size, and read without that', () => {
    const writer = new FrameWriter()
    const lengths = new Set<number>()
    for (let bytes = 3_900; bytes < 12_200; bytes += 1) {
      const state = new Packed('t', new Uint8Array(bytes))
      const [frame, ...others] = writer.pack([{ ...simple, state }])
      assert.equal(others.length, 0)
      assert.equal(unpackFrame(frame!)[0]?.state?.value.length, bytes)
      assert.equal(unpackFrame(frame!).length, 1)
      if (frame!.length > 4_000) lengths.add(frame!.length)
    }
    assert.deepEqual([...lengths], [8_092, 12_184, 16_276])
  })

  test('that was refused leaves nothing behind', () => {
    const writer = new FrameWriter()
    for (const bad of [-1, 0.5, Number.NaN, 2 ** 53]) {
      assert.throws(() => writer.pack([simple, { ...simple, committedAtMs: bad }]), RangeError)
    }
    assert.deepEqual(writer.pack([simple]).flatMap(unpackFrame).length, 1)
  })

  test('from before commits had an outbox is read', () => {
    const writer = new ByteWriter()
    writer.whole(1)
    for (const whole of [0, 0]) writer.whole(whole)
    for (const name of ['s', 'p', 'n']) writer.text(name)
    for (const whole of [1, 1, 5, 6, 7]) writer.whole(whole)
    const [commit] = unpackFrame(writer.take())
    const numbers = [commit?.follows, commit?.revision, commit?.birth, commit?.epoch, commit?.committedAtMs]
    assert.deepEqual(numbers, [1, 2, 5, 6, 7])
    assert.deepEqual([commit?.name, commit?.sends, commit?.takes], ['n', [], []])
  })

  test('that is cut short, or of another version, is refused', () => {
    const writer = new ByteWriter()
    writer.whole(99)
    assert.throws(() => unpackFrame(writer.take()), /version 99/)
    writer.whole(5)
    assert.throws(() => new ByteReader(writer.take()).text(), RangeError)
    assert.throws(() => new ByteReader(Uint8Array.of(0x80)).whole(), RangeError)
  })
})
