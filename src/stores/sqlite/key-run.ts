// Entries of the index of outcomes, in the order of their hashes: which hash leads to which row of the table. As numbers in two
// arrays, so that tens of thousands of them cost a collector nothing.

const FIRST_ENTRIES = 64
/** An entry that was dropped stays, and leads nowhere. No row has this number. */
const DROPPED = 0
/** So far behind others an entry may come and still be put in its place. */
const LATE_ENTRIES = 128

export class KeyRun {
  #hashes: Float64Array
  #rows: Float64Array
  #length = 0

  constructor(entries = FIRST_ENTRIES) {
    this.#hashes = new Float64Array(entries)
    this.#rows = new Float64Array(entries)
  }

  get length(): number {
    return this.#length
  }

  hashAt(place: number): number {
    return this.#hashes[place] ?? 0
  }

  /** 0: it was dropped. */
  rowAt(place: number): number {
    return this.#rows[place] ?? DROPPED
  }

  /** The first place whose hash is not below this one. */
  placeOf(hash: number): number {
    let from = 0
    let to = this.#length
    while (from < to) {
      const middle = (from + to) >>> 1
      if (this.hashAt(middle) < hash) from = middle + 1
      else to = middle
    }
    return from
  }

  /** @returns false when it belongs too far before the end; then it was not added. */
  add(hash: number, row: number): boolean {
    const end = this.#length
    const place = end === 0 || this.hashAt(end - 1) <= hash ? end : this.placeOf(hash)
    if (end - place > LATE_ENTRIES) return false
    if (end === this.#hashes.length) this.#grow()
    if (place < end) {
      this.#hashes.copyWithin(place + 1, place, end)
      this.#rows.copyWithin(place + 1, place, end)
    }
    this.#hashes[place] = hash
    this.#rows[place] = row
    this.#length += 1
    return true
  }

  /** Puts another row in the place of the one to which a hash leads. @returns whether it did lead there. */
  change(hash: number, row: number, to: number): boolean {
    for (let place = this.placeOf(hash); place < this.#length && this.hashAt(place) === hash; place += 1) {
      if (this.rowAt(place) !== row) continue
      this.#rows[place] = to
      return true
    }
    return false
  }

  drop(hash: number, row: number): boolean {
    return this.change(hash, row, DROPPED)
  }

  /** An entry that was dropped is there again. */
  restore(hash: number, row: number): boolean {
    return this.change(hash, DROPPED, row)
  }

  #append(hash: number, row: number): void {
    this.#hashes[this.#length] = hash
    this.#rows[this.#length] = row
    this.#length += 1
  }

  #grow(): void {
    const [hashes, rows] = [this.#hashes, this.#rows]
    const length = Math.max(FIRST_ENTRIES, hashes.length * 2)
    this.#hashes = new Float64Array(length)
    this.#rows = new Float64Array(length)
    this.#hashes.set(hashes)
    this.#rows.set(rows)
  }

  /** The entries of both, without those that were dropped. */
  static joined(left: KeyRun, right: KeyRun): KeyRun {
    const both = new KeyRun(left.length + right.length)
    let [atLeft, atRight] = [0, 0]
    while (atLeft < left.length || atRight < right.length) {
      const isLeft =
        atRight === right.length || (atLeft < left.length && left.hashAt(atLeft) <= right.hashAt(atRight))
      const from = isLeft ? left : right
      const at = isLeft ? atLeft++ : atRight++
      const row = from.rowAt(at)
      if (row !== DROPPED) both.#append(from.hashAt(at), row)
    }
    return both
  }
}
