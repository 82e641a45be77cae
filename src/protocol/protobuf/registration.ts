// A registration as hosts send it, to the message that it is. It decides one thing only: what is read of the channels that
// the Python SDK sends as plain text, where the contract has messages.
//
// Invariant: a registration that keeps to the contract is read as any Protobuf library would.

import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { SpawnError } from '../../base/index.ts'
import { type Actor as WireActor, ActorSchema, ChannelSchema } from '../gen/spawn/actors/actor_pb.ts'
import { type RegistrationRequest, RegistrationRequestSchema } from '../gen/spawn/actors/protocol_pb.ts'

/** RegistrationRequest.actor_system.registry.actors[].value.metadata.channel_group, by field numbers. */
const CHANNELS = [2, 2, 1, 2, 6, 1]

const decoder = new TextDecoder('utf-8', { fatal: true })

/** @throws SpawnError INVALID_ARGUMENT when the bytes are none. */
export function readRegistration(bytes: Uint8Array): RegistrationRequest {
  try {
    return fromBinary(RegistrationRequestSchema, rewritten(bytes, CHANNELS, channelBytes))
  } catch (cause) {
    const problem = 'the body is no spawn.RegistrationRequest: its bytes cannot be decoded'
    throw new SpawnError('INVALID_ARGUMENT', problem, { cause })
  }
}

/** The same message, with `leaf` applied to the contents of all fields at the end of a path. */
function rewritten(
  bytes: Uint8Array,
  path: readonly number[],
  leaf: (content: Uint8Array) => Uint8Array,
): Uint8Array {
  const [next, ...rest] = path
  if (next === undefined) return leaf(bytes)
  const reader = new BinaryReader(bytes)
  const writer = new BinaryWriter()
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag()
    writer.tag(number, wireType)
    if (number !== next || wireType !== WireType.LengthDelimited) writer.raw(reader.skip(wireType, number))
    else writer.bytes(rewritten(reader.bytes(), rest, leaf))
  }
  return writer.finish()
}

/** Text alone is the topic. Few texts can be read as a message at all, and those have fields that a channel has not. */
function channelBytes(content: Uint8Array): Uint8Array {
  if (isChannel(content)) return content
  return toBinary(ChannelSchema, create(ChannelSchema, { topic: decoder.decode(content) }))
}

function isChannel(content: Uint8Array): boolean {
  try {
    const { $unknown, topic } = fromBinary(ChannelSchema, content)
    return topic !== '' || $unknown === undefined
  } catch {
    return false
  }
}

/** One actor of a registration, as bytes: equal for equal ones. */
export function wireActorBytes(actor: WireActor): Uint8Array {
  return toBinary(ActorSchema, actor, { writeUnknownFields: false })
}
