// The SQLite store among real processes: killed ones, ones that hold the file, ones that forget to stop, and a disk that
// is full for one of them.
import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isSpawnError, type SpawnError } from '../../src/base/index.ts'
import { silentLogger } from '../../src/ports/index.ts'
import { SqliteStore } from '../../src/stores/sqlite/index.ts'
import {
  actorId,
  allFacts,
  assertStored,
  commitOf,
  envelopeOf,
  json,
  loadOne,
  SYSTEM,
} from '../../src/testing/statestore-fixture.ts'
import { temporaryFolder } from './temporary-store.ts'

const COMMITTER = fileURLToPath(new URL('./committer.ts', import.meta.url))

let folder = ''
let remove = (): Promise<void> => Promise.resolve()
const children: ChildProcess[] = []
before(async () => {
  const made = await temporaryFolder()
  folder = made.path
  remove = made.remove
})
after(async () => {
  for (const child of children) child.kill('SIGKILL')
  await remove()
})

function startCommitter(file: string, mode: 'loop' | 'once'): ChildProcess {
  const child = spawn(process.execPath, [COMMITTER, file, mode], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  return child
}

/** Reads acknowledged revisions until there are `count` more of them, kills the process, and reads what it still said. */
async function killAfter(child: ChildProcess, count: number): Promise<number> {
  assert.ok(child.stdout !== null)
  let last = 0
  let seen = 0
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line)
    if ((seen += 1) === count) child.kill('SIGKILL')
  }
  return last
}

const failed = async (promise: Promise<unknown>): Promise<SpawnError> => {
  const error: unknown = await promise.then(
    () => assert.fail('it did not fail'),
    (thrown: unknown) => thrown,
  )
  assert.ok(isSpawnError(error), String(error))
  return error
}

describe('the SQLite store and its process', () => {
  test('what was acknowledged is there after kill -9, again and again, and needs no repair', async () => {
    const file = join(folder, 'killed.db')
    let revision = 0
    for (const count of [1, 40, 300]) {
      const acknowledged = await killAfter(startCommitter(file, 'loop'), count)
      assert.ok(acknowledged >= revision + count)
      const store = new SqliteStore({ file })
      await store.start()
      const [one, two] = await store.load([actorId('one'), actorId('two')])
      assert.ok(one !== null && one !== undefined && one.revision >= acknowledged)
      assert.equal(two?.revision, one.revision, 'groups are whole')
      assertStored(one, commitOf('one', one.revision - 1))
      const { envelopes } = await store.due(SYSTEM, 0, 9)
      // Before it stand the facts, and the tokens that were taken.
      const last = [String(one.revision), 2 * one.revision - 1]
      assert.deepEqual(
        envelopes.map(({ id, place }) => [id, place]),
        [last],
        'of the tokens the last one stands',
      )
      const facts = await allFacts(store)
      assert.deepEqual(
        facts.map(({ id, place }) => [id, place]),
        facts.map((_fact, at) => [`fact:${at + 1}`, 2 * (at + 1)]),
      )
      assert.equal(facts.length, one.revision, 'each turn has left one')
      revision = one.revision
      await store.stop()
    }
  })

  test('a script that does not stop its store ends all the same', async () => {
    const child = startCommitter(join(folder, 'forgotten.db'), 'once')
    const [code] = (await once(child, 'exit')) as [number | null]
    assert.equal(code, 0)
  })

  test('a second process is told who has the file, and gets it when the first is killed', async () => {
    const file = join(folder, 'locked.db')
    const child = startCommitter(file, 'loop')
    assert.ok(child.stdout !== null)
    await once(child.stdout, 'data')
    const told: unknown[] = []
    const logger = { ...silentLogger, warn: (...line: unknown[]) => void told.push(line) }
    const impatient = new SqliteStore({ file, lockTimeoutMs: 500, logger })
    const error = await failed(impatient.start())
    const waiting = 'waiting for the store file, which another process has open'
    assert.deepEqual(told, [[waiting, { file, limitMs: 500 }]])
    assert.equal(error.code, 'STORE_UNAVAILABLE')
    assert.ok(error.message.includes(file) && /another process/.test(error.message), error.message)
    const patient = new SqliteStore({ file })
    const started = patient.start()
    child.kill('SIGKILL')
    await started
    assert.ok(((await loadOne(patient, 'one'))?.revision ?? 0) > 0)
    await patient.stop()
  })

  test('two stores of one process do not share a file either', async () => {
    const file = join(folder, 'twice.db')
    const first = new SqliteStore({ file })
    await first.start()
    await first.commit([commitOf('one', 0)])
    const link = join(folder, 'link-to-twice.db')
    symlinkSync(file, link)
    for (const path of [file, link]) {
      const error = await failed(new SqliteStore({ file: path, lockTimeoutMs: 60 }).start())
      assert.equal(error.code, 'STORE_UNAVAILABLE')
      assert.match(error.message, /is in use by this process itself, in another store, .*: stop the system/)
    }
    const second = new SqliteStore({ file })
    const started = second.start()
    await first.stop()
    await started
    assert.equal((await loadOne(second, 'one'))?.revision, 1)
    await second.stop()
  })

  test('a thread that dies fails what is under way, and the next request starts another', async () => {
    const store = new SqliteStore({ file: join(folder, 'thread.db') })
    await store.start()
    await store.commit([commitOf('one', 0)])
    // So much that it takes the thread longer to write than to die.
    const state = json('x'.repeat(500_000))
    const under = Array.from({ length: 50 }, (_none, at) =>
      store.commit([commitOf(`other-${at}`, 0, { state })]),
    )
    const killed = store.killThread()
    const outcomes = await Promise.allSettled(under)
    await killed
    const rejected = outcomes.filter((outcome) => outcome.status === 'rejected')
    assert.ok(rejected.length > 0)
    for (const { reason } of rejected) assert.ok(isSpawnError(reason) && reason.code === 'STORE_UNAVAILABLE')
    assert.equal((await loadOne(store, 'one'))?.revision, 1)
    for (const [at, outcome] of outcomes.entries()) {
      const stored = await loadOne(store, `other-${at}`)
      if (outcome.status === 'fulfilled') assert.equal(stored?.revision, 1)
    }
    await store.stop()
  })
})

