// Values of calls between members: as what they travel, and what they are when they have arrived. A definition that is hosted
// by other members alone has no codecs here: then JSON is its value, and other bytes are carried as they are.

import type { ActionDefinition } from '../../ports/index.ts'
import { anyCodec, type Codec, isJsonType, Json, jsonCodec, Packed } from '../../protocol/index.ts'

/** An answer whose action is not known here. */
const carriedCodec: Codec = {
  name: 'any',
  accept(value) {
    const packed = anyCodec.accept(value)
    return packed !== undefined && isJsonType(packed.typeUrl) ? jsonCodec.accept(packed) : packed
  },
  pack: (value) => (value instanceof Packed ? value : jsonCodec.pack(value)),
  toJson: (value) => (value instanceof Packed ? anyCodec.toJson(value) : value),
}

/** An action of a definition that is not known here: only its name is. */
export function foreignAction(name: string): ActionDefinition {
  return { name, timeoutMs: null, timerMs: null, query: false, payload: anyCodec, response: carriedCodec }
}

/**
 * A payload as it travels. What its action says to it is said where that runs; here, only what has no bytes at all is refused.
 *
 * @throws SpawnError INVALID_ARGUMENT
 */
export function packPayload({ payload: codec }: ActionDefinition, payload: unknown): Packed | null {
  if (payload === undefined) return null
  if (payload instanceof Packed) return payload
  const value = payload instanceof Json ? payload.value : payload
  if (value === undefined) return null
  if (codec.name === jsonCodec.name) return jsonCodec.pack(value)
  return codec.pack(codec.accept(payload))
}

/** An answer as it is for who asked. */
export function unpackAnswer({ response: codec }: ActionDefinition, response: Packed | null): unknown {
  return response === null ? undefined : codec.accept(response)
}
