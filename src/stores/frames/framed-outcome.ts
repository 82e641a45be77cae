// An outcome in a frame: where it and its reply stand. They are read when somebody asks for them. Of thousands, in memory until
// they are folded, nobody does; so nothing is made for them but these numbers (generation-outcomes.ts keeps the numbers alone).

import type { OutcomeRecord } from '../../ports/index.ts'
import { Packed } from '../../protocol/packed.ts'
import { ByteReader } from './bytes.ts'
import { expiryAt, readKey } from './lead-bytes.ts'

/** What the outcomes of a frame have in common. */
export interface OutcomeFrame {
  readonly bytes: Buffer
  /** The type URLs that stand in it, by their numbers there. */
  readonly types: readonly string[]
  /** When the first of them expires, which the others name theirs by. */
  readonly firstExpiryMs: number
}

export const NO_REPLY = -1

export class FramedOutcome implements OutcomeRecord {
  readonly frame: OutcomeFrame
  /** Of its flags; its key and its expiry follow, see lead-bytes.ts. */
  readonly leadAt: number
  /** Its key's, as a number with a sign: that needs no object of its own. */
  readonly signedHash: number
  /** The number of the reply's type; NO_REPLY: there is none. */
  readonly type: number
  /** Of the reply, with its length: behind its lead, or where the state of the commit is. */
  readonly valueAt: number

  constructor(frame: OutcomeFrame, leadAt: number, signedHash: number, type: number, valueAt: number) {
    this.frame = frame
    this.leadAt = leadAt
    this.signedHash = signedHash
    this.type = type
    this.valueAt = valueAt
  }

  get keyHash(): number {
    return this.signedHash >>> 0
  }

  get key(): string {
    const { bytes } = this.frame
    return readKey(new ByteReader(bytes, this.leadAt + 1), bytes[this.leadAt] ?? 0)
  }

  get expiresAtMs(): number {
    return expiryAt(this.frame.bytes, this.leadAt, this.frame.firstExpiryMs)
  }

  /** Null: no reply. */
  get typeUrl(): string | null {
    return this.type === NO_REPLY ? null : (this.frame.types[this.type] ?? null)
  }

  get reply(): Packed | null {
    const { typeUrl } = this
    return typeUrl === null
      ? null
      : new Packed(typeUrl, new ByteReader(this.frame.bytes, this.valueAt).bytes())
  }
}