describe('the SQLite store and its disk', () => {
  const noLimit = !existsSync('/usr/bin/prlimit') && 'prlimit, which makes the disk full, is not here'

  test(
    'a full disk fails calls, loses nothing, and is forgotten when there is space again',
    { skip: noLimit },
    async () => {
      const file = join(folder, 'full.db')
      const store = new SqliteStore({ file })
      await store.start()
      const state = json('x'.repeat(60_000))
      const acknowledged: string[] = []
      const commit = async (): Promise<SpawnError | null> => {
        const name = `actor-${acknowledged.length}`
        const sends = [envelopeOf(name)]
        const group = [commitOf(name, 0, { state, sends })]
        const outcome = await store.commit(group).catch((thrown: unknown) => thrown)
        if (isSpawnError(outcome)) {
          assert.deepEqual(await store.envelopes(SYSTEM, [name]), [null], 'what failed has sent nothing')
          return outcome
        }
        assert.deepEqual(outcome, ['committed'])
        acknowledged.push(name)
        return null
      }
      const assertAllThere = async (): Promise<void> => {
        const actors = await store.load(acknowledged.map((name) => actorId(name)))
        for (const [at, actor] of actors.entries())
          assertStored(actor, commitOf(acknowledged[at] ?? '', 0, { state }))
        const { envelopes } = await store.due(SYSTEM, 0, 1_000)
        assert.deepEqual(
          envelopes.map(({ id, place }) => [id, place]),
          acknowledged.map((name, at) => [name, at + 1]),
        )
      }
      limitFiles(1_000_000)
      try {
        // Now and then it finds a little room again, when the log goes into the file; there is an end to that.
        for (let failures = 0; failures < 5;) {
          const error = await commit()
          failures = error === null ? 0 : failures + 1
          if (error === null) continue
          assert.equal(error.code, 'STORE_UNAVAILABLE', error.message)
          assert.ok(error.message.includes(file) && /disk/.test(error.message), error.message)
        }
        assert.ok(acknowledged.length > 5, `${acknowledged.length} commits`)
        await assertAllThere()
      } finally {
        limitFiles('unlimited')
      }
      for (let times = 0; times < 20; times += 1) assert.equal(await commit(), null)
      await assertAllThere()
      await store.killThread()
      await assertAllThere()
      await store.stop()
    },
  )

  test('a file that is no database, or of another program, or in no folder, is refused with advice', async () => {
    const text = join(folder, 'notes.txt')
    writeFileSync(text, 'these are notes and no database, and longer than the header of one: '.repeat(20))
    const notes = await failed(new SqliteStore({ file: text }).start())
    assert.deepEqual([notes.code, notes.message.includes(text)], ['STATE_UNREADABLE', true])
    const missing = await failed(new SqliteStore({ file: join(folder, 'no', 'such', 'folder.db') }).start())
    assert.deepEqual([missing.code, /folder exists/.test(missing.message)], ['STORE_UNAVAILABLE', true])
    const directory = await failed(new SqliteStore({ file: folder }).start())
    assert.equal(directory.code, 'STORE_UNAVAILABLE')
    assert.throws(() => new SqliteStore({ file: ':memory:' }), /needs the path of a file/)
  })
})

/** What a file of this process may grow to, in bytes: writing beyond it fails as on a full disk. */
function limitFiles(bytes: number | 'unlimited'): void {
  execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:unlimited`])
}
