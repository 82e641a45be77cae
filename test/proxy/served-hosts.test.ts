// Programs that are served by our own proxy: deploys that lose nothing, Unix sockets, and a proxy that has restarted.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import type { ProxyConfig } from '../../src/proxy/config/proxy-config.ts'
import { actor, type ServedSystem, system, Value } from '../../src/sdk/index.ts'
import { until } from '../../src/testing/until.ts'
import { type Proxy, startProxy } from './start-proxy.ts'

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

const counter = actor('counter', {
  kind: 'unnamed',
  state: { total: 0 },
  actions: {
    add: async (ctx) => {
      const total = ctx.state.total + 1
      // So that turns are under way whenever something ends.
      await new Promise((resolve) => setImmediate(resolve))
      return Value.of({ total }, total)
    },
  },
})

interface Started extends Proxy, AsyncDisposable {}

async function start(config: Partial<ProxyConfig> = {}): Promise<Started> {
  const proxy = await startProxy({ hostPort: 1, config })
  return Object.assign(proxy, { [Symbol.asyncDispose]: () => proxy.stop() })
}

const serve = (proxy: string): Promise<ServedSystem> =>
  system('shop', { actors: [counter], logger: silent }).serve({ proxy, port: 0 })

async function totalOf({ url }: Proxy, name: string): Promise<number> {
  const address = `${url}/api/v1/system/shop/actors/${name}?ref=counter`
  const { state } = (await (await fetch(address)).json()) as { state: { total: number } }
  return state.total
}

test('hosts come and go in order, one after the other, and no call fails or is lost', async () => {
  await using proxy = await start()
  await using client = await serve(proxy.url)
  const counted = new Map<string, number>()
  // The program that calls is a host, too, and stays; those beside it come and go.
  let going = true
  const caller = async (name: string): Promise<void> => {
    for (; going; counted.set(name, (counted.get(name) ?? 0) + 1)) await client.ref(counter, name).add()
  }
  const callers = Promise.all(Array.from({ length: 16 }, (_, at) => caller(`c-${at}`)))
  const failed = callers.then(() => new Promise<never>(() => {}))
  const sum = (): number => [...counted.values()].reduce((all, one) => all + one, 0)
  try {
    for (let deploy = 0; deploy < 5; deploy += 1) {
      await using host = await serve(proxy.url)
      const before = sum()
      await Promise.race([failed, until('some calls', () => sum() > before + 100 || undefined)])
      await Promise.race([failed, host.stop()])
    }
  } finally {
    going = false
  }
  await callers
  for (const [name, total] of counted) assert.equal(await totalOf(proxy, name), total, name)
})

test('over a Unix socket', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'spawn-socket-'))
  const socket = join(folder, 'proxy.sock')
  await using _proxy = await start({ listen: { socket } })
  await using host = await serve(`unix:${socket}`)
  assert.equal(await host.ref(counter, 'c').add(), 1)
  assert.equal(await host.invoke('c', { action: 'add', ref: 'counter' }), 2)
  rmSync(folder, { recursive: true })
})

test('a proxy that has restarted, empty, is told again, and calls go on', async () => {
  await using first = await start()
  await using host = await serve(first.url)
  assert.equal(await host.ref(counter, 'c').add(), 1)
  await first.stop()
  const listen = { host: '127.0.0.1', port: Number(new URL(first.url).port), allowedHosts: [] }
  await using _second = await start({ listen })
  const total = await until('the call to go on', () =>
    host
      .ref(counter, 'c')
      .add()
      .catch(() => undefined),
  )
  assert.equal(total, 1, 'its store was memory')
  assert.equal(host.registered, true)
})

test('what a host registers as sourceable leaves facts at the proxy, with the state as it was stored', async () => {
  const journal = actor('journal', {
    state: { lines: 0 },
    version: 2,
    upgrade: {},
    sourceable: { duration: 3_600_000 },
    actions: { write: (ctx) => Value.of({ lines: ctx.state.lines + 1 }), read: (ctx) => ctx.state.lines },
  })
  await using proxy = await start()
  await using host = await system('shop', { actors: [journal, counter], logger: silent }).serve({
    proxy: proxy.url,
    port: 0,
  })
  await host.ref(journal).write()
  await host.ref(journal).read()
  await host.ref(journal).write()
  await host.ref(counter, 'c').add()
  const answer = await fetch(`${proxy.url}/api/v1/system/shop/facts`)
  const { facts } = (await answer.json()) as { facts: { action: string; revision: number; state: unknown }[] }
  assert.deepEqual(
    facts.map(({ action, revision, state }) => [action, revision, state]),
    [
      ['write', 1, { lines: 1 }],
      ['write', 2, { lines: 2 }],
    ],
  )
})
