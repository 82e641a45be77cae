// Whether somebody has given up: what an AbortSignal says, without what an event target costs. A call between members makes
// one on either side, and hardly any is ever used.
//
// Invariant: it is told once, to whoever listens then; who asks later sees it.

/** What of an AbortSignal who only listens needs; one of these will do, too. */
export interface CancelSignal {
  readonly aborted: boolean
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once: boolean }): void
  removeEventListener(type: 'abort', listener: () => void): void
}

export class Cancellation implements CancelSignal {
  aborted = false
  #listener: (() => void) | null = null
  /** Those beside the first: there are hardly ever any. */
  #others: Set<() => void> | null = null

  addEventListener(_type: 'abort', listener: () => void): void {
    if (this.#listener === null) this.#listener = listener
    else if (this.#listener !== listener) (this.#others ??= new Set()).add(listener)
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    if (this.#listener === listener) this.#listener = null
    else this.#others?.delete(listener)
  }

  abort(): void {
    if (this.aborted) return
    this.aborted = true
    const first = this.#listener
    const others = this.#others
    this.#listener = null
    this.#others = null
    first?.()
    if (others !== null) for (const listener of others) listener()
  }
}
