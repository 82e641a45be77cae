// Randomness, as a value that is handed in, so that a run can be replayed from its seed.

export interface Random {
  /** A number in [0, 1). */
  next(): number
}

/** Bytes that nobody can guess: for keys, and for nonces. Never from a seed but in tests. */
export type RandomBytes = (count: number) => Uint8Array

/** Loaded with the first draw: it takes as long as twenty of our modules, and many processes and threads draw nothing. */
let draw: ((count: number) => Buffer) | null = null

function randomBytes(count: number): Buffer {
  draw ??= process.getBuiltinModule('node:crypto').randomBytes
  return draw(count)
}

export const systemRandomBytes: RandomBytes = (count) => randomBytes(count)

export const systemRandom: Random = { next: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48 }

/**
 * A small seeded generator (the mulberry32 step: a Weyl sequence through a 32-bit mixer), for tests and simulation only.
 *
 * @param seed any whole number; the same seed gives the same sequence.
 */
export function seededRandom(seed: number): Random {
  let weyl = seed >>> 0
  return {
    next() {
      weyl = (weyl + 0x6d2b79f5) >>> 0
      let mixed = Math.imul(weyl ^ (weyl >>> 15), weyl | 1)
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
    },
  }
}

/** A whole number in [0, below). */
export function below(random: Random, limit: number): number {
  return Math.floor(random.next() * limit)
}
