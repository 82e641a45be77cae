// The schema of a store file for who looks before anything is opened: the side of the main thread. What is looked at and
// done is schema-work.ts's, in a thread.
//
// Invariant: the file is open in one place at a time. While the store has it, it is up to date, and there is nothing to do.

import type { Migration, Schema, SchemaStatus } from '../../ports/index.ts'
import type { StoreThread } from './store-thread.ts'

export class FileSchema implements Schema {
  readonly #file: string
  readonly #isOpen: () => boolean
  readonly #within: <T>(ask: (thread: StoreThread) => Promise<T | null>) => Promise<T>

  /** @param within asks a thread of its own again and again, until another process lets go of the file. */
  constructor(
    file: string,
    isOpen: () => boolean,
    within: <T>(ask: (thread: StoreThread) => Promise<T | null>) => Promise<T>,
  ) {
    this.#file = file
    this.#isOpen = isOpen
    this.#within = within
  }

  async status(): Promise<SchemaStatus> {
    if (this.#isOpen()) {
      // Few ask, and the side of the main thread needs SQLite for nothing else.
      const { nothingYet } = await import('./schema.ts')
      const { newest } = nothingYet()
      return { version: newest, newest, pending: [] }
    }
    return this.#within((thread) => thread.ask('schema', { file: this.#file }))
  }

  async migrate(): Promise<readonly Migration[]> {
    if (this.#isOpen()) return []
    return this.#within((thread) => thread.ask('migrate', { file: this.#file }))
  }
}
