// Protobuf messages as a codec, by their protobuf-es descriptor. It decides which values count as a message of a type and
// how a refusal reads; how bytes and canonical JSON look is the Protobuf library's business.
//
// Invariant: what passes `accept` is a message of exactly this type, and a message never quotes a value.

import {
  create,
  createRegistry,
  type DescFile,
  type DescMessage,
  fromBinary,
  fromJson,
  isMessage,
  type JsonValue,
  type MessageInitShape,
  type MessageShape,
  type Registry,
  toJson,
} from '@bufbuild/protobuf'
import { isFieldError } from '@bufbuild/protobuf/reflect'

import { assert, messageOf, SpawnError } from '../../base/index.ts'
import type { Codec } from '../codec.ts'
import { file_spawn_actors_protocol } from '../gen/spawn/actors/protocol_pb.ts'
import { parseJsonType } from '../json-codec.ts'
import { checkPayloadSize, isJsonType } from '../json-type.ts'
import { messageFault } from './message-fault.ts'
import { messageBytes } from './message-writer.ts'
import { Json, Packed } from '../packed.ts'
import { pathText } from '../value-path.ts'

/**
 * Messages of one type. A live value is a message of it, taken as it is, or an object to make one from (checked); a stored
 * or sent one is its bytes, or JSON. Absent counts as a message only where the type has no fields, as
 * google.protobuf.Empty: a forgotten payload must not look like one full of zeros.
 */
export function protobufCodec<Desc extends DescMessage>(desc: Desc): Codec<MessageShape<Desc>> {
  const { typeName } = desc
  const typeUrl = `type.googleapis.com/${typeName}`
  let registry: Registry | undefined
  const json = () => ({
    registry: (registry ??= createRegistry(...filesOf(desc.file), file_spawn_actors_protocol)),
  })

  function readJson(value: unknown): MessageShape<Desc> {
    try {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it was parsed from JSON text, and fromJson refuses all else
      return fromJson(desc, value as JsonValue, json())
    } catch (thrown) {
      throw jsonRefusal(desc, thrown)
    }
  }

  return {
    name: typeName,
    accept(value) {
      if (value instanceof Packed) {
        if (isJsonType(value.typeUrl)) return readJson(parseJsonType(value))
        return readBytes(desc, value)
      }
      if (value instanceof Json) return readJson(value.value)
      return isMessage(value, desc) ? value : fromInit(desc, value)
    },
    pack(value) {
      return new Packed(typeUrl, encoded(desc, value))
    },
    toJson(value) {
      try {
        return toJson(desc, value, json())
      } catch (thrown) {
        throw unencodable(desc, value, thrown)
      }
    },
  }
}

function readBytes<Desc extends DescMessage>(desc: Desc, packed: Packed): MessageShape<Desc> {
  const { typeUrl, value } = packed
  const given = typeUrl.slice(typeUrl.lastIndexOf('/') + 1)
  if (given !== desc.typeName) {
    throw new SpawnError(
      'INVALID_ARGUMENT',
      `expected ${desc.typeName}, got ${given || 'a value without a type'}`,
    )
  }
  checkPayloadSize(value.length)
  try {
    return fromBinary(desc, value)
  } catch (cause) {
    throw new SpawnError(
      'INVALID_ARGUMENT',
      `the bytes of a ${desc.typeName} cannot be decoded: ${messageOf(cause)}`,
      {
        cause,
      },
    )
  }
}

function fromInit<Desc extends DescMessage>(desc: Desc, init: unknown): MessageShape<Desc> {
  if (init === undefined && desc.fields.length === 0) return create(desc)
  const fault = messageFault(desc, init)
  if (fault !== null) throw refusal(desc, pathText(fault.path), fault.problem)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the check has just found it to be one
  return create(desc, init as MessageInitShape<Desc>)
}

function encoded<Desc extends DescMessage>(desc: Desc, value: MessageShape<Desc>): Uint8Array {
  assert(value !== undefined, 'a value that is absent is not packed')
  let bytes: Uint8Array
  try {
    bytes = messageBytes(desc, value)
  } catch (thrown) {
    throw unencodable(desc, value, thrown)
  }
  checkPayloadSize(bytes.length)
  return bytes
}

/** The files whose types a message can hold: its own and all that it imports. */
function filesOf(file: DescFile, seen = new Set<DescFile>()): Set<DescFile> {
  if (!seen.has(file)) {
    seen.add(file)
    for (const dependency of file.dependencies) filesOf(dependency, seen)
  }
  return seen
}

function unencodable(desc: DescMessage, value: unknown, thrown: unknown): SpawnError {
  const fault = messageFault(desc, value)
  if (fault !== null) return refusal(desc, pathText(fault.path), fault.problem)
  const unknown = /"([^"]*)" is not in the type registry/.exec(messageOf(thrown))?.[1]
  return refusal(
    desc,
    '',
    unknown === undefined ? 'cannot be encoded' : `holds an Any of a type unknown here: ${unknown}`,
  )
}

/** What fromJson found, in our words: its own quote the value. */
function jsonRefusal(desc: DescMessage, thrown: unknown): SpawnError {
  const cause = thrown instanceof Error ? thrown.cause : undefined
  if (isFieldError(cause)) {
    const field = cause.field()
    const name = field.kind === 'oneof' ? field.name : field.jsonName
    const place = field.parent === desc ? name : `${field.parent?.typeName ?? ''}.${name}`
    return refusal(
      desc,
      place,
      cause.message.replace(/, got .*$/su, '').replace(/: \S+ (?=out of range)/u, ', '),
    )
  }
  const text = messageOf(thrown)
  const unknownKey = /decode message (\S+) from JSON: key "(.*)" is unknown$/su.exec(text)
  if (unknownKey !== null) return refusal(desc, unknownKey[2] ?? '', `${unknownKey[1]} has no such field`)
  const type = /decode (?:message|enum) (\S+) from JSON/u.exec(text)?.[1] ?? desc.typeName
  return refusal(desc, '', `not the JSON form of ${type}`)
}

function refusal(desc: DescMessage, place: string, problem: string): SpawnError {
  const path = place === '' ? 'the value' : place
  const whole = problem.includes(desc.typeName) ? '' : ` (in ${desc.typeName})`
  return new SpawnError('INVALID_ARGUMENT', `${path}: ${problem}${whole}`, {
    details: { issues: [{ path: place, problem }] },
  })
}
