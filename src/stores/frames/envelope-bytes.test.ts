import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { BOXES, headerText, type HeaderParts } from '../../ports/index.ts'
import { ByteReader, ByteWriter } from './bytes.ts'
import { FramedEnvelope, writeEnvelope } from './envelope-bytes.ts'
import { WordReader, WordWriter } from './words.ts'

/** Envelopes with these headers, written into one frame and read from it. */
function framed(headers: readonly HeaderParts[]): FramedEnvelope[] {
  const writer = new ByteWriter()
  const words = new WordWriter()
  for (const headerParts of headers) {
    const header = headerText(headerParts)
    writeEnvelope(writer, { id: 'e', box: 'schedule', dueAtMs: 1, header, headerParts, payload: null }, words)
  }
  const reader = new ByteReader(writer.take())
  const known = new WordReader()
  const envelopes: FramedEnvelope[] = []
  while (!reader.done) envelopes.push(new FramedEnvelope(reader, () => '', known))
  return envelopes
}

test('an envelope in a frame is of its box, whatever else is said of it', () => {
  for (const box of BOXES) {
    for (const headerParts of [undefined, { words: ['w'], texts: ['t'] }]) {
      for (const isNew of [false, true]) {
        const writer = new ByteWriter()
        const header = headerParts === undefined ? 'header' : headerText(headerParts)
        const dueAtMs = Number.MAX_SAFE_INTEGER
        const envelope = { id: 'e', box, dueAtMs, header, headerParts, isNew, payload: null }
        writeEnvelope(writer, envelope, new WordWriter())
        const read = new FramedEnvelope(new ByteReader(writer.take()), () => '', new WordReader())
        const { id, payload } = read
        const found = {
          id,
          box: read.box,
          dueAtMs: read.dueAtMs,
          header: read.header,
          isNew: read.isNew,
          payload,
        }
        assert.deepEqual(found, { id: 'e', box, dueAtMs, header, isNew, payload: null })
      }
    }
  }
})

describe('the header of an envelope in a frame', () => {
  const call = ['call', '', 'counter', 'add']
  const headers: HeaderParts[] = [
    { words: call, texts: ['a'] },
    { words: call, texts: ['b', ''] },
    { words: ['call', '', 'counter', 'sub'], texts: ['c'] },
    { words: ['call', '', 'adder', 'sub'], texts: ['c'] },
    { words: call, texts: ['a"\\', '\u0000\u007f\u2028é日🙂', '~ !#[]'] },
    { words: [...call, 'é"'], texts: [] },
    { words: [...call, 'é"'], texts: [] },
    { words: [], texts: ['a'] },
    { words: [], texts: [] },
    { words: call, texts: ['a'] },
  ]
  const expected = headers.map(headerText)

  test('is as it was, behind others of the same words and of other ones', () => {
    const read = framed(headers).map(({ header }) => header)
    assert.deepEqual(read, expected)
  })

  test('is as it was in any order of reading', () => {
    const envelopes = framed(headers)
    for (const [at, text] of [...expected.entries()].toReversed()) assert.equal(envelopes[at]?.header, text)
    for (const at of [0, 5, 1, 5, 9, 2, 3, 3, 2]) assert.equal(envelopes[at]?.header, expected[at])
  })
})
