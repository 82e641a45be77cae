// Parameters of statements as Postgres reads them in binary: arrays of bytes and of numbers. One buffer each, however
// many items: a group of commits goes over in the bytes that it has, with no text made of it.
//
// The layout: the number of dimensions, whether there are nulls, the type of the items, their number, the first index; then
// each item behind its length, -1 for null. All numbers are big-endian.

const BYTEA = 17
const INT8 = 20
const INT4 = 23
const HEAD_BYTES = 20

export type BytesItem = string | Uint8Array | null

/** Texts become their UTF-8. */
export function byteaArray(items: readonly BytesItem[]): Buffer {
  let length = HEAD_BYTES
  for (const item of items)
    length += 4 + (item === null ? 0 : typeof item === 'string' ? Buffer.byteLength(item) : item.length)
  const bytes = withHead(length, BYTEA, items.length)
  let at = HEAD_BYTES
  for (const item of items) {
    if (item === null) {
      at = bytes.writeInt32BE(-1, at)
    } else if (typeof item === 'string') {
      const written = bytes.write(item, at + 4)
      bytes.writeInt32BE(written, at)
      at += 4 + written
    } else {
      at = bytes.writeInt32BE(item.length, at)
      bytes.set(item, at)
      at += item.length
    }
  }
  return bytes
}

/** Whole numbers up to 2^53 - 1. */
export function int8Array(items: readonly (number | null)[]): Buffer {
  const bytes = withHead(HEAD_BYTES + 12 * items.length, INT8, items.length)
  let at = HEAD_BYTES
  for (const item of items) {
    if (item === null) {
      at = bytes.writeInt32BE(-1, at)
      continue
    }
    at = bytes.writeInt32BE(8, at)
    at = bytes.writeInt32BE(Math.floor(item / 2 ** 32), at)
    at = bytes.writeUInt32BE(item >>> 0, at)
  }
  return bytes.subarray(0, at)
}

export function int4Array(items: readonly number[]): Buffer {
  const bytes = withHead(HEAD_BYTES + 8 * items.length, INT4, items.length)
  let at = HEAD_BYTES
  for (const item of items) {
    at = bytes.writeInt32BE(4, at)
    at = bytes.writeInt32BE(item, at)
  }
  return bytes
}

/** A single value of type bytea. */
export function bytea(value: string | Uint8Array): Buffer {
  return typeof value === 'string'
    ? Buffer.from(value)
    : Buffer.from(value.buffer, value.byteOffset, value.byteLength)
}

function withHead(length: number, type: number, items: number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  bytes.writeInt32BE(1, 0)
  bytes.writeInt32BE(1, 4)
  bytes.writeInt32BE(type, 8)
  bytes.writeInt32BE(items, 12)
  bytes.writeInt32BE(1, 16)
  return bytes
}
