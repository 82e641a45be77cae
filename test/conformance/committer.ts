// A process that commits to a store as fast as it can and says what was acknowledged, for tests that end it. The store is a
// file for SQLite, or the options of a database as JSON.
//
//   node committer.ts <store> loop    revisions of "one" and "two" in one group after another, printing each; "one" sends a
//                                     token with each of its revisions, and "two" takes the one before
//   node committer.ts <store> once    one commit, then nothing: the process must end by itself
import { type DatabaseOptions, PostgresStore } from '../../src/stores/postgres/index.ts'
import { SqliteStore } from '../../src/stores/sqlite/index.ts'
import { commitOf, envelopeOf, loadOne } from '../../src/testing/statestore-fixture.ts'

const [, , target = '', mode] = process.argv
const store = target.startsWith('{')
  ? new PostgresStore(JSON.parse(target) as DatabaseOptions)
  : new SqliteStore({ file: target })
await store.start()
let revision = (await loadOne(store, 'one'))?.revision ?? 0
do {
  const verdicts = await store.commit([
    commitOf('one', revision, { sends: [envelopeOf(String(revision + 1))] }),
    commitOf('two', revision, { takes: revision === 0 ? [] : [String(revision)] }),
  ])
  if (verdicts.includes('conflict')) throw new Error('there is no other committer')
  revision += 1
  process.stdout.write(`${revision}\n`)
} while (mode === 'loop')
