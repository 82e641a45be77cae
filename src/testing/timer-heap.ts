// The timers of a virtual clock in order of time. Decides which timer is next; it knows neither the present nor the
// tasks that are due at once.
// Invariant: `next` and `take` never show a cancelled timer, and cancelled ones never outnumber the live ones for long.

export interface VirtualTimer {
  readonly dueMs: number
  /** Decides among timers of the same time; random, because their order is not promised. */
  readonly rank: number
  readonly background: boolean
  readonly task: () => void
  /** Set by cancelling, and by running: from then on the timer is nothing to anybody. */
  over: boolean
}

const FIRST_SWEEP = 64

export class TimerHeap {
  #heap: VirtualTimer[] = []
  #sweepAt = FIRST_SWEEP

  /** The timers that wait, in no order. */
  waiting(): VirtualTimer[] {
    return this.#heap.filter((timer) => !timer.over)
  }

  add(timer: VirtualTimer): void {
    if (this.#heap.length >= this.#sweepAt) this.#sweep()
    this.#heap.push(timer)
    this.#rise(this.#heap.length - 1)
  }

  /** The next timer, left in its place. */
  next(): VirtualTimer | undefined {
    while (this.#heap[0]?.over === true) this.#removeFirst()
    return this.#heap[0]
  }

  /** Takes out the next timer if it is due at `nowMs`. */
  take(nowMs: number): VirtualTimer | undefined {
    const next = this.next()
    if (next === undefined || next.dueMs > nowMs) return undefined
    this.#removeFirst()
    return next
  }

  #removeFirst(): void {
    const last = this.#heap.pop()
    if (last === undefined || this.#heap.length === 0) return
    this.#heap[0] = last
    this.#sink(0)
  }

  /** Most timers are timeouts that were cancelled long before their time: they must not pile up. */
  #sweep(): void {
    this.#heap = this.waiting()
    for (let at = (this.#heap.length >> 1) - 1; at >= 0; at -= 1) this.#sink(at)
    this.#sweepAt = Math.max(FIRST_SWEEP, this.#heap.length * 2)
  }

  #rise(from: number): void {
    const heap = this.#heap
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(heap[at], heap[parent])) return
      swap(heap, at, parent)
      at = parent
    }
  }

  #sink(from: number): void {
    const heap = this.#heap
    let at = from
    for (;;) {
      const left = at * 2 + 1
      const right = left + 1
      let first = at
      if (isBefore(heap[left], heap[first])) first = left
      if (isBefore(heap[right], heap[first])) first = right
      if (first === at) return
      swap(heap, at, first)
      at = first
    }
  }
}

function isBefore(left: VirtualTimer | undefined, right: VirtualTimer | undefined): boolean {
  if (left === undefined || right === undefined) return false
  return left.dueMs === right.dueMs ? left.rank < right.rank : left.dueMs < right.dueMs
}

function swap(heap: VirtualTimer[], left: number, right: number): void {
  const held = heap[left]
  const other = heap[right]
  if (held === undefined || other === undefined) return
  heap[left] = other
  heap[right] = held
}
