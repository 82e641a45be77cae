// A program with workers on one machine, without any other program: what was acknowledged stays and nothing is read stale while
// its processes are killed, stand still, and are begun anew; and every door leads to every actor.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { after, before, test } from 'node:test'
import { seededRandom } from '../../src/base/index.ts'
import { MESH_TIMING } from '../../src/mesh/timing.ts'
import { until } from '../../src/testing/index.ts'
import { ClusterCallers } from '../cluster/callers.ts'
import { reckon } from '../cluster/reckoning.ts'
import { KeptConnection } from './kept-connection.ts'
import { endPostgres, postgresServer } from '../servers/postgres.ts'
import { isAlive, Program, urlOf } from './program.ts'

const LEDGER = new URL('../cluster/ledger.ts', import.meta.url)
const LEDGERS = 40
/** How soon actors of a process that was killed are served again: without a lease to wait for, in milliseconds. */
const SOON_MS = MESH_TIMING.leaseMs

let folder = ''
before(() => void (folder = mkdtempSync(join(tmpdir(), 'spawn-workers-'))))
after(endPostgres)
after(() => rmSync(folder, { recursive: true, force: true }))

test('every door leads to every actor, connections come to all, and Ctrl-C ends all in order', async (context) => {
  // Each opens the database for itself, and no cluster is needed.
  const database = await (await postgresServer()).takeDatabase()
  context.after(() => database.release())
  await using program = await Program.of(LEDGER, 3, ['--store', urlOf(database)])
  await program.start()
  assert.equal(program.workers.size, 2)
  const looks = await Promise.all(Array.from({ length: 9 }, () => program.members()))
  const doors = [...Map.groupBy(looks, ({ self }) => self).values()]
  assert.equal(doors.length, 3)
  for (const { length } of doors) assert.ok(length >= 2, `one of three got ${length} of 9`)
  for (const { members } of looks)
    assert.deepEqual(
      members.map(({ phase }) => phase),
      ['up', 'up', 'up'],
    )
  await until('the numbers of all: one that is slow is left out', async () => {
    const metrics = await (await fetch(`${program.url}/metrics`)).text()
    const epochs = metrics.matchAll(/^spawn_cluster_epoch\{worker="(\d)"\} \d+$/gm)
    return [...epochs].map(([, worker]) => worker).join(' ') === '1 2 3'
  })
  for (const id of ['one', 'two', 'three', 'four', 'five', 'six']) {
    const adds = Array.from({ length: LEDGERS }, async (_, ledger) => {
      const path = `/api/v1/system/crash-test/actors/ledger-${ledger}/actions/add?ref=ledger`
      const headers = { 'content-type': 'application/json', connection: 'close' }
      const answer = await fetch(program.url + path, { method: 'POST', headers, body: `{"id":"${id}"}` })
      return (await answer.json()) as { last: string }
    })
    for (const { last } of await Promise.all(adds)) assert.equal(last, id)
  }
  await endsInOrder(program)
})

/** By Ctrl-C in a terminal: every call that was let in is answered. */
async function endsInOrder(program: Program): Promise<void> {
  const told = new Map<string, number>()
  const caller = async (_: unknown, ledger: number): Promise<void> => {
    for (;;) {
      const end = await endOfCall(program, ledger)
      told.set(end, (told.get(end) ?? 0) + 1)
      if (end === 'ECONNREFUSED') return
    }
  }
  const calling = Promise.all(Array.from({ length: 12 }, caller))
  await until('the first answers', () => (told.get('200') ?? 0) > 100, { timeoutMs: 30_000 })
  assert.equal(await program.interrupt(), 0)
  await calling
  assert.deepEqual([...program.workers], [])
  // Those that the kernel had let in, and nobody else.
  told.delete('ECONNRESET')
  assert.deepEqual([...told.keys()], ['200', 'ECONNREFUSED'])
}

/** How a call on a connection of its own ends: the status, or the code of an error. */
async function endOfCall(program: Program, ledger: number, action = 'add'): Promise<string> {
  const path = `/api/v1/system/crash-test/actors/ledger-${ledger}/actions/${action}?ref=ledger`
  const headers = { 'content-type': 'application/json', connection: 'close' }
  try {
    const answer = await fetch(program.url + path, { method: 'POST', headers, body: '{"id":"x"}' })
    await answer.arrayBuffer()
    return String(answer.status)
  } catch (thrown) {
    // What fetch rejects with has its reason in the cause.
    return String((thrown as { cause?: { code?: string } }).cause?.code)
  }
}

