// Every statestore of the package against the suite that says what a statestore is.
import { MemoryStore } from '../../src/stores/memory/index.ts'
import { statestoreConformance } from '../../src/testing/index.ts'
import { temporarySqlite } from './temporary-store.ts'

statestoreConformance('memory', async () => {
  const store = new MemoryStore()
  await store.start()
  return { store, dispose: () => store.stop() }
})

statestoreConformance('sqlite', temporarySqlite)
