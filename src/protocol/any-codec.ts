// Values that nobody here looks into: the codec of actors whose code runs in another process. What a wire or a store gave
// is handed on byte for byte; only people's doors, which speak JSON, get to see and to write another form.
//
// Invariant: a Packed that goes in comes out as the same Packed.

import { assert, SpawnError } from '../base/index.ts'
import type { Codec } from './codec.ts'
import { jsonCodec, parseJsonType } from './json-codec.ts'
import { checkPayloadSize, isJsonType } from './json-type.ts'
import { Json, Packed } from './packed.ts'

/** The two keys of the JSON form of a value that is no JSON: its type, and its bytes in base64. */
const TYPE_KEY = '@type'
const VALUE_KEY = 'value'

/** Any value, unread. Live values of this process and JSON are taken as a JSONType; absent stays absent. */
export const anyCodec: Codec<Packed | undefined> = {
  name: 'Any',
  accept(value) {
    if (value === undefined || value instanceof Packed) return value
    if (value instanceof Json) return value.value === undefined ? undefined : packJson(value.value)
    const type = messageTypeOf(value)
    if (type !== null) {
      const problem = `a ${type} is a Protobuf message, and its bytes are not known here`
      throw new SpawnError('INVALID_ARGUMENT', `${problem}: hand in a Packed with its type URL and bytes`)
    }
    return jsonCodec.pack(value)
  },
  pack(value) {
    assert(value !== undefined, 'a value that is absent is not packed')
    checkPayloadSize(value.value.length)
    return value
  },
  toJson(value) {
    if (value === undefined) return undefined
    if (isJsonType(value.typeUrl)) return parseJsonType(value)
    return { [TYPE_KEY]: value.typeUrl, [VALUE_KEY]: Buffer.from(value.value).toString('base64') }
  },
}

/** Every message of the library says its type. Null: it is none. */
function messageTypeOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || !('$typeName' in value)) return null
  return typeof value.$typeName === 'string' ? value.$typeName : null
}

/** What `toJson` shows of a value that is no JSON is taken back as that value. */
function packJson(json: unknown): Packed {
  return typedBytes(json) ?? jsonCodec.pack(json)
}

function typedBytes(json: unknown): Packed | null {
  if (typeof json !== 'object' || json === null || Object.keys(json).length !== 2) return null
  const typeUrl: unknown = Reflect.get(json, TYPE_KEY)
  const text: unknown = Reflect.get(json, VALUE_KEY)
  if (typeof typeUrl !== 'string' || !typeUrl.includes('/') || typeof text !== 'string') return null
  const bytes = Buffer.from(text, 'base64')
  // The decoder skips what is no base64; such a text is plain JSON.
  if (bytes.toString('base64') !== text) return null
  return new Packed(typeUrl, new Uint8Array(bytes))
}
