// What makes a commit recognisable to the database. A store is a writer, under a random number of its own; each commit
// under way has a lane of the writer to itself, and the next number of that lane. The database keeps the last number of
// each lane in the transaction that applies the commit, and applies none that is not above it. So what became of a commit
// whose answer got lost can be settled, for ever: it was applied, or it never will be.
//
// Invariant: of a lane one number is under way at a time, and none is used twice.

import type { Random } from '../../base/index.ts'

export interface Lane {
  /** 64 bits, as a signed number in decimals. */
  readonly writer: string
  readonly number: number
  /** The last one used. */
  sequence: number
}

export class Lanes {
  readonly #writer: string
  #idle: Lane[] = []
  #last = 0

  constructor(random: Random) {
    const [high, low] = [halfOf(random), halfOf(random)]
    this.#writer = BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low)).toString()
  }

  /** For one commit, until it is given back: as many lanes come to be as there were commits at once. */
  take(): Lane {
    return this.#idle.pop() ?? this.fresh()
  }

  /** One that was never used; in place of one that the database no longer knows, because nobody used it for long. */
  fresh(): Lane {
    return { writer: this.#writer, number: (this.#last += 1), sequence: 0 }
  }

  giveBack(lane: Lane): void {
    this.#idle.push(lane)
  }
}

function halfOf(random: Random): number {
  return Math.floor(random.next() * 2 ** 32)
}
