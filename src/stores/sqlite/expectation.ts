// How the next group of commits is expected to begin, as the main thread has told the store's. Decides whether a group does.

import type { Commit } from '../../ports/index.ts'
import type { StoreThread } from './store-thread.ts'

export class Expectation {
  /** Who was told. */
  #thread: StoreThread | null = null
  #beginning: Commit[] = []

  /** Whether a thread was told of none of the group yet. */
  isFirst(thread: StoreThread): boolean {
    return thread !== this.#thread || this.#beginning.length === 0
  }

  add(thread: StoreThread, beginning: readonly Commit[]): void {
    if (this.isFirst(thread)) this.#beginning = []
    this.#thread = thread
    for (const commit of beginning) this.#beginning.push(commit)
  }

  /** The thread is told the whole group when it comes. */
  drop(): void {
    this.#beginning = []
  }

  /** @returns how many of the group the thread has, from the first on; 0: it must be told all of it. */
  end(thread: StoreThread, group: readonly Commit[]): number {
    const beginning = this.#beginning
    if (beginning.length === 0) return 0
    this.#beginning = []
    if (thread !== this.#thread) return 0
    return beginning.every((commit, at) => commit === group[at]) ? beginning.length : 0
  }
}
