import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import * as fc from 'fast-check'

import { isSpawnError } from '../../base/index.ts'
import { ActorInvocationSchema } from '../gen/spawn/actors/protocol_pb.ts'
import { type HostInvocation, hostInvocationBytes, packedOf, readHostAnswer } from './host-invocation.ts'
import { Packed } from '../packed.ts'
import { anyCharacter } from '../../../test/any-character.ts'

const text = fc.string({ unit: anyCharacter, maxLength: 60 })
const id = fc.record({ system: text, parent: text, name: text })
const packed = fc
  .record({ typeUrl: text, value: fc.uint8Array({ maxLength: 9_000 }) })
  .map(({ typeUrl, value }) => new Packed(typeUrl, value))
const entries = fc.dictionary(text, text, { maxKeys: 5, noNullPrototype: true })
const invocations: fc.Arbitrary<HostInvocation> = fc.record({
  self: id,
  caller: fc.option(id),
  action: text,
  payload: fc.option(packed, { nil: undefined }),
  state: fc.option(packed, { nil: undefined }),
  metadata: entries,
  tags: entries,
})

function anyOf({ typeUrl, value }: Packed) {
  return { typeUrl, value }
}

function generated({ action, caller, metadata, payload, self, state, tags }: HostInvocation) {
  const from = caller ?? undefined
  return create(ActorInvocationSchema, {
    actor: self,
    actionName: action,
    currentContext: {
      ...(state !== undefined && { state: anyOf(state) }),
      ...(from !== undefined && { caller: from }),
      self,
      metadata,
      tags,
    },
    payload: payload === undefined ? { case: 'noop', value: {} } : { case: 'value', value: anyOf(payload) },
    ...(from !== undefined && { caller: from }),
  })
}

/** A Buffer is no Uint8Array to deepEqual. */
function bytesOf(invocation: HostInvocation): Uint8Array {
  return new Uint8Array(hostInvocationBytes(invocation))
}

describe('an invocation for a host', () => {
  test('says what the generated message says, whatever is in it', () => {
    fc.assert(
      fc.property(invocations, (invocation) => {
        const expected = generated(invocation)
        const bytes = bytesOf(invocation)
        assert.deepEqual(fromBinary(ActorInvocationSchema, bytes), expected)
        assert.equal(bytes.length, toBinary(ActorInvocationSchema, expected).length)
      }),
      { numRuns: 300 },
    )
  })

  test('may be larger than the buffer, again and again', () => {
    const small = {
      self: { system: 's', parent: '', name: 'n' },
      caller: null,
      action: 'a',
      metadata: {},
      tags: {},
    }
    for (const bytes of [10, 5_000, 300_000, 10, 70_000]) {
      const state = new Packed('x/y', new Uint8Array(bytes).fill(7))
      const invocation = { ...small, state, payload: state }
      assert.deepEqual(fromBinary(ActorInvocationSchema, bytesOf(invocation)), generated(invocation))
    }
  })

  test('with half a character is refused, and the next one is whole', () => {
    const self = { system: 's', parent: '', name: 'n' }
    const good = {
      self,
      caller: null,
      action: 'a',
      payload: undefined,
      state: undefined,
      metadata: {},
      tags: { a: 'b' },
    }
    assert.throws(() => bytesOf({ ...good, metadata: { key: '\ud800' } }), isSpawnError)
    assert.deepEqual(fromBinary(ActorInvocationSchema, bytesOf(good)), generated(good))
  })

  test('leaves a state out that there is not, and never the context', () => {
    const self = { system: 's', parent: '', name: 'n' }
    const bare = {
      self,
      caller: null,
      action: 'a',
      payload: undefined,
      state: undefined,
      metadata: {},
      tags: {},
    }
    const read = fromBinary(ActorInvocationSchema, bytesOf(bare))
    assert.ok(read.currentContext !== undefined)
    assert.equal(read.currentContext.state, undefined)
    assert.equal(read.payload.case, 'noop')
  })
})

test('values of an answer do not hold its buffer', () => {
  // updated_context { state { type_url "t", value 1 2 } }, in the middle of a large buffer
  const large = Buffer.alloc(1_000)
  const message = Buffer.from([0x1a, 0x09, 0x0a, 0x07, 0x0a, 0x01, 0x74, 0x12, 0x02, 1, 2])
  message.copy(large, 500)
  const state = packedOf(readHostAnswer(large.subarray(500, 500 + message.length)).updatedContext?.state)
  assert.deepEqual(state, new Packed('t', Uint8Array.of(1, 2)))
  assert.equal(state?.value.buffer.byteLength, 2)
})
