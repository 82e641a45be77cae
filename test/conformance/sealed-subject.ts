// A sealed store over the store of any suite, with keys of its own. Decides the keys; the data is the other subject's.

import { randomBytes } from 'node:crypto'
import type { StateKey, Statestore } from '../../src/ports/index.ts'
import { SealedStore } from '../../src/stores/sealed/index.ts'
import type { StatestoreSubject } from '../../src/testing/index.ts'

export function stateKey(id: string): StateKey {
  return { id, secret: randomBytes(32) }
}

/** Every start gives it new nonces, as a new process would. */
export function sealing(open: () => Promise<StatestoreSubject>): () => Promise<StatestoreSubject> {
  return async () => {
    const keys = [stateKey('2026'), stateKey('2025')]
    const sealed = (store: Statestore): SealedStore => new SealedStore(store, { keys })
    const { crash, dispose, reopen, store } = await open()
    return {
      store: sealed(store),
      dispose,
      ...(reopen !== undefined && { reopen: async () => sealed(await reopen()) }),
      ...(crash !== undefined && { crash: async () => sealed(await crash()) }),
    }
  }
}
