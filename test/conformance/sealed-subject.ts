// A sealed store over the store of any suite, with keys of its own. Decides the keys; the data is the other subject's.

import { randomBytes } from 'node:crypto'
import type { Commit, StateKey, Statestore, Verdict } from '../../src/ports/index.ts'
import { MemoryStore } from '../../src/stores/memory/index.ts'
import { SealedStore } from '../../src/stores/sealed/index.ts'
import type { StatestoreSection, StatestoreSubject } from '../../src/testing/index.ts'

/**
 * What of a sealed store depends on the store below it: how much goes at once, how its rows are read and written from outside,
 * and what a crash leaves. All of the suite runs over a sealed store in memory, over each store without a seal, and over
 * each with one in test/slow/.
 */
export const SEALED_SECTIONS: readonly StatestoreSection[] = ['commits', 'archive', 'durability']

export function stateKey(id: string): StateKey {
  return { id, secret: randomBytes(32) }
}

/** As if every definition gave its actors keys of their own. */
class OwnKeys extends SealedStore {
  override commit(group: readonly Commit[]): Promise<Verdict[]> {
    return super.commit(group.map((commit) => ({ ...commit, hasOwnKey: !commit.id.system.startsWith('(') })))
  }
}

/** Every start gives it new nonces, as a new process would. */
export function sealing(
  open: () => Promise<StatestoreSubject>,
  hasOwnKeys = false,
): () => Promise<StatestoreSubject> {
  const Store = hasOwnKeys ? OwnKeys : SealedStore
  return async () => {
    const keys = [stateKey('2026'), stateKey('2025')]
    const actorKeys = new MemoryStore()
    await actorKeys.start()
    const sealed = (store: Statestore): SealedStore => new Store(store, { keys, actorKeys })
    const { crash, dispose, reopen, store } = await open()
    return {
      store: sealed(store),
      dispose,
      ...(reopen !== undefined && { reopen: async () => sealed(await reopen()) }),
      ...(crash !== undefined && { crash: async () => sealed(await crash()) }),
    }
  }
}
