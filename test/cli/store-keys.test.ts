// `spawn store rotate-keys`, by the real command on a real file: from no key to one, from one to the next, and what it says.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { cli } from './cli.ts'
import { createProject } from './project.ts'
import { serve } from './server.ts'

const MODULE = `import { actor, Value } from 'spawn-mesh'
export const counter = actor('counter', {
  history: 5,
  state: { total: 0 },
  actions: { add: (ctx) => Value.of().state({ total: ctx.state.total + 1 }).response(ctx.state.total + 1) },
})`
const STORE = 'sqlite:shop.db'

const key = (id: string): string => `${id}:${randomBytes(32).toString('base64')}`

test('keys come, change and go, and the counts go on', async () => {
  using project = createProject({ 'module.mjs': MODULE })
  const [older, newer] = [key('2025'), key('2026')]
  const add = async (keys: string): Promise<string> => {
    const env = { SPAWN_STATESTORE_KEY: keys }
    const line = ['start', 'module.mjs', '--store', STORE] as const
    await using server = await serve(line, { cwd: project.path, env })
    const { stderr, stdout } = await cli(['invoke', 'counter', 'add', '--url', server.url])
    return stdout === '' ? stderr : stdout.trim()
  }
  const rotate = async (keys: string, ...more: string[]) => {
    const env = { SPAWN_STATESTORE_KEY: keys }
    return cli(['store', 'rotate-keys', '--store', STORE, ...more], { cwd: project.path, env })
  }
  assert.equal(await add(''), '1')
  assert.match(await add(older), /STATE_UNREADABLE|is not encrypted|is not sealed/)
  const refused = await rotate(older)
  assert.equal(refused.code, 1)
  assert.match(
    refused.stderr,
    /"counter" at revision 1 .* is not sealed.* put `plain` behind the keys[^\n]*\n0 of 1 rows .*\nerror: 1 row cannot be opened/s,
  )
  const lines = (await rotate(older, '--json')).stderr
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line))
  assert.match(JSON.stringify(lines[0]), /^{"unreadable":".*counter.* at revision 1 .* is not sealed/)
  assert.partialDeepStrictEqual(lines.slice(1), [{ error: { code: 'STATE_UNREADABLE' } }])
  const first = await rotate(`${older},plain`)
  assert.equal(first.code, 0, first.stderr)
  assert.match(first.stderr, /^1 of 2 rows encrypted anew with "2025"\n$/)
  assert.equal(await add(older), '2')

  const due = await rotate(`${newer},${older}`, '--check')
  assert.equal(due.code, 1)
  assert.match(due.stdout, /^KEY +ROWS\n2025 +3\n$/)
  assert.match(due.stderr, /error: 3 of 3 rows are not encrypted with "2026"/)
  const second = await rotate(`${newer},${older}`, '--json')
  assert.deepEqual(JSON.parse(second.stdout), {
    done: true,
    resumed: false,
    rows: 3,
    sealed: 3,
    overtaken: 0,
    unreadable: 0,
    byKey: { 2025: 3 },
  })
  const done = await rotate(newer, '--check')
  assert.deepEqual([done.code, done.stdout], [0, 'KEY   ROWS\n2026  3\n'])
  assert.match(await add(older), /STATE_UNREADABLE|sealed with the key "2026"/)
  assert.equal(await add(newer), '3')
})

