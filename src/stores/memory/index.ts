// The statestore in memory: for tests, and for systems whose state may go with the process.

export { MemoryStore } from './memory-store.ts'
