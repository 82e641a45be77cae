// Who gets the next connection of the port that all processes share: whoever has the fewest, in turn among equals. Pure.

export interface Taker {
  /** Whether it may be given one now. */
  readonly takes: boolean
  /** Connections that it has. */
  readonly load: number
}

export class Rota {
  #turn = 0

  /** @returns the place of the one that gets it; null: none takes any. */
  next(takers: readonly Taker[]): number | null {
    let found: number | null = null
    for (let step = 0; step < takers.length; step += 1) {
      const at = (this.#turn + step) % takers.length
      const taker = takers[at]
      if (taker?.takes !== true) continue
      if (found === null || taker.load < (takers[found]?.load ?? 0)) found = at
    }
    if (found !== null) this.#turn = found + 1
    return found
  }
}
