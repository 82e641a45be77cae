import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { anyReply, anyRequest, callOf, plain } from '../../../test/mesh/peer-requests.ts'
import { SpawnError } from '../../base/index.ts'
import { FrameReader, MalformedFrame } from './frame-reader.ts'
import { FrameWriter } from './frame-writer.ts'
import type { PeerReply, PeerRequest } from './peer-request.ts'
import { readReply, writeReply } from './reply-bytes.ts'
import { readRequest, writeRequest } from './request-bytes.ts'

function requestBytes(request: PeerRequest): Uint8Array {
  const writer = new FrameWriter()
  writeRequest(writer, request)
  return writer.finish()
}

function replyBytes(reply: PeerReply): Uint8Array {
  const writer = new FrameWriter()
  writeReply(writer, reply)
  return writer.finish()
}

const timeoutOf = ({ body }: PeerRequest): number => (body.kind === 'call' ? body.call.timeoutMs : 0)

test('a request is read as it was written, to its last byte', () => {
  fc.assert(
    fc.property(anyRequest, (request) => {
      const reader = new FrameReader(requestBytes(request))
      const read = readRequest(reader, timeoutOf(request))
      assert.ok(reader.isAtEnd)
      assert.deepEqual(plain(read), plain(request))
    }),
    { numRuns: 300 },
  )
})

test('a reply is read as it was written, to its last byte', () => {
  fc.assert(
    fc.property(anyReply, (reply) => {
      const reader = new FrameReader(replyBytes(reply))
      assert.deepEqual(plain(readReply(reader)), plain(reply))
      assert.ok(reader.isAtEnd)
    }),
    { numRuns: 300 },
  )
})

test('what was cut short is refused, wherever it was cut', () => {
  fc.assert(
    fc.property(anyRequest, fc.nat(), (request, at) => {
      const bytes = requestBytes(request)
      const cut = bytes.subarray(0, at % bytes.length)
      assert.throws(() => readRequest(new FrameReader(cut), 0), MalformedFrame)
    }),
    { numRuns: 200 },
  )
})

test('bytes that were changed are read as something, or refused: nothing else is thrown', () => {
  const readers = [
    (bytes: Uint8Array) => readRequest(new FrameReader(bytes), 0),
    (bytes: Uint8Array) => readReply(new FrameReader(bytes)),
  ]
  let refused = 0
  const property = fc.property(
    anyRequest,
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1 }),
    (request, changes) => {
      const bytes = Uint8Array.from(requestBytes(request))
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte
      for (const read of readers) {
        try {
          read(bytes)
        } catch (thrown) {
          if (!(thrown instanceof MalformedFrame)) throw thrown
          refused += 1
        }
      }
    },
  )
  fc.assert(property, { numRuns: 500 })
  assert.ok(refused > 100, `${refused} of 1,000 were refused`)
})

test('text with half a surrogate pair is refused, not replaced', () => {
  for (const text of ['\ud800', `${'x'.repeat(50)}\udc00`])
    assert.throws(() => requestBytes(callOf(text)), { code: 'INVALID_ARGUMENT' })
})

test('of an error, details that are no JSON stay behind, and a code of a newer member is a defect', () => {
  const cyclic: Record<string, unknown> = {}
  cyclic['itself'] = cyclic
  const error = new SpawnError('MAILBOX_FULL', 'full', { details: cyclic })
  const read = readReply(new FrameReader(replyBytes({ kind: 'failed', error })))
  assert.ok(read.kind === 'failed')
  assert.equal(read.error.code, 'MAILBOX_FULL')
  assert.match(String(read.error.details['details']), /could not be sent/)
  const bytes = Buffer.from(replyBytes({ kind: 'failed', error }))
  bytes.write('MAILBOX_FOOL', bytes.indexOf('MAILBOX_FULL'))
  const other = readReply(new FrameReader(bytes))
  assert.equal(other.kind === 'failed' && other.error.code, 'DEFECT')
})

test('a few bytes out of a large frame are copied, so that they do not keep it in memory', () => {
  const writer = new FrameWriter()
  writer.bytes(Uint8Array.of(1, 2, 3))
  writer.bytes(new Uint8Array(10_000))
  const reader = new FrameReader(Uint8Array.from(writer.finish()))
  assert.equal(reader.bytes().buffer.byteLength, 3)
  assert.ok(reader.bytes().buffer.byteLength > 10_000)
})

test('a frame that was sent is never written to again', () => {
  const writer = new FrameWriter()
  const frames: [frame: Uint8Array, copy: Uint8Array][] = []
  for (let size = 1; size < 200_000; size = Math.ceil(size * 1.3)) {
    writer.raw(new Uint8Array(size).fill(size & 0xff))
    writer.text('x'.repeat(size % 100))
    writer.cut(writer.size - 1)
    const frame = writer.finish()
    frames.push([frame, Uint8Array.from(frame)])
  }
  for (const [frame, copy] of frames) assert.ok(Buffer.from(frame).equals(copy))
})
