// A first-in first-out queue on a ring that grows by doubling: no shifting, no garbage per item.
// It takes no memory until the first push. Its bound belongs to the owner, who knows what to tell the sender.

const FIRST_CAPACITY = 4

export class Queue<T> {
  #ring: (T | undefined)[] | null = null
  #head = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  push(item: T): void {
    const ring = this.#ring === null || this.#length === this.#ring.length ? this.#grow() : this.#ring
    ring[(this.#head + this.#length) & (ring.length - 1)] = item
    this.#length += 1
  }

  shift(): T | undefined {
    const ring = this.#ring
    if (ring === null || this.#length === 0) return undefined
    const item = ring[this.#head]
    ring[this.#head] = undefined
    this.#head = (this.#head + 1) & (ring.length - 1)
    this.#length -= 1
    return item
  }

  #grow(): (T | undefined)[] {
    const old = this.#ring
    const grown = new Array<T | undefined>(old === null ? FIRST_CAPACITY : old.length * 2)
    for (let at = 0; old !== null && at < this.#length; at += 1) {
      grown[at] = old[(this.#head + at) & (old.length - 1)]
    }
    this.#ring = grown
    this.#head = 0
    return grown
  }
}
