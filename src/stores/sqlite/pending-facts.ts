// The facts of a system in one layer of what is not folded. There are as many as turns, and next to nobody asks for one by its
// id: so they stand one behind the other, and are not found by their ids before somebody asks.
//
// Invariant: one entry for each id, and those that nobody asked for in the order of their places.

import type { PendingEnvelope } from './pending-outbox.ts'

export class PendingFacts {
  /** Null from when somebody asked. */
  #inOrder: PendingEnvelope[] | null = []
  #byId: Map<string, PendingEnvelope> | null = null

  get entries(): Iterable<PendingEnvelope> {
    return this.#inOrder ?? this.#found.values()
  }

  /** Those at places behind one. */
  *behind(place: number): Generator<PendingEnvelope> {
    if (this.#inOrder === null) {
      for (const entry of this.#found.values()) if (entry.place > place) yield entry
      return
    }
    let [from, to] = [0, this.#inOrder.length]
    while (from < to) {
      const middle = (from + to) >>> 1
      if ((this.#inOrder[middle]?.place ?? 0) > place) to = middle
      else from = middle + 1
    }
    for (let at = from; at < this.#inOrder.length; at += 1) {
      const entry = this.#inOrder[at]
      if (entry !== undefined) yield entry
    }
  }

  get(id: string): PendingEnvelope | undefined {
    return this.#found.get(id)
  }

  /** In place of what has its id. */
  put(entry: PendingEnvelope): void {
    if (this.#inOrder !== null && entry.envelope?.isNew === true) this.#inOrder.push(entry)
    else this.#found.set(entry.id, entry)
  }

  remove(id: string): void {
    this.#found.delete(id)
  }

  get #found(): Map<string, PendingEnvelope> {
    if (this.#byId === null) {
      this.#byId = new Map(this.#inOrder?.map((entry) => [entry.id, entry]))
      this.#inOrder = null
    }
    return this.#byId
  }
}
