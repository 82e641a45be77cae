// How sealed bytes say by which key: their head. Two forms, told apart by the first byte, with which neither JSON nor a
// Protobuf message begins; so bytes that were never sealed are known as such.
//
//   ring key:   0x96 · length of the id · id, ASCII
//   own key:    0x9e · the actor's mark, 16 bytes · id of the key, 8 bytes
//
// Decides these heads only. They outlive a crash: what one release has sealed, every later one must open.

import { createHash } from 'node:crypto'
import { type ActorId, SEALED } from '../../protocol/index.ts'

const RING = SEALED.byRing
const OWN = SEALED.byOwn
const MARK_BYTES = 16
/** Of the id of an actor's own key. */
export const OWN_ID_BYTES = 8
const OWN_HEAD_BYTES = 1 + MARK_BYTES + OWN_ID_BYTES

/** The type URL of what is sealed where there is no value: that nothing is there is sealed, too. */
export const NOTHING = 'spawn.Nothing'

export type Head =
  | { readonly kind: 'ring'; readonly id: string }
  /** Both in hexadecimal. */
  | { readonly kind: 'own'; readonly mark: string; readonly id: string }

/** Whether it is sealed with a key of an actor's own. */
export function isOwn({ 0: first }: Uint8Array): boolean {
  return first === OWN
}

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

export function ownHead(mark: string, id: string): Uint8Array {
  return Buffer.concat([Uint8Array.of(OWN), Buffer.from(mark, 'hex'), Buffer.from(id, 'hex')])
}

/** What stands for an actor where its own key is named: two actors do not have the same. In hexadecimal. */
export function markOf({ name, parent, system }: ActorId): string {
  const text = JSON.stringify([system, parent, name])
  return createHash('sha256')
    .update(text)
    .digest('hex')
    .slice(0, MARK_BYTES * 2)
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
