// The outcomes of a commit in a frame. Decides their layout behind what leads each (lead-bytes.ts), and how those are read that
// frames of the first version have.
//
// A reply that is the commit's state, as the same array, does not stand again. A type that is the last reply's stands nowhere.
// The expiry of a frame's first outcome stands before it, and all are named by it.

import type { OutcomeRecord } from '../../ports/index.ts'
import { Packed } from '../../protocol/packed.ts'
import { ByteReader, ByteWriter } from './bytes.ts'
import { FramedOutcome, NO_REPLY, type OutcomeFrame } from './framed-outcome.ts'
import {
  HAS_REPLY,
  IS_OF_STATE,
  MORE,
  passKey,
  readExpiry,
  readFlags,
  SAME_TYPE,
  writeLead,
} from './lead-bytes.ts'

/** No outcome yet, and no state. */
export const NONE = -1

/** Writes those of a frame. */
export class OutcomesWriter {
  #firstExpiryMs = NONE
  #typeUrl: string | null = null

  /**
   * Writes those of a commit, one at least.
   *
   * @param state its bytes stand in the frame already.
   * @param writeType writes the number of a type.
   */
  write(
    bytes: ByteWriter,
    outcomes: readonly OutcomeRecord[],
    state: Packed | null,
    writeType: (typeUrl: string) => void,
  ): void {
    const last = outcomes.length - 1
    // Mostly it is one: no iterator is made for that.
    for (let at = 0; at <= last; at += 1) {
      const outcome = outcomes[at]
      if (outcome !== undefined) this.#one(bytes, outcome, at < last ? MORE : 0, state, writeType)
    }
  }

  #one(
    bytes: ByteWriter,
    { expiresAtMs, key, reply }: OutcomeRecord,
    more: number,
    state: Packed | null,
    writeType: (typeUrl: string) => void,
  ): void {
    if (this.#firstExpiryMs === NONE) {
      bytes.whole(expiresAtMs)
      this.#firstExpiryMs = expiresAtMs
    }
    if (reply === null) {
      writeLead(bytes, more, key, expiresAtMs, this.#firstExpiryMs)
      return
    }
    const { typeUrl, value } = reply
    const isOfState = value === state?.value
    const isSame = typeUrl === this.#typeUrl
    const flags = more | HAS_REPLY | (isOfState ? IS_OF_STATE : 0) | (isSame ? SAME_TYPE : 0)
    writeLead(bytes, flags, key, expiresAtMs, this.#firstExpiryMs)
    if (!isSame) {
      writeType(typeUrl)
      this.#typeUrl = typeUrl
    }
    if (!isOfState) bytes.bytes(value)
  }

  /** Another frame begins. */
  clear(): void {
    this.#firstExpiryMs = NONE
    this.#typeUrl = null
  }
}

/** Reads those of a frame. */
export class OutcomesReader implements OutcomeFrame {
  readonly bytes: Buffer
  readonly types: readonly string[]
  firstExpiryMs = NONE
  #type = NO_REPLY

  /** @param before has read what stands before, of the same frame; absent: nothing does. */
  constructor(bytes: Buffer, types: readonly string[], before?: OutcomesReader | null) {
    this.bytes = bytes
    this.types = types
    if (before === undefined || before === null) return
    this.firstExpiryMs = before.firstExpiryMs
    this.#type = before.#type
  }

  /**
   * @param bytes of the frame, at the outcomes of a commit.
   * @param stateAt where the commit's state is, with its length; NONE: it has no state.
   * @param readType answers the number of a type.
   * @throws RangeError
   */
  read(bytes: ByteReader, stateAt: number, readType: () => number): FramedOutcome[] {
    if (this.firstExpiryMs === NONE) this.firstExpiryMs = bytes.whole()
    const outcomes: FramedOutcome[] = []
    for (let flags = MORE; flags & MORE;) {
      const leadAt = bytes.at
      flags = readFlags(bytes)
      const hash = passKey(bytes, flags)
      readExpiry(bytes, flags, this.firstExpiryMs)
      const type = flags & HAS_REPLY ? this.#readType(flags, readType) : NO_REPLY
      const valueAt = flags & IS_OF_STATE ? stateAt : bytes.at
      if (valueAt === NONE) throw new RangeError('a reply is said to be a state, and there is none')
      if (type !== NO_REPLY && valueAt !== stateAt) bytes.skip()
      outcomes.push(new FramedOutcome(this, leadAt, hash | 0, type, valueAt))
    }
    return outcomes
  }

  #readType(flags: number, readType: () => number): number {
    if (!(flags & SAME_TYPE)) this.#type = readType()
    else if (this.#type === NO_REPLY) throw new RangeError('a reply is said to be of the type of none')
    return this.#type
  }
}

/** Those of a commit in a frame of the first version: written as they are now, and read from that. */
export function readFirstOutcomes(
  bytes: ByteReader,
  types: readonly string[],
  readType: () => number,
): FramedOutcome[] {
  const outcomes: OutcomeRecord[] = []
  for (let left = bytes.whole(); left > 0; left -= 1) {
    const [key, expiresAtMs, hasReply] = [bytes.text(), bytes.whole(), bytes.whole()]
    const reply = hasReply === 0 ? null : new Packed(types[readType()] ?? '', bytes.bytes())
    outcomes.push({ key, expiresAtMs, reply })
  }
  if (outcomes.length === 0) return []
  const writer = new ByteWriter()
  new OutcomesWriter().write(writer, outcomes, null, (typeUrl) => writer.whole(types.indexOf(typeUrl)))
  const again = new ByteReader(writer.take())
  return new OutcomesReader(again.buffer, types).read(again, NONE, () => again.whole())
}
