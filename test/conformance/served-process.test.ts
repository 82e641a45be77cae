// A served store among real processes: its owner is killed while workers commit, workers are killed in the midst of what they
// send, and the thread that does the work dies.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isSpawnError, systemClock } from '../../src/base/index.ts'
import { silentLogger, type Statestore } from '../../src/ports/index.ts'
import { socketFolder } from '../../src/sockets/index.ts'
import { openServed, StoreServer } from '../../src/stores/served/index.ts'
import { SqliteStore } from '../../src/stores/sqlite/index.ts'
import { actorId, commitOf, envelopeOf, loadOne, SYSTEM } from '../../src/testing/statestore-fixture.ts'
import { until } from '../../src/testing/until.ts'

const OWNER = fileURLToPath(new URL('./store-owner.ts', import.meta.url))
const COMMITTER = fileURLToPath(new URL('./committer.ts', import.meta.url))

let folder: Awaited<ReturnType<typeof socketFolder>>
const children: ChildProcess[] = []
before(async () => {
  folder = await socketFolder()
})
after(async () => {
  for (const child of children) child.kill('SIGKILL')
  await folder.remove()
})

function start(script: string, ...args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  children.push(child)
  return child
}

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  assert.ok(stdout !== null)
  for await (const line of createInterface({ input: stdout })) return line
  return assert.fail('it has said nothing')
}

/** Kills a committer when it has been told of `count` commits; answers the last revision that it was told of. */
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

const isUnavailable = (thrown: unknown): boolean =>
  isSpawnError(thrown) && thrown.code === 'STORE_UNAVAILABLE'

/** Revisions of "one" and "two" in one group after the other, until the store is gone; answers the last that was told. */
async function commitOn(store: Statestore, from: number, told: (revision: number) => void): Promise<number> {
  for (let revision = from; ; revision += 1) {
    try {
      const verdicts = await store.commit([
        commitOf('one', revision, { sends: [envelopeOf(String(revision + 1))] }),
        commitOf('two', revision, { takes: revision === 0 ? [] : [String(revision)] }),
      ])
      assert.deepEqual(verdicts, ['committed', 'committed'])
      told(revision + 1)
    } catch (thrown) {
      assert.ok(isUnavailable(thrown), String(thrown))
      return revision
    }
  }
}

async function assertWhole(store: Statestore, atLeast: number): Promise<number> {
  const [one, two] = await store.load([actorId('one'), actorId('two')])
  const revision = one?.revision ?? 0
  assert.ok(revision >= atLeast, `${revision} stands, ${atLeast} was told`)
  assert.equal(two?.revision ?? 0, revision, 'groups are whole')
  const { envelopes } = await store.due(SYSTEM, 0, 9)
  // What a dead worker had sent may have come in between.
  if ((await loadOne(store, 'one'))?.revision !== one?.revision) return assertWhole(store, revision)
  assert.deepEqual(
    envelopes.map(({ id }) => id),
    revision === 0 ? [] : [String(revision)],
  )
  return revision
}

describe('a served store and its processes', () => {
  test('what a worker was told is there when the owner is killed, and nothing is answered after that', async () => {
    const file = join(folder.path, 'owner.db')
    let revision = 0
    for (const count of [1, 30, 200]) {
      const owner = start(OWNER, file, folder.path)
      const store = await openServed(await firstLine(owner), { clock: systemClock })
      await store.start()
      let told = 0
      const last = await commitOn(store, revision, () => {
        if ((told += 1) === count) owner.kill('SIGKILL')
      })
      assert.ok(told >= count)
      await store.closed
      await assert.rejects(store.load([actorId('one')]), isUnavailable)
      await assert.rejects(store.commit([commitOf('one', last)]), isUnavailable)
      await assert.rejects(store.systems(), isUnavailable)
      await store.stop()
      const reopened = new SqliteStore({ file })
      await reopened.start()
      revision = await assertWhole(reopened, last)
      assert.ok(revision <= last + 1, 'at most what was under way has come to it')
      await reopened.stop()
    }
  })

  for (const mode of ['loop', 'large'] as const) {
    test(`a worker that is killed in the midst harms nobody (${mode})`, async () => {
      const store = new SqliteStore({ file: join(folder.path, `worker-${mode}.db`) })
      await store.start()
      const server = new StoreServer({ store, folder: folder.path, clock: systemClock, logger: silentLogger })
      await server.start()
      const other = await openServed(server.address, { clock: systemClock })
      await other.start()
      let isOver = false
      const beside = (async (): Promise<number> => {
        for (let revision = 0; ; revision += 1) {
          if (isOver) return revision
          assert.deepEqual(await other.commit([commitOf('beside', revision)]), ['committed'])
        }
      })()
      for (const count of [1, 7, 20]) {
        const acknowledged = await killAfter(start(COMMITTER, `served:${server.address}`, mode), count)
        assert.ok(acknowledged >= count)
        await assertWhole(store, acknowledged)
      }
      isOver = true
      const told = await beside
      assert.equal((await loadOne(store, 'beside'))?.revision, told)
      await other.stop()
      await server.stop()
      await store.stop()
    })
  }

  test('when the thread of the store dies, what was under way fails, and workers go on with the next one', async () => {
    const store = new SqliteStore({ file: join(folder.path, 'thread.db') })
    await store.start()
    const server = new StoreServer({ store, folder: folder.path, clock: systemClock, logger: silentLogger })
    await server.start()
    const workers = await Promise.all([1, 2].map(() => openServed(server.address, { clock: systemClock })))
    await Promise.all(workers.map((worker) => worker.start()))
    for (let round = 0; round < 3; round += 1) {
      const under = workers.flatMap((worker, at) =>
        Array.from({ length: 20 }, (_none, number) =>
          worker.commit([commitOf(`${round} ${at} ${number}`, 0)]),
        ),
      )
      const killed = store.killThread()
      const outcomes = await Promise.allSettled(under)
      await killed
      for (const outcome of outcomes)
        if (outcome.status === 'rejected') assert.ok(isUnavailable(outcome.reason))
      for (const [at, worker] of workers.entries()) {
        const name = `${round} ${at} again`
        await until('it is let in', () =>
          worker.commit([commitOf(name, 0)]).then(
            () => true,
            () => false,
          ),
        )
        assert.equal((await loadOne(worker, name))?.revision, 1)
        for (let number = 0; number < 20; number += 1) {
          const stored = await loadOne(worker, `${round} ${at} ${number}`)
          if (outcomes[at * 20 + number]?.status === 'fulfilled') assert.equal(stored?.revision, 1)
        }
      }
    }
    for (const worker of workers) await worker.stop()
    await server.stop()
    await store.stop()
  })

  test('what many commit at once is committed once each', async () => {
    const owner = start(OWNER, join(folder.path, 'many.db'), folder.path)
    const address = await firstLine(owner)
    const workers = await Promise.all([1, 2, 3, 4].map(() => openServed(address, { clock: systemClock })))
    await Promise.all(workers.map((worker) => worker.start()))
    const count = async (worker: Statestore): Promise<void> => {
      for (let left = 25; left > 0;) {
        const follows = (await loadOne(worker, 'count'))?.revision ?? 0
        const [verdict] = await worker.commit([commitOf('count', follows)])
        if (verdict === 'committed') left -= 1
      }
    }
    await Promise.all([...workers, ...workers].map(count))
    assert.equal((await loadOne(workers[0] as Statestore, 'count'))?.revision, 200)
    for (const worker of workers) await worker.stop()
    const exited = once(owner, 'exit')
    owner.stdin?.end()
    await exited
  })
})
