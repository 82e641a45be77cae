// The program of the README as it stands there, killed in the middle; and a list that is filled anew.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { system } from 'spawn-mesh'
import { until } from 'spawn-mesh/testing'

import { follow, PriceList, product } from './main.ts'

const PROGRAM = fileURLToPath(new URL('main.ts', import.meta.url))
const README = readFileSync(new URL('README.md', import.meta.url), 'utf8')
/** The calls of the README: where, and with what. */
const CALLS = [...README.matchAll(/^curl "\$ACTORS\/(\S+)" -d '(\S+)'$/gm)].map(
  ([, path = '', body = '']) => ({ path, body }),
)
const CLAIM: unknown = JSON.parse(/^# (\[.*\])$/m.exec(README)?.[1] ?? 'null')

interface Shop {
  readonly actors: string
  readonly child: ChildProcess
}

async function open(folder: string): Promise<Shop> {
  const child = spawn(process.execPath, [PROGRAM], {
    cwd: folder,
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let out = ''
  child.stdout.on('data', (piece: Buffer) => void (out += String(piece)))
  const url = await until('the shop to open', () => /open at (\S+)/.exec(out)?.[1], { timeoutMs: 60_000 })
  return { actors: `${url}/api/v1/system/shop/actors`, child }
}

async function ask({ actors }: Shop, { body, path }: { path: string; body: string }): Promise<unknown> {
  const answer = await fetch(`${actors}/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  assert.ok(answer.ok, `${path} is answered with ${answer.status}`)
  const text = await answer.text()
  return text === '' ? undefined : JSON.parse(text)
}

async function shows(shop: Shop, question: { path: string; body: string }, expected: unknown): Promise<void> {
  await until('the list', async () => {
    assert.deepEqual(await ask(shop, question), expected)
    return true
  })
}

test('the list has what the README says, also when the program is killed and begun again', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'spawn-read-model-'))
  context.after(() => rmSync(folder, { recursive: true }))
  const question = CALLS.at(-1) ?? assert.fail()
  assert.ok(CALLS.length >= 5 && Array.isArray(CLAIM))
  const first = await open(folder)
  for (const call of CALLS.slice(0, -1)) await ask(first, call)
  // Wherever the list is now.
  first.child.kill('SIGKILL')
  await once(first.child, 'exit')
  const second = await open(folder)
  await shows(second, question, CLAIM)
  await ask(second, { path: 'tea/actions/price?ref=product', body: '{"price":6}' })
  await shows(second, question, CLAIM.slice(0, 1))
  second.child.kill('SIGINT')
  const [code] = (await once(second.child, 'exit')) as [number | null]
  assert.equal(code, 0)
})

test('a new list is filled from the beginning, and an old one goes on', async () => {
  await using running = await system('shop', { actors: [product], store: 'memory' }).start()
  const list = new PriceList(':memory:')
  const filled = async (into: PriceList, position: number): Promise<void> => {
    const stop = new AbortController()
    const end = follow(running, into, stop.signal)
    await until('it to be filled', () => into.position >= position)
    stop.abort()
    await end
  }
  const last = async (): Promise<number> => {
    let position = 0
    for await (const fact of running.facts()) ({ position } = fact)
    return position
  }
  await running.ref(product, 'tea').price({ price: 4 })
  await filled(list, await last())
  await running.ref(product, 'tea').deliver({ count: 3 })
  await filled(list, await last())
  assert.deepEqual(
    list.upTo(10).map((row) => ({ ...(row as object) })),
    [{ name: 'tea', price: 4, stock: 3, changes: 2 }],
  )
  const other = new PriceList(':memory:')
  await filled(other, await last())
  assert.deepEqual(other.upTo(10), list.upTo(10))
})
