// The header and the payload of an envelope as one run of bytes, so that one sealing takes both:
//
//   length of the header, 4 bytes · the header, UTF-8 · the payload
//
// Decides that layout only; whether there is a payload is said by the type URL.

const LENGTH_BYTES = 4

export function packLetter(header: string, payload: Uint8Array | null): Uint8Array {
  const length = Buffer.byteLength(header)
  const packed = Buffer.allocUnsafe(LENGTH_BYTES + length + (payload === null ? 0 : payload.length))
  packed.writeUInt32LE(length)
  packed.write(header, LENGTH_BYTES)
  if (payload !== null) packed.set(payload, LENGTH_BYTES + length)
  return packed
}

export function unpackLetter(bytes: Uint8Array): { readonly header: string; readonly payload: Uint8Array } {
  const packed = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const end = LENGTH_BYTES + packed.readUInt32LE()
  return { header: packed.toString('utf8', LENGTH_BYTES, end), payload: packed.subarray(end) }
}
