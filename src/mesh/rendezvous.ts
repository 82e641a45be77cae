// Which of some candidates has a name: rendezvous hashing. Each candidate scores every name, the highest score has it; so a
// candidate that goes leaves its names to all others, one that comes takes its share from all, and no other name moves. By
// weight, where weights differ. It decides nothing else: who may be a candidate is placement.ts's.
//
// Invariant: the outcome depends on the candidates' ids, their weights, the space and the name alone, on every member and in
// every version: two members that computed it otherwise would both serve an actor.

export interface Candidate {
  readonly id: string
  /** Its share, against those of the others; above 0. */
  readonly weight: number
}

export class Rendezvous {
  readonly #count: number
  /** Two for each candidate. */
  readonly #seeds: Int32Array
  /** Null: all the same. */
  readonly #weights: Float64Array | null
  readonly #spaceLow: number
  readonly #spaceHigh: number

  /**
   * @param candidates in the order of their ids, so that equal scores are settled alike everywhere.
   * @param space names of different spaces are spread independently.
   */
  constructor(candidates: readonly Candidate[], space: string) {
    this.#count = candidates.length
    this.#seeds = new Int32Array(candidates.length * 2)
    for (const [at, { id }] of candidates.entries()) {
      this.#seeds[at * 2] = lane(id, 0x2c7f_9e11, 0x5bd1_e995)
      this.#seeds[at * 2 + 1] = lane(id, 0x61c8_8647, 0x27d4_eb2f)
    }
    const [first] = candidates
    const even = candidates.every(({ weight }) => weight === first?.weight)
    this.#weights = even ? null : Float64Array.from(candidates, ({ weight }) => weight)
    this.#spaceLow = lane(space, 0x1b87_3593, 0x5bd1_e995)
    this.#spaceHigh = lane(space, 0x3c6e_f372, 0x27d4_eb2f)
  }

  /** The place of the candidate that has a name; -1: there are none. Asked per call: it allocates nothing. */
  ownerOf(name: string): number {
    if (this.#count < 2) return this.#count - 1
    const { length } = name
    let low = this.#spaceLow
    let high = this.#spaceHigh
    for (let at = 0; at < length; at += 1) {
      const unit = name.charCodeAt(at)
      low = Math.imul(low ^ unit, 0x5bd1_e995)
      high = Math.imul(high ^ unit, 0x27d4_eb2f)
      low ^= low >>> 15
    }
    high ^= high >>> 16
    const weights = this.#weights
    return weights === null ? highest(this.#seeds, low, high) : heaviest(this.#seeds, weights, low, high)
  }
}

function highest(seeds: Int32Array, low: number, high: number): number {
  let best = 0
  let bestScore = scoreOf(seeds[0] as number, seeds[1] as number, low, high)
  for (let at = 2; at < seeds.length; at += 2) {
    const score = scoreOf(seeds[at] as number, seeds[at + 1] as number, low, high)
    if (score <= bestScore) continue
    best = at
    bestScore = score
  }
  return best >> 1
}

/** Each score is a draw from an exponential distribution: the least of w draws of one is one of w's. */
function heaviest(seeds: Int32Array, weights: Float64Array, low: number, high: number): number {
  let best = -1
  let least = Infinity
  for (let at = 0; at < weights.length; at += 1) {
    const score = scoreOf(seeds[at * 2] as number, seeds[at * 2 + 1] as number, low, high)
    const weighed = -Math.log((score + 2 ** 31 + 0.5) / 2 ** 32) / (weights[at] as number)
    if (weighed >= least) continue
    best = at
    least = weighed
  }
  return best
}

/** A whole number of 32 bits, with its sign: those are compared without becoming fractions. */
function scoreOf(seedLow: number, seedHigh: number, low: number, high: number): number {
  let score = Math.imul(low ^ seedLow, 0x2f0b_4c47)
  score = Math.imul(score ^ (score >>> 15) ^ high ^ seedHigh, 0x1663_5d19)
  score = Math.imul(score ^ (score >>> 13), 0x4d25_1f0b)
  return score ^ (score >>> 16)
}

/** 32 of a text's 64 bits. */
function lane(text: string, start: number, factor: number): number {
  let hash = start ^ text.length
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), factor)
    hash ^= hash >>> 15
  }
  return Math.imul(hash ^ (hash >>> 13), 0x4d25_1f0b) ^ (hash >>> 16)
}
