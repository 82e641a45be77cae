// docs/http.md does what it says: its commands run in order against a real system and print what their comments claim, and
// its table of limits is the listener's. What it shows of a cluster has the fields that a listener shows.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { promisify } from 'node:util'

import { HTTP_LIMITS } from '../../src/proxy/index.ts'
import { actor, system, type System, Value } from '../../src/sdk/index.ts'
import { until } from '../../src/testing/until.ts'
import { listening, Log } from '../http/fixture.ts'
import { hosted, member, ScriptedCluster } from '../http/scripted-cluster.ts'
import { blocksOf } from './blocks.ts'
import { commandsOf } from './commands.ts'

const page = readFileSync(new URL('../../docs/http.md', import.meta.url), 'utf8')

const incrementor = actor('incrementor', {
  kind: 'named',
  state: { total: 0 },
  actions: {
    add: (ctx, { value }: { value: number }) => {
      const total = ctx.state.total + value
      return Value.of().state({ total }).response({ total })
    },
  },
})

const user = actor('user', {
  kind: 'unnamed',
  state: { name: '' },
  tags: { team: 'blue' },
  history: { revisions: 10 },
  actions: { rename: (_ctx, name: string) => Value.of().state({ name }) },
})

const till = actor('till', {
  kind: 'named',
  actions: {
    pay: (_ctx, _order: { sum: number }) => {
      throw new Error('it is closed')
    },
  },
})

/** Times and ids are new in every run. */
const comparable = (text: string): string =>
  text.replaceAll(/"(\w+At)":"[^"]*"/g, '"$1":"…"').replaceAll(/"(id|schedule)":"[^"]*"/g, '"$1":"…"')

async function prepared(running: System): Promise<void> {
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) {
    await running.ref(user, 'ada').rename(name)
    await running.ref(user, 'user-1').rename(name)
  }
  await running.invoke('till', { action: 'pay', payload: { sum: 5 }, delay: 0 })
  await aDeadLetter(running)
}

const aDeadLetter = (running: System): Promise<true> =>
  until('a dead letter', async () => (await running.deadLetters.list()).items.length === 1 || undefined)

test('the commands of docs/http.md print what the page says', async () => {
  const options = {
    store: 'memory',
    http: 0,
    logger: new Log(),
    limits: { maxDeliveryBackoffMs: 1 },
  } as const
  await using running = await system('my-system', { actors: [incrementor, user, till], ...options }).start()
  await prepared(running)
  const commands = blocksOf(page)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => commandsOf(text))
  const [base, actors, ...curls] = commands
  assert.equal(base?.line, 'SYSTEM=http://127.0.0.1:9001/api/v1/system/my-system')
  assert.equal(actors?.line, 'ACTORS=$SYSTEM/actors')
  assert.ok(curls.length >= 16)
  const SYSTEM = `${running.url}/api/v1/system/my-system`
  /** The id that was shown last. */
  let ID = ''
  for (const { line, comments, claim } of curls) {
    // The retry before it fails again, as the page says.
    if (line.includes('-X DELETE "$SYSTEM/dead-letters')) await aDeadLetter(running)
    const { stdout } = await promisify(execFile)('sh', ['-c', line.replace('curl ', 'curl -sS ')], {
      env: { ...process.env, SYSTEM, ACTORS: `${SYSTEM}/actors`, ID },
    })
    const [head = '', body = ''] = line.includes(' -i ') ? stdout.split('\r\n\r\n') : ['', stdout]
    for (const header of comments.filter((comment) => /^[A-Z][\w-]+: /.test(comment))) {
      assert.ok(head.split('\r\n').includes(header), `${line}: ${header} in ${head}`)
    }
    ID = /"(?:id|schedule)":"([^"]+)"/.exec(body)?.[1] ?? ID
    if (claim === undefined && line.includes('add')) assert.match(body, /^\{"total":\d+\}$/, line)
    else assert.equal(comparable(body), comparable(claim ?? ''), line)
  }
})

/** The fields of a JSON value and of all within it; of an array, those of its first. */
function fieldsOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(fieldsOf)
  if (typeof value !== 'object' || value === null) return typeof value
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, fieldsOf(field)]))
}

test('definitions are listed as docs/http.md shows them', async () => {
  const options = { store: 'memory', http: 0, logger: new Log() } as const
  await using running = await system('my-system', { actors: [incrementor], ...options }).start()
  const [claimed] = blocksOf(page.slice(page.indexOf('## Definitions')))
  const answer = await fetch(`${running.url}/api/v1/system/my-system/definitions`)
  assert.deepEqual(await answer.json(), JSON.parse(claimed?.text ?? ''))
})

test('a cluster is shown with the fields that docs/http.md shows', async () => {
  const definitions = [hosted('user', { kind: 'unnamed' })]
  const systems = [{ name: 'my-system', definitions }]
  const cluster = new ScriptedCluster(member('shop-1', { zone: 'north', labels: { disk: 'ssd' }, systems }))
  await using http = await listening({ cluster })
  const section = page.slice(page.indexOf('## The cluster'))
  const [status, where] = blocksOf(section)
    .slice(0, 2)
    .map(({ text }): unknown => JSON.parse(text))
  for (const [path, claimed] of [
    ['', status],
    ['/where?actor=user-1&ref=user', where],
  ] as const) {
    const answer: unknown = await (await fetch(`${http.url}/api/v1/cluster${path}`)).json()
    assert.deepEqual(fieldsOf(answer), fieldsOf(claimed), path)
  }
})

test('docs/http.md has every limit, and no other', () => {
  const named = [...page.matchAll(/^\| `(\w+)`[^|]*\| [^|]+\| (?:\d|the|4)/gm)].map(([, name]) => name)
  assert.deepEqual(new Set(named), new Set(Object.keys(HTTP_LIMITS)))
})
