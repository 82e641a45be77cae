// Callers that never rest, over a few actors: adds, effects at once and later, and calls with idempotency keys, which are
// repeated until they are acknowledged. Decides by its seed who is called for what; what is known of it is in the book.

import { setTimeout as pause } from 'node:timers/promises'
import { below, type Random } from '../../src/base/index.ts'
import { until } from '../../src/testing/index.ts'
import type { Book, Place } from './book.ts'

export interface CallKey {
  readonly idempotencyKey?: string
}

/** Whoever takes the calls. */
export interface Callee {
  call(at: Place, action: string, payload: unknown, key?: CallKey): Promise<unknown>
}

export interface LoadOptions {
  readonly callee: Callee
  readonly book: Book
  readonly random: Random
  /** Begins the names of its actors and marks. */
  readonly name: string
  readonly callers?: number
  readonly actors?: number
}

/** Before a caller calls again that was told of a failure. */
const PAUSE_MS = 5
/** For all that was begun to be acknowledged. */
const END_MS = 60_000

export class Load {
  readonly #options: LoadOptions
  readonly #running: Promise<unknown>
  #isOver = false
  #count = 0

  constructor(options: LoadOptions) {
    this.#options = options
    this.#running = Promise.all(Array.from({ length: options.callers ?? 8 }, () => this.#caller()))
  }

  get acknowledged(): number {
    return this.#options.book.entries.filter(({ known }) => known === 'acknowledged').length
  }

  /** Waits until so many more calls were acknowledged. */
  async more(count: number): Promise<void> {
    const enough = this.acknowledged + count
    await until(`${count} more calls to be acknowledged`, () => this.acknowledged >= enough, {
      timeoutMs: END_MS,
    })
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await this.#running
  }

  async #caller(): Promise<void> {
    while (!this.#isOver) if (!(await this.#call())) await pause(PAUSE_MS)
  }

  async #call(): Promise<boolean> {
    const { actors = 6, book, callee, name, random } = this.#options
    this.#count += 1
    const mark = `${name} ${this.#count}`
    const number = below(random, actors)
    const at: Place = { ref: 'ledger', name: `${name} a${number}` }
    const to: Place = { ref: 'ledger', name: `${name} a${(number + 1) % actors}` }
    const drawn = random.next()
    if (drawn < 0.5) return book.add(mark, at, null, () => callee.call(at, 'add', { mark }))
    if (drawn < 0.8) {
      const action = drawn < 0.7 ? 'pay' : 'plan'
      return book.add(mark, at, to, () => callee.call(at, action, { mark, to: to.name }))
    }
    const where = drawn < 0.9 ? at : { ref: 'fleeting', name: at.name }
    const call = (): Promise<unknown> => callee.call(where, 'add', { mark }, { idempotencyKey: mark })
    if (!(await book.add(mark, where, null, call))) await book.insist(mark, call)
    return true
  }
}
