// A wire with a bad network in it. Decides, seeded, what befalls each sending: it is lost, comes twice, late, or never
// because two members are cut off from each other. The wire behind it carries what is left.
//
// Invariant: it makes nothing up: what arrives was sent, byte for byte, to who gets it.

import { below, type Clock, type Random } from '../base/index.ts'
import type { Wire } from '../ports/index.ts'

/** How bad it is. Chances are from 0 to 1, for each sending. */
export interface WireFaults {
  readonly lose: number
  readonly double: number
  /** Each copy takes a random time up to this, in milliseconds, and so overtakes others. */
  readonly delayMs: number
  /** Whether nothing goes from one member to the other; the way back is asked for by itself. */
  readonly isCut: (from: string, to: string) => boolean
}

export const NO_WIRE_FAULTS: WireFaults = { lose: 0, double: 0, delayMs: 0, isCut: () => false }

export interface FaultyWireOptions {
  readonly clock: Clock
  readonly random: Random
  readonly faults?: Partial<WireFaults>
}

export class FaultyWire implements Wire {
  /** May be changed at any time; holds for what is sent from then on. */
  faults: WireFaults
  readonly #wire: Wire
  readonly #clock: Clock
  readonly #random: Random
  #self = ''

  constructor(wire: Wire, { clock, faults, random }: FaultyWireOptions) {
    this.#wire = wire
    this.#clock = clock
    this.#random = random
    this.faults = { ...NO_WIRE_FAULTS, ...faults }
  }

  get maxBytes(): number {
    return this.#wire.maxBytes
  }

  start(self: string, receive: (bytes: Uint8Array) => void): Promise<void> {
    this.#self = self
    return this.#wire.start(self, receive)
  }

  stop(): Promise<void> {
    return this.#wire.stop()
  }

  send(to: string, bytes: Uint8Array): void {
    const { delayMs, double, isCut, lose } = this.faults
    if (isCut(this.#self, to)) return
    const copies = this.#random.next() < double ? 2 : 1
    for (let copy = 0; copy < copies; copy += 1) {
      if (this.#random.next() < lose) continue
      const lateMs = delayMs === 0 ? 0 : below(this.#random, delayMs + 1)
      if (lateMs === 0) this.#wire.send(to, bytes)
      else this.#clock.after(lateMs, () => this.#wire.send(to, bytes))
    }
  }
}