test('nothing is lost, doubled or read stale, whatever becomes of its processes', async (context) => {
  await using program = await Program.of(LEDGER, 3, ['--store', `sqlite:${join(folder, 'ledger.db')}`])
  await program.start()
  const callers = new ClusterCallers({
    doors: [program],
    random: seededRandom(1),
    callers: 20,
    ledgers: LEDGERS,
    // Enough that every actor is called several times in a second, and little beside what the processes themselves take.
    everyMs: 60,
    timeoutMs: 2_000,
  })
  const running = callers.run()
  try {
    await until('the first answers', () => callers.latenciesMs.length > 100, { timeoutMs: 30_000 })
    context.diagnostic(`a worker was killed: all served again after ${await killWorker(program, callers)} ms`)
    await freezeWorker(program, callers)
    await beginAnew(program)
    await servesAll(callers)
  } finally {
    callers.stop()
    await running
  }
  const ends = []
  for (const [ledger, calls] of callers.calls.entries())
    ends.push({ calls, entries: await callers.entries(ledger, program) })
  assert.deepEqual(reckon(ends, performance.now()), [])
  const { failures, latenciesMs } = callers
  context.diagnostic(`${latenciesMs.length} answers, ${failures.length} failures`)
  assert.ok(latenciesMs.length > failures.length, 'most calls are answered')
})

async function killWorker(program: Program, callers: ClusterCallers): Promise<number> {
  const killedMs = performance.now()
  process.kill(pidOf(program, 2), 'SIGKILL')
  await servesAll(callers)
  const tookMs = performance.now() - killedMs
  assert.ok(tookMs < SOON_MS, `all were served again after ${tookMs} ms`)
  await until('a worker in its place', () => program.workers.has(2), { timeoutMs: 30_000 })
  await until('three members', async () => (await program.members()).members.length === 3, {
    timeoutMs: 30_000,
  })
  return Math.round(tookMs)
}

/** For longer than its lease: others take its actors over, and when it wakes it serves nothing that is theirs. */
async function freezeWorker(program: Program, callers: ClusterCallers): Promise<void> {
  const pid = pidOf(program, 3)
  process.kill(pid, 'SIGSTOP')
  // Which may have got the connection.
  const isLost = async (): Promise<boolean> => (await program.members(2_000)).members.length === 2
  await until('the frozen one to be lost', isLost, { timeoutMs: 30_000, pauseMs: 100 })
  await servesAll(callers)
  process.kill(pid, 'SIGCONT')
  await until('three members', async () => (await program.members()).members.length === 3, {
    timeoutMs: 30_000,
  })
  await until('it to say so', () => /the lease is lost.* worker=3/.test(program.output))
}

/** With a worker that stands still when the first process is killed: it wakes with its lease, and answers nothing. */
async function beginAnew(program: Program): Promise<void> {
  using kept = await connectionTo(program, 2)
  const ledger = await ledgerOf(kept, 2)
  const look = `POST /api/v1/system/crash-test/actors/ledger-${ledger}/actions/look?ref=ledger`
  assert.match(await kept.ask(look), /"count":\d/)

  const [frozen, other] = [pidOf(program, 2), pidOf(program, 3)]
  process.kill(frozen, 'SIGSTOP')
  const late = kept.ask(look)
  await program.end('SIGKILL')
  // Another program could be in its place from here on.
  process.kill(frozen, 'SIGCONT')
  assert.doesNotMatch(await late, /"count"/, 'it is not answered with what was in memory')
  await until('the workers to end', () => ![frozen, other].some(isAlive), { timeoutMs: 5_000 })
  await program.start()
  // Not an add: the history has those of the callers only.
  assert.equal(await endOfCall(program, ledger, 'look'), '200')
}

/** Who has the fewest gets the next one: so those that went elsewhere are kept until one goes there. */
async function connectionTo(program: Program, worker: number): Promise<KeptConnection> {
  using others = new DisposableStack()
  const isThere = new RegExp(`"self":"[^"]*-w${worker}-`)
  return await until('a connection to the worker', async () => {
    const kept = new KeptConnection(program.port)
    if (isThere.test(await kept.ask('GET /api/v1/cluster'))) return kept
    others.use(kept)
    return null
  })
}

/** One that lives there. */
async function ledgerOf(kept: KeptConnection, worker: number): Promise<number> {
  for (let ledger = 0; ledger < LEDGERS; ledger += 1) {
    const place = await kept.ask(`GET /api/v1/cluster/where?actor=ledger-${ledger}&ref=ledger`)
    if (new RegExp(`"member":"[^"]*-w${worker}-`).test(place)) return ledger
  }
  return assert.fail('no ledger lives there')
}

/** Every actor has answered a call that was made from now on. */
async function servesAll({ calls }: ClusterCallers): Promise<void> {
  const fromMs = performance.now()
  const isServed = (ledger: (typeof calls)[number]): boolean =>
    ledger.some(({ answeredAt, sentAt }) => sentAt > fromMs && answeredAt !== Number.POSITIVE_INFINITY)
  await until('every actor to be served', () => calls.every(isServed), { timeoutMs: 30_000 })
}

function pidOf(program: Program, worker: number): number {
  const pid = program.workers.get(worker)
  assert.ok(pid !== undefined, `worker ${worker} runs`)
  return pid
}
