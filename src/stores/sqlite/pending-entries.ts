// Entries of a system in one layer of what is not folded. There are thousands, and of facts and of calls for later next to
// none is asked for by its id: so new ones stand one behind the other, and get into the map of ids when somebody asks.
//
// Invariant: one entry for each id, and those that are not in the map yet in the order of their places.

import type { PendingEnvelope } from './pending-outbox.ts'

export class PendingEntries {
  /** Those that came since somebody asked last. */
  #newest: PendingEnvelope[] = []
  readonly #byId = new Map<string, PendingEnvelope>();

  *[Symbol.iterator](): Generator<PendingEnvelope> {
    yield* this.#byId.values()
    yield* this.#newest
  }

  /** Those at places behind one. */
  *behind(place: number): Generator<PendingEnvelope> {
    for (const entry of this.#byId.values()) if (entry.place > place) yield entry
    let [from, to] = [0, this.#newest.length]
    while (from < to) {
      const middle = (from + to) >>> 1
      if ((this.#newest[middle]?.place ?? 0) > place) to = middle
      else from = middle + 1
    }
    for (let at = from; at < this.#newest.length; at += 1) {
      const entry = this.#newest[at]
      if (entry !== undefined) yield entry
    }
  }

  get(id: string): PendingEnvelope | undefined {
    return this.#found.get(id)
  }

  /** In place of what has its id. */
  put(entry: PendingEnvelope): void {
    if (entry.envelope?.isNew === true) this.#newest.push(entry)
    else this.#found.set(entry.id, entry)
  }

  remove(id: string): void {
    this.#found.delete(id)
  }

  get #found(): Map<string, PendingEnvelope> {
    if (this.#newest.length > 0) {
      for (const entry of this.#newest) this.#byId.set(entry.id, entry)
      this.#newest = []
    }
    return this.#byId
  }
}
