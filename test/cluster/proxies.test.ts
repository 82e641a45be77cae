// Several proxies as real processes over one NATS and one Postgres, with hosts that are real processes, too: each proxy is a door
// to all systems of all hosts; hosts move, and die, and their actors are where a host of theirs is.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { until } from '../../src/testing/index.ts'
import { Server } from '../crash/server.ts'
import { endNats, natsServer, ownCluster } from '../servers/nats.ts'
import { endPostgres, postgresServer, type TestDatabase } from '../servers/postgres.ts'

const PROGRAM = fileURLToPath(new URL('host-program.ts', import.meta.url))
const PATIENCE = { timeoutMs: 60_000, pauseMs: 20 }
const SHOP = `shop-${process.pid}`
const BANK = `bank-${process.pid}`

let database: TestDatabase
const proxies: Server[] = []
const hosts: ChildProcess[] = []

before(async () => {
  database = await (await postgresServer()).takeDatabase()
  const { database: path, host, password, port, user } = database.options
  const { url } = await natsServer()
  const cluster = ['--cluster', url, '--cluster-name', ownCluster(), '--lease', '1500ms']
  for (const node of ['one', 'two']) {
    const store = `postgres://${user}:${password}@${host}:${port}/${path}`
    proxies.push(await Server.proxyOver(store, [...cluster, '--node', node]))
  }
  await Promise.all(proxies.map((proxy) => proxy.start()))
})

after(async () => {
  for (const host of hosts) await ended(host, 'SIGKILL')
  for (const proxy of proxies) await proxy.end()
  await database.release()
  await endPostgres()
  await endNats()
})

async function hostAt(proxy: Server, system: string, which: string, other = ''): Promise<ChildProcess> {
  const args = ['--disable-warning=ExperimentalWarning', PROGRAM, proxy.url, system, which, other]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  hosts.push(child)
  let said = ''
  child.stdout?.on('data', (chunk: Buffer) => void (said += chunk.toString()))
  await until('the host to be registered', () => said.includes('registered'), PATIENCE)
  return child
}

async function ended(host: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (host.exitCode !== null || host.signalCode !== null) return host.exitCode
  const exit = once(host, 'exit')
  host.kill(signal)
  await exit
  return host.exitCode
}

interface Answer {
  readonly status: number
  readonly body: { readonly code?: string; readonly total?: number }
}

