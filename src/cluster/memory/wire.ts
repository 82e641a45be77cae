// The wire within one process: for tests, and for several members in one. It loses nothing; those who want that put a
// FaultyWire before it.
//
// Invariant: each receiver gets bytes of its own, and never within the call that sends them.

import { assert, type Clock } from '../../base/index.ts'
import type { Wire } from '../../ports/index.ts'

export interface MemoryNetworkOptions {
  readonly clock: Clock
  /** Bytes of one sending. Default: a mebibyte. */
  readonly maxBytes?: number
}

type Receive = (bytes: Uint8Array) => void

/** What the wires of all members hang on. */
export class MemoryNetwork {
  readonly #clock: Clock
  readonly #maxBytes: number
  /** By member; as on any network, two may have the same id for a while. */
  readonly #receivers = new Map<string, Set<Receive>>()

  constructor({ clock, maxBytes = 1_048_576 }: MemoryNetworkOptions) {
    this.#clock = clock
    this.#maxBytes = maxBytes
  }

  /** A wire for one member. */
  wire(): Wire {
    let leave: (() => void) | null = null
    return {
      maxBytes: this.#maxBytes,
      start: async (self, receive) => {
        leave = this.#join(self, receive)
      },
      stop: async () => {
        leave?.()
        leave = null
      },
      send: (to, bytes) => {
        if (leave !== null) this.#send(to, bytes)
      },
    }
  }

  #join(self: string, receive: Receive): () => void {
    // Of its own, however often the same function is given.
    const mine: Receive = (bytes) => receive(bytes)
    const receivers = this.#receivers.get(self) ?? new Set()
    this.#receivers.set(self, receivers.add(mine))
    return () => {
      receivers.delete(mine)
      if (receivers.size === 0) this.#receivers.delete(self)
    }
  }

  #send(to: string, bytes: Uint8Array): void {
    assert(bytes.length <= this.#maxBytes, `a wire is given at most ${this.#maxBytes} bytes at once`)
    for (const receive of this.#receivers.get(to) ?? []) {
      const copy = bytes.slice()
      this.#clock.defer(() => {
        if (this.#receivers.get(to)?.has(receive) === true) receive(copy)
      })
    }
  }
}
