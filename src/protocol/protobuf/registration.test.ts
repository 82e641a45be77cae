import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import * as fc from 'fast-check'

import { isSpawnError } from '../../base/index.ts'
import { ActorSchema, ChannelSchema } from '../gen/spawn/actors/actor_pb.ts'
import { RegistrationRequestSchema } from '../gen/spawn/actors/protocol_pb.ts'
import { readRegistration, wireActorBytes } from './registration.ts'

/** RegistrationRequest.actor_system.registry.actors["a"].metadata.channel_group, each as these bytes. */
function withChannels(channels: readonly Uint8Array[]): Uint8Array {
  const writer = new BinaryWriter()
  const inside = (field: number): BinaryWriter => writer.tag(field, WireType.LengthDelimited).fork()
  inside(1).tag(1, WireType.LengthDelimited).string('service').join()
  inside(2).tag(1, WireType.LengthDelimited).string('system')
  inside(2)
  inside(1).tag(1, WireType.LengthDelimited).string('a')
  inside(2)
  inside(1).tag(1, WireType.LengthDelimited).string('a').join()
  inside(6)
  for (const channel of channels) writer.tag(1, WireType.LengthDelimited).bytes(channel)
  writer.join().join().join().join().join()
  return writer.finish()
}

function channelsOf(bytes: Uint8Array) {
  const { actorSystem, serviceInfo } = readRegistration(bytes)
  assert.equal(serviceInfo?.serviceName, 'service')
  assert.equal(actorSystem?.name, 'system')
  const actor = actorSystem.registry?.actors['a']
  assert.equal(actor?.id?.name, 'a')
  return actor.metadata?.channelGroup.map(({ action, topic }) => ({ topic, action }))
}

const utf8 = new TextEncoder()

describe('a registration', () => {
  test('is read as the message that it is', () => {
    const init: MessageInitShape<typeof RegistrationRequestSchema> = {
      serviceInfo: { serviceName: 'service', protocolMajorVersion: 1 },
      actorSystem: {
        name: 'system',
        registry: {
          actors: {
            a: {
              id: { name: 'a', system: 'system' },
              state: { tags: { x: 'y' } },
              settings: {
                stateful: true,
                deactivationStrategy: { strategy: { case: 'timeout', value: { timeout: 9n } } },
              },
              actions: [{ name: 'one' }, { name: 'two' }],
              timerActions: [{ seconds: 50, action: { name: 'tick' } }],
              metadata: { channelGroup: [{ topic: 't', action: 'r' }, { topic: 'u' }], tags: { k: 'v' } },
            },
            b: {},
          },
        },
      },
    }
    const message = create(RegistrationRequestSchema, init)
    assert.deepEqual(readRegistration(toBinary(RegistrationRequestSchema, message)), message)
  })

  test('may say its channels as plain text', () => {
    for (const topic of [
      'my.topic',
      'a',
      'spawn-python',
      'announcements',
      'überall',
      '\n\u0001',
      'x'.repeat(300),
    ]) {
      assert.deepEqual(channelsOf(withChannels([utf8.encode(topic)])), [{ topic, action: '' }], topic)
    }
  })

  test('may say them so, whatever the text, beside those of the contract', () => {
    const proper = toBinary(ChannelSchema, create(ChannelSchema, { topic: 'proper', action: 'act' }))
    // Text that begins with the tag of a field of Channel could be one; topics are made of letters.
    const topics = fc.stringMatching(/^[A-Za-z0-9._/-]{1,40}$/)
    fc.assert(
      fc.property(topics, (topic) => {
        assert.deepEqual(channelsOf(withChannels([utf8.encode(topic), proper])), [
          { topic, action: '' },
          { topic: 'proper', action: 'act' },
        ])
      }),
    )
  })

  test('that is none is refused', () => {
    const whole = withChannels([utf8.encode('t')])
    for (const bytes of [
      Uint8Array.of(0xff),
      whole.subarray(0, whole.length - 1),
      Uint8Array.of(0x12, 0x05, 1),
    ]) {
      assert.throws(
        () => readRegistration(bytes),
        (error) => isSpawnError(error) && error.code === 'INVALID_ARGUMENT',
      )
    }
  })

  test('of nothing is an empty one', () => {
    assert.deepEqual(readRegistration(new Uint8Array(0)), create(RegistrationRequestSchema))
  })
})

test('equal actors have equal bytes', () => {
  const init = { id: { name: 'a' }, settings: { stateful: true }, actions: [{ name: 'x' }] }
  const bytes = wireActorBytes(create(ActorSchema, init))
  assert.deepEqual(wireActorBytes(fromBinary(ActorSchema, bytes)), bytes)
  assert.notDeepEqual(wireActorBytes(create(ActorSchema, { ...init, actions: [] })), bytes)
})