async function called(
  proxy: Server,
  system: string,
  name: string,
  action: string,
  payload: object,
): Promise<Answer> {
  const ref = action === 'add' ? '?ref=counter' : ''
  const path = `/api/v1/system/${system}/actors/${name}/actions/${action}${ref}`
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${proxy.url}${path}`, {
    method: 'POST',
    body: JSON.stringify(payload),
    headers,
  })
  return { status: answer.status, body: (await answer.json()) as Answer['body'] }
}

async function stateOf(proxy: Server, name: string): Promise<{ total: number; callers: string[] }> {
  const answer = await fetch(`${proxy.url}/api/v1/system/${SHOP}/actors/${name}?ref=counter`)
  return ((await answer.json()) as { state: { total: number; callers: string[] } }).state
}

const NAMES = Array.from({ length: 16 }, (_, at) => `c${at}`)

test('a proxy is a door to the systems that only another one has hosts of', async () => {
  const [one, two] = proxies as [Server, Server]
  const nobody = await called(two, SHOP, 'c0', 'add', { value: 1 })
  assert.deepEqual([nobody.status, nobody.body.code], [404, 'ACTOR_NOT_FOUND'])
  await hostAt(one, SHOP, 'counter')
  const isThere = async (): Promise<boolean> =>
    (await called(two, SHOP, 'c0', 'add', { value: 1 })).status === 200
  await until('the door to know of it', isThere, PATIENCE)
  const answers = await Promise.all(NAMES.map((name) => called(two, SHOP, name, 'add', { value: 1 })))
  assert.deepEqual(
    answers.map(({ body }) => body.total),
    [2, ...NAMES.slice(1).map(() => 1)],
  )
  const wrong = await called(two, SHOP, 'c0', 'nothing', {})
  assert.equal(wrong.status, 404)
})

test('a second host of that system, at the other proxy, calls actors of the first; so does one of another system', async () => {
  const [one, two] = proxies as [Server, Server]
  await hostAt(two, SHOP, 'teller')
  await hostAt(two, BANK, 'stranger', SHOP)
  for (const [at, [system, who]] of (
    [
      [SHOP, 'teller'],
      [BANK, 'stranger'],
    ] as const
  ).entries()) {
    const asked = await until(
      `${who} to be called`,
      async () => {
        const answer = await called(one, system, who, 'ask', { to: 'c1' })
        return answer.status === 200 ? answer : undefined
      },
      PATIENCE,
    )
    assert.equal(asked.body.total, 2 + at * 11)
    assert.equal((await stateOf(two, 'c1')).callers.at(-1), `${system}:${who}`)
    assert.equal((await called(one, system, who, 'send', { to: 'c1' })).status, 200)
    await until('the effect', async () => (await stateOf(one, 'c1')).total === 12 + at * 11, PATIENCE)
  }
})

/** Calls all counters at both doors, again and again. */
function load(): {
  readonly acknowledged: Map<string, number>
  readonly failed: Answer[]
  end(): Promise<void>
} {
  const acknowledged = new Map<string, number>()
  const failed: Answer[] = []
  let going = true
  const caller = async (at: number): Promise<void> => {
    for (let turn = at; going; turn += 1) {
      const name = NAMES[turn % NAMES.length] ?? ''
      const proxy = proxies[turn % 2] as Server
      const answer = await called(proxy, SHOP, name, 'add', { value: 1 })
      if (answer.status === 200) acknowledged.set(name, (acknowledged.get(name) ?? 0) + 1)
      else failed.push(answer)
    }
  }
  const callers = Promise.all([0, 5, 10].map(caller))
  return {
    acknowledged,
    failed,
    async end() {
      going = false
      await callers
    },
  }
}

async function totals(): Promise<Map<string, number>> {
  const entries = NAMES.map(
    async (name) => [name, (await stateOf(proxies[0] as Server, name)).total] as const,
  )
  return new Map(await Promise.all(entries))
}

test('a host moves to the other proxy under load, and no call fails', async () => {
  const two = proxies[1] as Server
  const first = hosts[0] as ChildProcess
  const before = await totals()
  const { acknowledged, end, failed } = load()
  const sum = (): number => [...acknowledged.values()].reduce((all, each) => all + each, 0)
  await until('some calls', () => sum() > 50, PATIENCE)
  await hostAt(two, SHOP, 'counter')
  const atMove = sum()
  await until('calls at both', () => sum() > atMove + 50, PATIENCE)
  assert.equal(await ended(first, 'SIGTERM'), 0)
  const atEnd = sum()
  await until('calls to go on', () => sum() > atEnd + 50, PATIENCE)
  await end()
  assert.deepEqual(failed, [])
  for (const [name, total] of await totals())
    assert.equal(total, (before.get(name) ?? 0) + (acknowledged.get(name) ?? 0), name)
})

test('a host dies: its actors live on where another one is, and nothing that was acknowledged is lost', async () => {
  const one = proxies[0] as Server
  const victim = await hostAt(one, SHOP, 'counter')
  const before = await totals()
  const { acknowledged, end, failed } = load()
  const sum = (): number => [...acknowledged.values()].reduce((all, each) => all + each, 0)
  await until('some calls', () => sum() > 50, PATIENCE)
  const alive = hosts.findLast(
    (host) => host !== victim && host.exitCode === null && host.signalCode === null,
  )
  assert.ok(alive)
  await ended(victim, 'SIGKILL')
  const quiet = async (): Promise<boolean> => {
    const answers = await Promise.all(NAMES.map((name) => called(one, SHOP, name, 'add', { value: 0 })))
    return answers.every(({ status }) => status === 200)
  }
  await until('all of them to be served', quiet, PATIENCE)
  const [failures, atEnd] = [failed.length, sum()]
  await until('calls to go on', () => sum() > atEnd + 50, PATIENCE)
  await end()
  assert.equal(failed.length, failures)
  assert.deepEqual(
    [...new Set(failed.map(({ body }) => body.code))].filter((code) => code !== 'HOST_UNREACHABLE'),
    [],
  )
  for (const [name, total] of await totals()) {
    const least = (before.get(name) ?? 0) + (acknowledged.get(name) ?? 0)
    // What failed may have happened, where its request was on its way.
    assert.ok(total >= least && total <= least + failed.length, `${name}: ${total}, acknowledged ${least}`)
  }
})
