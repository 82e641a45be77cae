// One Protobuf scalar to bytes, by its type.
//
// Invariant: a value that is none of the type throws; nothing is coerced.

import { ScalarType } from '@bufbuild/protobuf'
import { type BinaryWriter, WireType } from '@bufbuild/protobuf/wire'

export type WriteScalar = (writer: BinaryWriter, value: unknown) => void

export function wireTypeOf(scalar: ScalarType): WireType {
  switch (scalar) {
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return WireType.LengthDelimited
    case ScalarType.DOUBLE:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return WireType.Bit64
    case ScalarType.FLOAT:
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
      return WireType.Bit32
    default:
      return WireType.Varint
  }
}

/** The value without a tag. What is out of range, the library's writer refuses. */
export function scalarWriter(scalar: ScalarType): WriteScalar {
  return WRITERS[scalar]
}

const WRITERS: Readonly<Record<ScalarType, WriteScalar>> = {
  [ScalarType.STRING]: (writer, value) => writer.string(text(value)),
  [ScalarType.BYTES](writer, value) {
    if (!(value instanceof Uint8Array)) throw new TypeError('expected a Uint8Array')
    writer.bytes(value)
  },
  [ScalarType.BOOL](writer, value) {
    if (typeof value !== 'boolean') throw new TypeError('expected a boolean')
    writer.bool(value)
  },
  [ScalarType.DOUBLE]: (writer, value) => writer.double(number(value)),
  [ScalarType.FLOAT]: (writer, value) => writer.float(number(value)),
  [ScalarType.INT32]: (writer, value) => writer.int32(number(value)),
  [ScalarType.UINT32]: (writer, value) => writer.uint32(number(value)),
  [ScalarType.SINT32]: (writer, value) => writer.sint32(number(value)),
  [ScalarType.FIXED32]: (writer, value) => writer.fixed32(number(value)),
  [ScalarType.SFIXED32]: (writer, value) => writer.sfixed32(number(value)),
  [ScalarType.INT64]: (writer, value) => writer.int64(whole(value)),
  [ScalarType.UINT64]: (writer, value) => writer.uint64(whole(value)),
  [ScalarType.SINT64]: (writer, value) => writer.sint64(whole(value)),
  [ScalarType.FIXED64]: (writer, value) => writer.fixed64(whole(value)),
  [ScalarType.SFIXED64]: (writer, value) => writer.sfixed64(whole(value)),
}

function text(value: unknown): string {
  if (typeof value !== 'string' || !value.isWellFormed()) throw new TypeError('expected well-formed text')
  return value
}

function number(value: unknown): number {
  if (typeof value !== 'number') throw new TypeError('expected a number')
  return value
}

function whole(value: unknown): bigint | number | string {
  if (typeof value === 'bigint' || typeof value === 'number' || typeof value === 'string') return value
  throw new TypeError('expected a bigint')
}
