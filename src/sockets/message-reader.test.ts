import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { MalformedStream, MessageReader } from './message-reader.ts'

const streamOf = (messages: readonly Uint8Array[]): Buffer =>
  Buffer.concat(
    messages.flatMap((message) => {
      const length = Buffer.alloc(4)
      length.writeUInt32LE(message.length)
      return [length, message]
    }),
  )

test('messages are the same, wherever the stream was cut', () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 })
  const cuts = fc.array(fc.nat({ max: 11 }), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(messages, cuts, (sent, sizes) => {
      const stream = streamOf(sent)
      const received: string[] = []
      const reader = new MessageReader(40, (message) => received.push(message.toString('hex')))
      for (let at = 0, turn = 0; at < stream.length; turn += 1) {
        const size = (sizes[turn % sizes.length] ?? 0) + 1
        reader.read(stream.subarray(at, at + size))
        at += size
      }
      assert.deepEqual(
        received,
        sent.map((message) => Buffer.from(message).toString('hex')),
      )
    }),
  )
})

test('a message of more bytes than there may be ends the stream, before any memory is taken', () => {
  const reader = new MessageReader(10, () => assert.fail('nothing is told'))
  assert.throws(() => reader.read(Buffer.from([11, 0, 0, 0])), MalformedStream)
  const huge = new MessageReader(1_000, () => assert.fail('nothing is told'))
  assert.throws(() => huge.read(Buffer.from([255, 255, 255, 255, 1])), MalformedStream)
})

test('a reader that was stopped tells nothing more, not even of what it has', () => {
  const received: number[] = []
  const reader = new MessageReader(10, (message) => {
    received.push(message[0] ?? 0)
    if (received.length === 2) reader.stop()
  })
  reader.read(streamOf([1, 2, 3, 4].map((byte) => Uint8Array.of(byte))))
  reader.read(streamOf([Uint8Array.of(5)]))
  assert.deepEqual(received, [1, 2])
})
