// docs/http.md does what it says: its commands run in order against a real system and print what their comments claim, and
// its table of limits is the listener's.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { promisify } from 'node:util'

import { HTTP_LIMITS } from '../../src/proxy/index.ts'
import { actor, system, Value } from '../../src/sdk/index.ts'
import { blocksOf } from './blocks.ts'

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

interface Command {
  readonly line: string
  /** What it prints, where a comment line below says so. */
  readonly claims: string | undefined
}

/** The commands of a block, each with the last comment line below it. */
function commandsOf(block: string): Command[] {
  const joined = block.replaceAll('\\\n', '')
  return [...joined.matchAll(/^(?!#)(\S.*)\n((?:#.*\n?)*)/gm)].map(([, line = '', comments = '']) => ({
    line,
    claims: comments.trim().split('\n').at(-1)?.replace(/^# ?/, '') || undefined,
  }))
}

const withoutTime = (text: string): string => text.replace(/"committedAt":"[^"]*"/, '"committedAt":"…"')

test('the commands of docs/http.md print what the page says', async () => {
  await using running = await system('my-system', {
    actors: [incrementor, user],
    store: 'memory',
    http: 0,
  }).start()
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) {
    await running.ref(user, 'ada').rename(name)
    await running.ref(user, 'user-1').rename(name)
  }
  const commands = blocksOf(page)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => commandsOf(text))
  const [variable, ...curls] = commands
  assert.equal(variable?.line, 'ACTORS=http://127.0.0.1:9001/api/v1/system/my-system/actors')
  assert.ok(curls.length >= 8)
  for (const { line, claims } of curls) {
    const { stdout } = await promisify(execFile)('sh', ['-c', line.replace('curl ', 'curl -sS ')], {
      env: { ...process.env, ACTORS: `${running.url}/api/v1/system/my-system/actors` },
    })
    const body = line.includes(' -i ') ? (stdout.split('\r\n\r\n')[1] ?? '') : stdout
    if (claims === undefined && line.includes('add')) assert.match(body, /^\{"total":\d+\}$/, line)
    else assert.equal(withoutTime(body), withoutTime(claims ?? ''), line)
  }
})

test('docs/http.md has every limit, and no other', () => {
  const named = [...page.matchAll(/^\| `(\w+)`[^|]*\| [^|]+\| (?:\d|the|4)/gm)].map(([, name]) => name)
  assert.deepEqual(new Set(named), new Set(Object.keys(HTTP_LIMITS)))
})
