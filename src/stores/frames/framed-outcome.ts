// An outcome in a frame: where its key and its reply stand. They are read when somebody asks for them. Of thousands, in memory until
// they are folded, nobody does; so nothing is made for them but these numbers (generation-outcomes.ts keeps the numbers alone).

import type { OutcomeRecord } from '../../ports/index.ts'
import { Packed } from '../../protocol/packed.ts'
import { behindField, behindWhole, ByteReader, type ByteWriter } from './bytes.ts'

/** What the outcomes of a frame have in common. */
export interface OutcomeFrame {
  readonly bytes: Buffer
  /** The type URLs that stand in it, by their numbers there. */
  readonly types: readonly string[]
}

const NO_REPLY = -1

export class FramedOutcome implements OutcomeRecord {
  readonly frame: OutcomeFrame
  /** With its length; its expiry follows. */
  readonly keyAt: number
  /** Its key's, as a number with a sign: that needs no object of its own. */
  readonly signedHash: number
  /** The number of the reply's type; -1: there is no reply. */
  readonly type: number
  /** Of the reply, with its length. */
  readonly valueAt: number

  constructor(frame: OutcomeFrame, keyAt: number, signedHash: number, type: number, valueAt: number) {
    this.frame = frame
    this.keyAt = keyAt
    this.signedHash = signedHash
    this.type = type
    this.valueAt = valueAt
  }

  /** Reads one, and stands behind it then. @param readType answers the number of a type. */
  static read(bytes: ByteReader, frame: OutcomeFrame, readType: () => number): FramedOutcome {
    const keyAt = bytes.at
    const hash = bytes.textHash()
    // Its expiry.
    bytes.whole()
    const type = bytes.whole() === 0 ? NO_REPLY : readType()
    const valueAt = bytes.at
    if (type !== NO_REPLY) bytes.skip()
    return new FramedOutcome(frame, keyAt, hash | 0, type, valueAt)
  }

  get keyHash(): number {
    return this.signedHash >>> 0
  }

  get key(): string {
    return this.#readerAt(this.keyAt).text()
  }

  get expiresAtMs(): number {
    const bytes = this.#readerAt(this.keyAt)
    bytes.skip()
    return bytes.whole()
  }

  /** Null: no reply. */
  get typeUrl(): string | null {
    return this.type === NO_REPLY ? null : (this.frame.types[this.type] ?? null)
  }

  get reply(): Packed | null {
    const { typeUrl } = this
    return typeUrl === null ? null : new Packed(typeUrl, this.#readerAt(this.valueAt).bytes())
  }

  /** Writes its key and its expiry as they stand there. */
  writeKey(writer: ByteWriter): void {
    const { bytes } = this.frame
    writer.copy(bytes, this.keyAt, behindWhole(bytes, behindField(bytes, this.keyAt)))
  }

  /** Writes the bytes of its reply, with their length; nothing when it has none. */
  writeValue(writer: ByteWriter): void {
    if (this.type === NO_REPLY) return
    const { bytes } = this.frame
    writer.copy(bytes, this.valueAt, behindField(bytes, this.valueAt))
  }

  #readerAt(at: number): ByteReader {
    return new ByteReader(this.frame.bytes, at)
  }
}
