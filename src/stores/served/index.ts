// A store that one process of a program has, for its other processes: served at a socket, and asked there.

import type { Clock } from '../../base/index.ts'
import { ServedStore } from './served-store.ts'
import { StoreLink } from './store-link.ts'

export { ServedStore } from './served-store.ts'
export { StoreServer } from './store-server.ts'

/**
 * Connects to a store that is served. It stays connected until it is stopped, started or not.
 *
 * @param address the server's.
 * @throws SpawnError STORE_UNAVAILABLE when nobody serves there.
 */
export async function openServed(
  address: string,
  { clock }: { readonly clock: Clock },
): Promise<ServedStore> {
  const link = await StoreLink.open(address, clock)
  return new ServedStore(link, await link.offer(), clock)
}
