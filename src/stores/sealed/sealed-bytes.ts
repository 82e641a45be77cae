// How sealed bytes say by which key: their head. Two forms, told apart by the first byte, with which neither JSON nor a
// Protobuf message begins; so bytes that were never sealed are known as such.
//
//   ring key:   0x96 · length of the id · id, ASCII
//   own key:    0x9e · the actor's mark, 16 bytes · id of the key, 8 bytes
//
// Decides these heads only. They outlive a crash: what one release has sealed, every later one must open.

const RING = 0x96
const OWN = 0x9e
const MARK_BYTES = 16
const OWN_ID_BYTES = 8
const OWN_HEAD_BYTES = 1 + MARK_BYTES + OWN_ID_BYTES

/** The type URL of what is sealed where there is no value: that nothing is there is sealed, too. */
export const NOTHING = 'spawn.Nothing'

export type Head =
  | { readonly kind: 'ring'; readonly id: string }
  /** Both in hexadecimal. */
  | { readonly kind: 'own'; readonly mark: string; readonly id: string }

/** Null: it is not sealed. */
export function headOf(bytes: Uint8Array): Head | null {
  const [first, length = 0] = bytes
  if (first === RING && bytes.length >= 2 + length) {
    return { kind: 'ring', id: Buffer.from(bytes.subarray(2, 2 + length)).toString('latin1') }
  }
  if (first !== OWN || bytes.length < OWN_HEAD_BYTES) return null
  const mark = bytes.subarray(1, 1 + MARK_BYTES)
  return { kind: 'own', mark: hex(mark), id: hex(bytes.subarray(1 + MARK_BYTES, OWN_HEAD_BYTES)) }
}

export function ringHead(id: string): Uint8Array {
  const text = Buffer.from(id, 'latin1')
  return Buffer.concat([Uint8Array.of(RING, text.length), text])
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
