// What is bound to sealed bytes without being in them: what they are and whose. Bytes that were moved to another actor,
// another revision, another key or another envelope do not open there. Decides the form of it, which outlives a crash: what
// one release has sealed, every later one must open.
//
// Every text is led by its length, so that no two bindings read alike.

import type { ActorId } from '../../protocol/index.ts'
import { BOXES, type Envelope } from '../../ports/index.ts'

const STATE = 1
const OUTCOME = 2
const ENVELOPE = 3
/** Up to here a loop beats the encoder's call. */
const SHORT_CHARS = 62

/** Of one actor's state: `birth` and `revision` are those that it is stored with. */
export interface StateAddress {
  readonly id: ActorId
  readonly revision: number
  readonly birth: number
}

/** Writes bindings, one at a time: what it answers is valid until the next. */
export class Associated {
  #bytes = Buffer.allocUnsafeSlow(4_096)
  #at = 0

  state({ birth, id, revision }: StateAddress, typeUrl: string): Uint8Array {
    this.#begin(STATE)
    this.#actor(id)
    this.#number(revision)
    this.#number(birth)
    return this.#end(typeUrl)
  }

  outcome(id: ActorId, key: string, typeUrl: string): Uint8Array {
    this.#begin(OUTCOME)
    this.#actor(id)
    this.#text(key)
    return this.#end(typeUrl)
  }

  envelope(system: string, { box, dueAtMs, id }: Envelope, typeUrl: string): Uint8Array {
    this.#begin(ENVELOPE)
    this.#text(system)
    this.#text(id)
    this.#number(BOXES.indexOf(box))
    this.#number(dueAtMs)
    return this.#end(typeUrl)
  }

  #begin(what: number): void {
    this.#bytes[0] = what
    this.#at = 1
  }

  #end(typeUrl: string): Uint8Array {
    this.#text(typeUrl)
    return this.#bytes.subarray(0, this.#at)
  }

  #actor({ name, parent, system }: ActorId): void {
    this.#text(system)
    this.#text(parent)
    this.#text(name)
  }

  #number(value: number): void {
    if (this.#at + 8 > this.#bytes.length) this.#grow(8)
    this.#at = this.#bytes.writeDoubleLE(value, this.#at)
  }

  #text(text: string): void {
    // A UTF-16 unit takes at most three bytes.
    const most = 4 + text.length * 3
    if (this.#at + most > this.#bytes.length) this.#grow(most)
    const isShort = text.length <= SHORT_CHARS && this.#ascii(text, this.#at + 4)
    const written = isShort ? text.length : this.#bytes.write(text, this.#at + 4)
    for (let byte = 0; byte < 4; byte += 1) this.#bytes[this.#at + byte] = written >>> (byte * 8)
    this.#at += 4 + written
  }

  /** @returns false when the text is not ASCII. */
  #ascii(text: string, from: number): boolean {
    const bytes = this.#bytes
    for (let at = 0; at < text.length; at += 1) {
      const unit = text.charCodeAt(at)
      if (unit > 0x7f) return false
      bytes[from + at] = unit
    }
    return true
  }

  #grow(bytes: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#at + bytes))
    grown.set(this.#bytes.subarray(0, this.#at))
    this.#bytes = grown
  }
}
