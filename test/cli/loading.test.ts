// What is loaded, and when: only what is needed, because most of a start is the loading of modules. The numbers are what
// there is now; whoever needs more says so here, and looks at `npm run bench -- start`.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { cliProcess } from './process.ts'
import { createProject, type Project } from './project.ts'
import { serve } from './server.ts'

const RECORDER = new URL('load-recorder.ts', import.meta.url).href
const SOURCES = new URL('../../src/', import.meta.url).href
const EXAMPLES = new URL('../../examples/', import.meta.url).href

const COUNTER = `
import { actor, Value } from 'spawn-mesh'
export const counter = actor('counter', {
  state: { total: 0 },
  actions: { add: (ctx) => Value.of().state({ total: ctx.state.total + 1 }).response({ added: true }) },
})`

/** What one process has loaded. */
interface Loads {
  /** Of this package: paths in `src/`. */
  readonly ours: readonly string[]
  /** Of npm by their names, and Node's own `fetch`, which is as heavy. */
  readonly packages: readonly string[]
}

const environmentFor = (project: Project): Record<string, string> => ({
  NODE_OPTIONS: `--import ${RECORDER}`,
  LOAD_RECORD: join(project.path, 'loads.txt'),
})

/** @param who the first word of its command; `thread` for the store's; `script` for a plain program. */
function loadsOf(project: Project, who: string): Loads {
  const lines = readFileSync(join(project.path, 'loads.txt'), 'utf8').split('\n')
  const urls = lines.filter((line) => line.startsWith(`${who} `)).map((line) => line.slice(who.length + 1))
  const packages = urls.flatMap((url) => {
    if (url === 'node:fetch') return ['fetch']
    return /[/]node_modules[/]((?:@[^/]+[/])?[^/]+)/.exec(url)?.slice(1) ?? []
  })
  const ours = urls.filter((url) => url.startsWith(SOURCES)).map((url) => url.slice(SOURCES.length))
  return { ours: ours.toSorted(), packages: [...new Set(packages)].toSorted() }
}

function assertAtMost({ ours }: Loads, most: number, what: string): void {
  assert.ok(ours.length > most / 2, `${what} was recorded: ${ours.length}`)
  assert.ok(ours.length <= most, `${what} loads ${ours.length} modules, at most ${most}:\n${ours.join('\n')}`)
}

/** Of a command that runs to its end. */
async function packagesOf(...words: readonly string[]): Promise<readonly string[]> {
  using project = createProject()
  await cliProcess(words, { cwd: project.path, env: environmentFor(project) })
  return loadsOf(project, words[0] ?? '').packages
}

/** Of a program without the command. */
function loadsOfProgram(code: string): Loads {
  using project = createProject({ 'program.ts': code })
  const env = { ...process.env, ...environmentFor(project) }
  const { status, stderr } = spawnSync(process.execPath, ['program.ts'], { cwd: project.path, env })
  assert.equal(status, 0, stderr.toString())
  return loadsOf(project, 'script')
}

test('help, and what only asks a server, load nothing heavy', async () => {
  assert.deepEqual(await packagesOf('--help'), [])
  assert.deepEqual(await packagesOf('actors', 'list', '--url', '127.0.0.1:1'), [])
  assert.deepEqual(await packagesOf('invoke', 'a', 'b', '--url', '127.0.0.1:1'), [])
  assert.deepEqual(await packagesOf('cluster', 'drain', 'a', '--url', '127.0.0.1:1'), [])
})

test('what looks at the configuration of a proxy loads none of what it would serve with', async () => {
  assert.deepEqual(await packagesOf('proxy', '--check'), [])
})

test('who imports the package gets what definitions need, and no package of others', () => {
  const loads = loadsOfProgram(COUNTER)
  assert.deepEqual(loads.packages, [])
  assertAtMost(loads, 86, 'an import of the package')
})

test('the Protobuf library comes with the first descriptor', () => {
  const { packages } = loadsOfProgram(`import '${EXAMPLES}incrementor-protobuf/main.ts'`)
  assert.deepEqual(packages, ['@bufbuild/protobuf'])
})

test('dev on a module that speaks JSON: its two processes and the thread load what the first call needs', async () => {
  using project = createProject({ 'counter.ts': COUNTER })
  await using server = await serve(['dev', 'counter.ts'], { cwd: project.path, env: environmentFor(project) })
  const path = '/api/v1/system/my-system/actors/counter/actions/add'
  const response = await fetch(new URL(path, server.url), { method: 'POST' })
  assert.deepEqual(await response.json(), { added: true })
  const [watching, serving, thread] = ['dev', 'start', 'thread'].map((who) => loadsOf(project, who))
  assert.ok(watching !== undefined && serving !== undefined && thread !== undefined)
  assert.deepEqual(watching.packages, [])
  assert.deepEqual(serving.packages, ['croner'])
  assert.deepEqual(thread.packages, [])
  assertAtMost(watching, 36, 'the process that watches')
  assertAtMost(serving, 290, 'the process that serves')
  assertAtMost(thread, 84, 'the thread of the store')
})
