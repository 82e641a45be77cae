// A key that seals and opens bytes with AES-256-GCM, and the layout of what it seals:
//
//   head (which key: see sealed-bytes.ts) · nonce, 12 bytes · the bytes, encrypted · tag, 16 bytes
//
// Decides nothing about which key is used. Its secret is in no message, no property that is shown, and no log.

import { type Cipheriv, createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto'
import { GhashTable } from './ghash.ts'
import { NONCE_BYTES, type Nonces } from './nonces.ts'

const CIPHER = 'aes-256-gcm'
export const TAG_BYTES = 16
const OPTIONS = { authTagLength: TAG_BYTES }

export class Key {
  /** What leads all that it seals. */
  readonly head: Uint8Array
  readonly #secret: KeyObject
  /** Encrypts blocks for as long as it is asked. */
  #blocks: Cipheriv | null = null
  #ghashTable: GhashTable | null = null

  /** @param secret 32 bytes; they are copied. */
  constructor(head: Uint8Array, secret: Uint8Array) {
    this.head = head
    this.#secret = createSecretKey(secret)
  }

  seal(nonces: Nonces, associated: Uint8Array, plain: Uint8Array): Uint8Array {
    const { head } = this
    const nonce = nonces.next()
    const cipher = createCipheriv(CIPHER, this.#secret, nonce, OPTIONS)
    cipher.setAAD(associated)
    const sealed = Buffer.allocUnsafe(head.length + NONCE_BYTES + plain.length + TAG_BYTES)
    let at = head.length
    sealed.set(head)
    sealed.set(nonce, at)
    at += NONCE_BYTES
    // A stream cipher: all bytes are there at once, and the end brings no more.
    sealed.set(cipher.update(plain), at)
    cipher.final()
    sealed.set(cipher.getAuthTag(), at + plain.length)
    return sealed
  }

  /** Whole blocks, encrypted one by one: the raw material of seals. */
  blocks(plain: Uint8Array): Buffer {
    this.#blocks ??= createCipheriv('aes-256-ecb', this.#secret, null).setAutoPadding(false)
    return this.#blocks.update(plain)
  }

  ghashTable(): GhashTable {
    this.#ghashTable ??= new GhashTable(this.blocks(new Uint8Array(TAG_BYTES)))
    return this.#ghashTable
  }

  /** Null: these are not bytes that this key sealed with this binding, or they were changed since. */
  open(associated: Uint8Array, sealed: Uint8Array): Uint8Array | null {
    const from = this.head.length + NONCE_BYTES
    const to = sealed.length - TAG_BYTES
    if (to < from) return null
    const nonce = sealed.subarray(this.head.length, from)
    const decipher = createDecipheriv(CIPHER, this.#secret, nonce, OPTIONS)
    decipher.setAAD(associated)
    decipher.setAuthTag(sealed.subarray(to))
    const plain = decipher.update(sealed.subarray(from, to))
    try {
      decipher.final()
    } catch {
      return null
    }
    return plain
  }
}
