// The seals of one group of commits. A cipher object for each small state costs more than all the rest of its commit; so
// the keystream of all of them comes from one call of AES, and the tags are worked out here (ghash.ts). What comes out is
// AES-256-GCM, byte for byte, and is opened by OpenSSL alone. Large values are sealed by OpenSSL, too.
//
// Invariant: what `add` answers is not sealed before `finish`, and must not be looked at until then. Between the two
// nothing waits.

import { assert } from '../../base/index.ts'
import { Ghash, type GhashState } from './ghash.ts'
import { type Key, TAG_BYTES } from './key.ts'
import { NONCE_BYTES, type Nonces } from './nonces.ts'

/** Beyond so many bytes OpenSSL is faster. */
const SMALL_BYTES = 256
const BLOCK_BYTES = 16
/** Counts: the first block hides the tag, the others the bytes. */
const FIRST = 1
const FIRST_CAPACITY = 64 * 3 * BLOCK_BYTES
/** Two blocks, the second of them not whole. */
const PROBE = Uint8Array.from({ length: 21 }, (_none, at) => at)

/** A value that waits for its keystream. */
class Item {
  readonly sealed: Uint8Array
  /** Where the encrypted bytes begin and end; the tag follows. */
  readonly from: number
  readonly to: number
  /** What is bound to it: taken into the tag already, and so many bytes. */
  readonly begun: GhashState
  readonly bound: number

  constructor(sealed: Uint8Array, from: number, to: number, begun: GhashState, bound: number) {
    this.sealed = sealed
    this.from = from
    this.to = to
    this.begun = begun
    this.bound = bound
  }
}

export class SealBatch {
  /** What it seals with. */
  readonly key: Key
  readonly #nonces: Nonces
  readonly #ghash: Ghash
  #items: Item[] = []
  #counters = Buffer.allocUnsafeSlow(FIRST_CAPACITY)
  #at = 0

  constructor(key: Key, nonces: Nonces) {
    this.key = key
    this.#nonces = nonces
    this.#ghash = new Ghash(key.ghashTable())
    this.#prove()
  }

  /** A wrong tag would be found by the first reader, when the state is lost: so OpenSSL opens a first seal before there are others. */
  #prove(): void {
    const sealed = this.add(PROBE, PROBE)
    this.finish()
    assert(this.key.open(PROBE, sealed) !== null, 'OpenSSL opens what is sealed in a batch')
  }

  /** Keeps neither of the two. */
  add(associated: Uint8Array, plain: Uint8Array): Uint8Array {
    const { head } = this.key
    const { length } = plain
    if (length > SMALL_BYTES) return this.key.seal(this.#nonces, associated, plain)
    const nonce = this.#nonces.next()
    const from = head.length + NONCE_BYTES
    const sealed = Buffer.allocUnsafe(from + length + TAG_BYTES)
    sealed.set(head)
    sealed.set(nonce, head.length)
    sealed.set(plain, from)
    this.#count(nonce, FIRST + Math.ceil(length / BLOCK_BYTES))
    this.#ghash.begin()
    this.#ghash.absorb(associated, 0, associated.length)
    this.#items.push(new Item(sealed, from, from + length, this.#ghash.state(), associated.length))
    return sealed
  }

  finish(): void {
    if (this.#items.length === 0) return
    const stream = this.key.blocks(this.#counters.subarray(0, this.#at))
    let at = 0
    for (const { begun, bound, from, sealed, to } of this.#items) {
      const maskAt = at
      at += BLOCK_BYTES
      for (let byte = from; byte < to; byte += 1)
        sealed[byte] = (sealed[byte] ?? 0) ^ (stream[at + byte - from] ?? 0)
      at += Math.ceil((to - from) / BLOCK_BYTES) * BLOCK_BYTES
      this.#ghash.resume(begun)
      this.#ghash.absorb(sealed, from, to)
      this.#ghash.end(bound, to - from, stream, maskAt, sealed, to)
    }
    this.#items = []
    this.#at = 0
  }

  /** The blocks that the keystream of one value is made from. */
  #count(nonce: Uint8Array, blocks: number): void {
    if (this.#at + blocks * BLOCK_BYTES > this.#counters.length) this.#grow(blocks * BLOCK_BYTES)
    const counters = this.#counters
    // So few bytes are copied sooner one by one than by a call, and a small value has no more blocks than a byte can count.
    for (let block = FIRST; block < FIRST + blocks; block += 1) {
      const end = this.#at + BLOCK_BYTES - 1
      for (let byte = 0; byte < NONCE_BYTES; byte += 1) counters[this.#at + byte] = nonce[byte] ?? 0
      for (let at = this.#at + NONCE_BYTES; at < end; at += 1) counters[at] = 0
      counters[end] = block
      this.#at += BLOCK_BYTES
    }
  }

  #grow(bytes: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#counters.length * 2, this.#at + bytes))
    grown.set(this.#counters.subarray(0, this.#at))
    this.#counters = grown
  }
}
