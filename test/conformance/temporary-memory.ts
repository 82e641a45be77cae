// Memory stores for the suites.

import { MemoryStore } from '../../src/stores/memory/index.ts'
import type { StatestoreSubject } from '../../src/testing/index.ts'

export async function temporaryMemory(): Promise<StatestoreSubject> {
  const store = new MemoryStore()
  await store.start()
  return { store, dispose: () => store.stop() }
}
