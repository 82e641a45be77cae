// A process that commits to a store as fast as it can and says what was acknowledged, for tests that end it. The store is a
// file for SQLite, the options of a database as JSON, or `served:` and where another process serves it.
//
//   node committer.ts <store> loop    revisions of "one" and "two" in one group after another, printing each; "one" sends a
//                                     token with each of its revisions, and "two" takes the one before; and a fact
//   node committer.ts <store> large   the same with states of a mebibyte
//   node committer.ts <store> once    one commit, then nothing: the process must end by itself
import { systemClock } from '../../src/base/index.ts'
import type { Statestore } from '../../src/ports/index.ts'
import { type DatabaseOptions, PostgresStore } from '../../src/stores/postgres/index.ts'
import { openServed } from '../../src/stores/served/index.ts'
import { SqliteStore } from '../../src/stores/sqlite/index.ts'
import { commitOf, envelopeOf, factOf, json, loadOne } from '../../src/testing/statestore-fixture.ts'

const [, , target = '', mode] = process.argv

async function opened(): Promise<Statestore> {
  if (target.startsWith('{')) return new PostgresStore(JSON.parse(target) as DatabaseOptions)
  if (!target.startsWith('served:')) return new SqliteStore({ file: target })
  return openServed(target.slice('served:'.length), { clock: systemClock })
}

const large = mode === 'large' ? { state: json('x'.repeat(1_048_576)) } : {}
const store = await opened()
await store.start()
let revision = (await loadOne(store, 'one'))?.revision ?? 0
do {
  const name = String(revision + 1)
  const verdicts = await store.commit([
    commitOf('one', revision, { ...large, sends: [envelopeOf(name), factOf(name)] }),
    commitOf('two', revision, { ...large, takes: revision === 0 ? [] : [String(revision)] }),
  ])
  if (verdicts.includes('conflict')) throw new Error('there is no other committer')
  revision += 1
  process.stdout.write(`${revision}\n`)
} while (mode !== 'once')
