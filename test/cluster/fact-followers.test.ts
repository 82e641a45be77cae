// Two members over a real NATS and a real Postgres commit facts, and a follower in each of them reads all, with a place that it
// keeps with what it has read. One member after the other is killed and comes back: each follower has seen every fact that
// was committed once, in the order of places, whoever committed it.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { LIMITS } from '../../src/base/index.ts'
import { letterFrom } from '../../src/actor/post/letter.ts'
import { jsonCodec } from '../../src/protocol/index.ts'
import { PostgresStore } from '../../src/stores/postgres/index.ts'
import { until } from '../../src/testing/index.ts'
import { freePort } from '../crash/server.ts'
import { endNats, natsServer, ownCluster } from '../servers/nats.ts'
import { endPostgres, postgresServer, type TestDatabase } from '../servers/postgres.ts'

const PROGRAM = fileURLToPath(new URL('follower-program.ts', import.meta.url))
const PATIENCE = { timeoutMs: 90_000, pauseMs: 20 }
const ACTORS = Array.from({ length: 24 }, (_, at) => `a${at}`)
const CALLERS = 32
/** Calls that are answered before the next thing happens. */
const STRETCH = 600

let database: TestDatabase
const folder = mkdtempSync(join(tmpdir(), 'spawn-followers-'))
const members: Member[] = []

before(async () => {
  database = await (await postgresServer()).takeDatabase()
})

after(async () => {
  for (const member of members) await member.kill()
  await database.release()
  await endPostgres()
  await endNats()
  rmSync(folder, { recursive: true, force: true })
})

class Member {
  readonly url: string
  readonly book: string
  readonly #args: readonly string[]
  #child: ChildProcess | null = null

  constructor(node: string, port: number, store: string, cluster: readonly string[]) {
    this.url = `http://127.0.0.1:${port}`
    this.book = join(folder, node)
    this.#args = [PROGRAM, store, ...cluster, node, String(port), this.book]
  }

  async start(): Promise<void> {
    const args = ['--disable-warning=ExperimentalWarning', ...this.#args]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#child = child
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => void (said += chunk.toString()))
    await until('the member to be ready', () => said.includes('ready'), PATIENCE)
  }

  async kill(): Promise<void> {
    const child = this.#child
    this.#child = null
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, 'exit')
    child.kill('SIGKILL')
    await exit
  }

  get lines(): string[] {
    return existsSync(this.book) ? readFileSync(this.book, 'utf8').split('\n').slice(0, -1) : []
  }
}

/** Calls actors through both doors until it is stopped, and notes what was answered. */
class Load {
  /** The totals that callers were told, by actor. */
  readonly told = new Map<string, number[]>(ACTORS.map((name) => [name, []]))
  answered = 0
  #stopped = false
  readonly #callers: Promise<void>[]

  constructor() {
    this.#callers = Array.from({ length: CALLERS }, (_, at) => this.#call(at))
  }

  /** Waits for so many answers from now on. */
  async passes(count: number): Promise<void> {
    const enough = this.answered + count
    await until(`${count} more answers`, () => this.answered >= enough, PATIENCE)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#callers)
  }

  async #call(caller: number): Promise<void> {
    for (let turn = caller; !this.#stopped; turn += 1) {
      const name = ACTORS[(turn * 7 + caller) % ACTORS.length] ?? ''
      const door = members[turn % members.length]
      const total = await added(door?.url ?? '', name)
      if (total === null) continue
      this.answered += 1
      this.told.get(name)?.push(total)
    }
  }
}

/** Null: nobody answered, or with an error; then it may have happened. */
async function added(door: string, name: string): Promise<number | null> {
  const path = `/api/v1/system/followed/actors/${name}/actions/add?ref=account`
  try {
    const answer = await fetch(door + path, { method: 'POST', signal: AbortSignal.timeout(10_000) })
    const body = (await answer.json()) as { readonly total?: number }
    return answer.ok ? (body.total ?? null) : null
  } catch {
    // The member is dead, or died while it worked.
    return null
  }
}

/** What stands in the database: the lines that each book must have. */
async function committed(): Promise<string[]> {
  const store = new PostgresStore(database.options)
  await store.start()
  try {
    const lines: string[] = []
    let place = 0
    for (let isLast = false; !isLast;) {
      const page = await store.facts('followed', place, LIMITS.pageSize)
      for (const { header, id, payload, place: position } of page.facts) {
        const { from, revision } = letterFrom(id, header)
        assert.ok(payload !== null)
        const { total } = jsonCodec.accept(payload) as { readonly total: number }
        lines.push(`${position} ${id} ${from?.[1]} ${revision} ${total}`)
      }
      place = page.facts.at(-1)?.place ?? place
      isLast = page.isLast
    }
    return lines
  } finally {
    await store.stop()
  }
}

test('a follower in each member sees every fact once, in order, while members are killed and come back', async (context) => {
  const { database: path, host, password, port, user } = database.options
  const store = `postgres://${user}:${password}@${host}:${port}/${path}`
  const cluster = [(await natsServer()).url, ownCluster()]
  for (const node of ['one', 'two']) members.push(new Member(node, await freePort(), store, cluster))
  await Promise.all(members.map((member) => member.start()))
  const load = new Load()
  await load.passes(STRETCH)
  for (const member of members) {
    await member.kill()
    await load.passes(STRETCH)
    await member.start()
    await load.passes(STRETCH)
  }
  await load.stop()
  const all = await committed()
  context.diagnostic(`${all.length} facts, ${load.answered} calls answered`)
  const isThere = (): boolean => members.every(({ lines }) => lines.at(-1) === all.at(-1))
  await until('the last fact to be read', isThere, PATIENCE)
  for (const member of members) assert.deepEqual(member.lines, all, member.book)
  for (const name of ACTORS) {
    const own = all.map((line) => line.split(' ')).filter(([, , of]) => of === name)
    const totals = own.map(([, , , , total]) => Number(total))
    assert.deepEqual(
      totals,
      totals.map((_, at) => at + 1),
      `the facts of ${name} are those of its turns, in order`,
    )
    for (const total of load.told.get(name) ?? [])
      assert.ok(totals.includes(total), `${name} told ${total}, and has no fact of it`)
  }
})
