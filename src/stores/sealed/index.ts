// A statestore that encrypts what another one keeps. Wraps any of them.

export type { Rotation, RotationPage } from './rotation.ts'
export { SealedStore, type SealedStoreOptions } from './sealed-store.ts'
export type { KeyService, StateKey } from '../../ports/index.ts'
