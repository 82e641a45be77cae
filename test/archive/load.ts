// The process of measure.ts: fills a store file with many actors and their history, exports it and imports it into
// another one, and prints what it holds meanwhile, part by part. Run with --expose-gc.

import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { exportStore, FileSource, PartFile, takeIn } from '../../src/archive/index.ts'
import { systemClock } from '../../src/base/index.ts'
import type { ArchiveRow } from '../../src/ports/index.ts'
import { SqliteStore } from '../../src/stores/sqlite/index.ts'
import { commitOf } from '../../src/testing/statestore-fixture.ts'
import { temporaryFolder } from '../conformance/temporary-store.ts'

export interface Held {
  readonly doing: 'export' | 'import'
  readonly heapBytes: number
  readonly bufferBytes: number
}

/** Revisions of the past that each actor has. */
const PAST = 2
/** Parts between two measurements. */
const STRIDE = 10

const actors = Number(process.argv[2])
const leaks: unknown[] | null = process.argv[3] === 'leak' ? [] : null
const folder = await temporaryFolder()
const held: Held[] = []

function measure(doing: Held['doing']): void {
  globalThis.gc?.()
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  held.push({ doing, heapBytes: heapUsed, bufferBytes: arrayBuffers })
}

function measuring(doing: Held['doing']): () => void {
  let parts = 0
  return () => {
    parts += 1
    leaks?.push(Array.from({ length: 50_000 }, () => parts))
    if (parts % STRIDE === 0) measure(doing)
  }
}

function* rows(kind: 'actor' | 'past'): Generator<ArchiveRow> {
  for (let at = 0; at < actors; at += 1) {
    for (
      let revision = kind === 'actor' ? PAST + 1 : 1;
      revision <= PAST + (kind === 'actor' ? 1 : 0);
      revision += 1
    ) {
      const { birth, committedAtMs, epoch, id, state, tags } = commitOf(`actor ${at}`, revision - 1)
      const actor = { id, revision, birth, epoch, tags, state, committedAtMs }
      if (kind === 'actor') yield { kind, actor }
      else
        yield { kind, actor, counted: true, replacedAtMs: committedAtMs + 1, expiresAtMs: committedAtMs + 1 }
    }
  }
}

async function fill(store: SqliteStore): Promise<void> {
  for (const kind of ['actor', 'past'] as const) {
    let batch: ArchiveRow[] = []
    for (const row of rows(kind)) {
      batch.push(row)
      if (batch.length < 1_000) continue
      await store.archive.write(batch)
      batch = []
    }
    await store.archive.write(batch)
  }
}

const store = new SqliteStore({ file: join(folder.path, 'from.db') })
await store.start()
await fill(store)
const path = join(folder.path, 'backup.ndjson')
const file = await PartFile.open({ path, resumes: false, overwrites: false })
const startMs = systemClock.now()
await exportStore({
  store,
  source: 'sqlite',
  sealed: false,
  clock: systemClock,
  write: (text) => file.write(text),
  progress: measuring('export'),
})
await file.finish()
const exportMs = systemClock.now() - startMs
await store.stop()
const target = new SqliteStore({ file: join(folder.path, 'to.db') })
await target.start()
const source = await FileSource.open(createReadStream(path, { highWaterMark: 2 ** 20 }), path)
const taken = await takeIn({
  source,
  target,
  targetName: 'sqlite',
  merges: false,
  clock: systemClock,
  progress: measuring('import'),
})
const importMs = systemClock.now() - startMs - exportMs
await target.stop()
await rm(folder.path, { recursive: true })
const { maxRSS } = process.resourceUsage()
console.log(JSON.stringify({ held, rows: taken.rows, exportMs, importMs, maxRssBytes: maxRSS * 1_024 }))
