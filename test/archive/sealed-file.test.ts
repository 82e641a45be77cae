// Files of what is encrypted: rows that stay so are never taken for open ones, and nothing goes along that is of one store only.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exportStore, FileSource, RestoreSource, takeIn } from '../../src/archive/index.ts'
import { LIMITS } from '../../src/base/index.ts'
import type { Statestore } from '../../src/ports/index.ts'
import { SealedStore } from '../../src/stores/sealed/index.ts'
import { fillStore, plainRows, readAll } from '../../src/testing/statestore-archive-fixture.ts'
import { NOON_MS } from '../../src/testing/statestore-fixture.ts'
import { stateKey } from '../conformance/sealed-subject.ts'
import { chunksOf, clock, emptyMemory } from './fixture.ts'

const NEW = stateKey('2026')
const OLD = stateKey('2025')

async function fileOf(store: Statestore, sealed: boolean): Promise<Buffer> {
  let text = ''
  const write = async (more: string): Promise<void> => void (text += more)
  await exportStore({ store, source: 'memory', sealed, clock, write })
  return Buffer.from(text)
}

test('what is encrypted is not exported as if it were open', async () => {
  const bare = await emptyMemory()
  await fillStore(new SealedStore(bare, { keys: [NEW] }))
  await assert.rejects(fileOf(bare, false), {
    code: 'STATE_UNREADABLE',
    message: /is encrypted, and there is no key: set SPAWN_STATESTORE_KEY, .* --sealed$/,
  })
})

test('a rotation that was cut off does not go on in another store, where its pages are others', async () => {
  const bare = await emptyMemory()
  await fillStore(new SealedStore(bare, { keys: [OLD] }))
  const expected = plainRows(await readAll(new SealedStore(bare, { keys: [OLD] })))
  const { rotation } = new SealedStore(bare, { keys: [NEW, OLD] })
  assert.ok(rotation !== undefined)
  assert.equal(await rotation.resumed(), null)
  await rotation.mark('a page of this store', 7, NOON_MS)
  assert.notEqual(await rotation.resumed(), null)

  const file = await FileSource.open(chunksOf(await fileOf(bare, true)), 'backup.ndjson')
  assert.ok(file.header.sealed)
  const { outcomeRetentionMs } = LIMITS
  const at = { atMs: NOON_MS + 10_000, outcomeRetentionMs, unreached: async () => {} }
  const restored = new RestoreSource({ store: bare, name: 'memory', ...at })
  for (const source of [file, restored]) {
    const target = await emptyMemory()
    await takeIn({ source, target, targetName: 'memory', merges: false, clock })
    const there = new SealedStore(target, { keys: [NEW, OLD] })
    const rows = plainRows(await readAll(there))
    if (source === file) assert.deepEqual(rows, expected)
    assert.ok(rows.length > 5)
    assert.equal(await there.rotation?.resumed(), null)
  }
})
