// An outcome in a frame. What stands behind its key is read when somebody asks for it: thousands of them are in memory at a
// time, mostly until they are folded, and nothing is made for any of them that would have to be collected later.

import { hashOf } from '../../base/index.ts'
import type { OutcomeRecord } from '../../ports/index.ts'
import { Packed } from '../../protocol/packed.ts'
import { ByteReader, type ByteWriter } from './bytes.ts'

export class FramedOutcome implements OutcomeRecord {
  readonly key: string
  readonly expiresAtMs: number
  /** Null: no reply. */
  readonly typeUrl: string | null
  readonly #keyHash: number
  readonly #frame: Buffer
  readonly #valueAt: number
  readonly #valueEnd: number

  /** Reads it, and stands behind it then. */
  constructor(bytes: ByteReader, readType: () => string) {
    this.key = bytes.text()
    // As a number with a sign, which needs no object of its own.
    this.#keyHash = hashOf(this.key) | 0
    this.expiresAtMs = bytes.whole()
    this.typeUrl = bytes.whole() === 0 ? null : readType()
    this.#frame = bytes.buffer
    this.#valueAt = bytes.at
    if (this.typeUrl !== null) bytes.skip()
    this.#valueEnd = bytes.at
  }

  /** The hash of its key. */
  get keyHash(): number {
    return this.#keyHash >>> 0
  }

  get reply(): Packed | null {
    if (this.typeUrl === null) return null
    return new Packed(this.typeUrl, new ByteReader(this.#frame, this.#valueAt).bytes())
  }

  /** Writes the bytes of its reply, with their length; nothing when it has none. */
  writeValue(writer: ByteWriter): void {
    writer.copy(this.#frame, this.#valueAt, this.#valueEnd)
  }
}
