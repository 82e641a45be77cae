// A statestore that encrypts what another one keeps. Wraps any of them.

export { SealedStore, type SealedStoreOptions } from './sealed-store.ts'
export type { StateKey } from '../../ports/index.ts'
