// Archive files and stores for the tests of moving: filled stores, files in folders of their own, and what is in them.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type Exported,
  exportStore,
  FileSource,
  type IntakeOptions,
  PartFile,
  takeIn,
  type TakenIn,
} from '../../src/archive/index.ts'
import type { Statestore } from '../../src/ports/index.ts'
import { MemoryStore } from '../../src/stores/memory/index.ts'
import { VirtualClock } from '../../src/testing/index.ts'
import { commitOf, commitRevisions, NOON_MS } from '../../src/testing/statestore-fixture.ts'
import { fillStore } from '../../src/testing/statestore-archive-fixture.ts'
import { temporaryFolder } from '../conformance/temporary-store.ts'

export const clock = new VirtualClock({ startMs: NOON_MS })

export async function emptyMemory(): Promise<MemoryStore> {
  const store = new MemoryStore()
  await store.start()
  return store
}

/** Rows of every kind, and enough actors for several parts. */
export async function manyRows(): Promise<MemoryStore> {
  const store = await emptyMemory()
  await fillStore(store)
  const names = Array.from({ length: 1_500 }, (_none, at) => `many ${at}`)
  for (let at = 0; at < names.length; at += 500)
    await store.commit(names.slice(at, at + 500).map((name) => commitOf(name, 0)))
  await commitRevisions(store, 'long', 1_200, { revisions: 2_000, durationMs: 0 })
  return store
}

export async function exportTo(
  path: string,
  store: Statestore,
  {
    overwrites = false,
    resumes = false,
    source = 'memory',
  }: { overwrites?: boolean; resumes?: boolean; source?: string } = {},
): Promise<Exported> {
  const file = await PartFile.open({ path, overwrites, resumes })
  try {
    const write = (text: string): Promise<void> => file.write(text)
    const exported = await exportStore({ store, source, sealed: false, clock, write, begun: file.begun })
    await file.finish()
    return exported
  } catch (thrown) {
    await file.abandon()
    throw thrown
  }
}

export async function importBytes(
  bytes: Uint8Array,
  target: Statestore,
  more: Partial<IntakeOptions> = {},
): Promise<TakenIn> {
  const source = await FileSource.open(chunksOf(bytes), 'backup.ndjson')
  return takeIn({ source, target, targetName: 'memory', merges: false, clock, ...more })
}

/** In pieces that end anywhere. */
export async function* chunksOf(bytes: Uint8Array, size = 1_777): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** Runs with a path in a folder of its own. */
export async function withPath(run: (path: string) => Promise<void>): Promise<void> {
  const folder = await temporaryFolder()
  try {
    await run(join(folder.path, 'backup.ndjson'))
  } finally {
    await folder.remove()
  }
}

export async function exportedBytes(store: Statestore): Promise<Buffer> {
  let bytes = Buffer.alloc(0)
  await withPath(async (path) => {
    await exportTo(path, store)
    bytes = await readFile(path)
  })
  return bytes
}
