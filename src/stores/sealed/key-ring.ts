// The keys of a store: one that seals, and those that only open what was sealed before. Decides which key opens what; an
// id that is not among them opens nothing.

import { assert, SpawnError } from '../../base/index.ts'
import type { StateKey } from '../../ports/index.ts'
import { KEY_BYTES } from '../state-keys.ts'
import { Key } from './key.ts'
import { ringHead } from './sealed-bytes.ts'

export class KeyRing {
  readonly #keys = new Map<string, Key>()
  #sealing: Key | null = null
  #sealingId = ''

  /** @param keys the first seals. */
  constructor(keys: readonly StateKey[] = []) {
    for (const key of keys) this.add(key)
  }

  get sealing(): Key {
    assert(this.#sealing !== null, 'a key ring is used when it has a key')
    return this.#sealing
  }

  get sealingId(): string {
    return this.#sealingId
  }

  get ids(): readonly string[] {
    return [...this.#keys.keys()]
  }

  find(id: string): Key | undefined {
    return this.#keys.get(id)
  }

  /**
   * @param seals whether all that is sealed from now on is sealed with it; the first does in any case.
   * @throws SpawnError INVALID_ARGUMENT
   */
  add({ id, secret }: StateKey, seals = false): void {
    if (secret.length !== KEY_BYTES) {
      const text = `the state key "${id}" has ${secret.length} bytes; it must have ${KEY_BYTES}`
      throw new SpawnError('INVALID_ARGUMENT', text)
    }
    if (this.#keys.has(id)) throw new SpawnError('INVALID_ARGUMENT', `two state keys have the id "${id}"`)
    const key = new Key(ringHead(id), secret)
    this.#keys.set(id, key)
    if (!seals && this.#sealing !== null) return
    this.#sealing = key
    this.#sealingId = id
  }
}