test('who makes backups needs no key: what is encrypted is exported as it is, or not at all', async () => {
  using project = createProject({ 'module.mjs': MODULE })
  const keys = { SPAWN_STATESTORE_KEY: key('2026') }
  const add = async (store: string): Promise<string> => {
    const line = ['start', 'module.mjs', '--store', store] as const
    await using server = await serve(line, { cwd: project.path, env: keys })
    return (await cli(['invoke', 'counter', 'add', '--url', server.url])).stdout.trim()
  }
  const store = (words: readonly string[], env = {}) => cli(['store', ...words], { cwd: project.path, env })
  assert.equal(await add(STORE), '1')
  const open = await store(['export', 'open.ndjson', '--store', STORE])
  assert.deepEqual([open.code, open.stdout], [1, ''])
  assert.match(open.stderr, /^error: the store is encrypted, and there is no key: .* with --sealed\n$/)
  const sealed = await store(['export', 'sealed.ndjson', '--sealed', '--store', STORE])
  assert.equal(sealed.code, 0, sealed.stderr)
  const taken = await store(['import', 'sealed.ndjson', '--store', 'sqlite:there.db'], keys)
  assert.equal(taken.code, 0, taken.stderr)
  assert.equal(await add('sqlite:there.db'), '2')
})

test('without a key, or with one that is none, nothing is opened', async () => {
  using project = createProject()
  const rotate = (env: Record<string, string>) =>
    cli(['store', 'rotate-keys', '--store', STORE], { cwd: project.path, env })
  const none = await rotate({})
  assert.equal(none.code, 2)
  assert.match(none.stderr, /there is no key\n.*set SPAWN_STATESTORE_KEY/s)
  const wrong = await rotate({ SPAWN_STATESTORE_KEY: 'c2VjcmV0c2VjcmV0' })
  assert.equal(wrong.code, 2)
  assert.match(wrong.stderr, /SPAWN_STATESTORE_KEY has 12 bytes; it must have 32/)
  assert.doesNotMatch(wrong.stderr, /c2VjcmV0/)
})

const USERS = `import { actor, Value } from 'spawn-mesh'
export const user = actor('user', {
  kind: 'unnamed',
  erasable: true,
  state: { notes: 0 },
  actions: { note: (ctx) => Value.of().state({ notes: ctx.state.notes + 1 }).response(ctx.state.notes + 1) },
})`

test('an actor is erased by the command, and the proof is shown, by the server and from the store', async () => {
  using project = createProject({ 'module.mjs': USERS })
  const env = { SPAWN_STATESTORE_KEY: key('2026') }
  let proof: { readonly key: string }
  {
    const line = ['start', 'module.mjs', '--store', STORE] as const
    await using server = await serve(line, { cwd: project.path, env })
    const spawn = (...words: string[]) => cli([...words, '--url', server.url])
    await spawn('invoke', 'ann', 'note', '--ref', 'user')
    const asked = await spawn('actors', 'erase', 'ann', '--ref', 'user')
    assert.equal(asked.code, 2)
    assert.match(asked.stderr, /to erase without a question, add --yes/)
    const erased = await spawn('actors', 'erase', 'ann', '--ref', 'user', '--yes', '--json')
    assert.equal(erased.code, 0, erased.stderr)
    proof = JSON.parse(erased.stdout)
    const again = await spawn('actors', 'erase', 'ann', '--ref', 'user', '--yes', '--json')
    assert.deepEqual(JSON.parse(again.stdout), proof)
    const told = await spawn('actors', 'erase', 'ann', '--ref', 'user', '--yes')
    assert.match(told.stderr, /^erased user\/ann: key [0-9a-f]{16} destroyed, revision 1 was its last\n$/)
    assert.match(
      (await spawn('actors', 'get', 'ann', '--ref', 'user')).stderr,
      /ACTOR_NOT_FOUND|does not exist/,
    )
    assert.match((await spawn('actors', 'erase', 'eve', '--ref', 'user', '--yes')).stderr, /was never erased/)
  }
  const erasures = (...more: string[]) =>
    cli(['store', 'erasures', '--store', STORE, ...more], { cwd: project.path, env })
  assert.deepEqual(JSON.parse((await erasures('--json')).stdout), proof)
  const shown = await erasures('--system', 'my-system')
  assert.match(shown.stdout, new RegExp(`^SYSTEM .*\nmy-system +user +ann +${proof.key} +1 +20.*Z\n$`))
  assert.match((await erasures('--system', 'other')).stderr, /nobody was erased/)
})
