// How one kind of value crosses a border. Every payload, response and state has a codec; the engine never looks inside.

import type { Packed } from './packed.ts'

/**
 * Turns values into bytes and back, and checks them on the way in. All methods are synchronous: they run within a turn.
 * Implementations: json-codec.ts (plain JSON, and JSON checked by a Standard Schema) and protobuf-codec.ts.
 */
export interface Codec<T = unknown> {
  /** What the codec is called in messages: `JSON`, or the full name of a Protobuf message. */
  readonly name: string
  /**
   * Takes a value at the border: a live value of the same process, a `Packed` from a wire or a store, or a `Json`.
   *
   * @throws SpawnError INVALID_ARGUMENT that names the path of the bad field, but never its value.
   */
  accept(value: unknown): T
  /**
   * Encodes an accepted value.
   *
   * @param isBrief whether the bytes are given up soon and their buffer is handed to nobody else: then it may be one that they
   *   share with others. Absent: it is their own.
   * @throws SpawnError INVALID_ARGUMENT when the value has no encoding (a cycle, a function, a bigint in JSON).
   */
  pack(value: T, isBrief?: boolean): Packed
  /** The value as JSON.stringify takes it: plain JSON, or canonical Protobuf JSON. */
  toJson(value: T): unknown
}
