// The oldest drivers of databases that the package says it works with, against all that says what a store on a server is. The
// newest are what every other test runs with.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

const root = join(import.meta.dirname, '..', '..')
const DRIVERS = ['pg', 'mariadb'] as const

/** Everybody who asks for a driver gets the one of this folder. */
const hook = (folder: string): string => `import { registerHooks } from 'node:module'
registerHooks({ resolve: (specifier, context, next) => next(specifier, ${JSON.stringify(DRIVERS)}.includes(specifier)
  ? { ...context, parentURL: ${JSON.stringify(pathToFileURL(join(folder, 'hook.mjs')).href)} } : context) })`

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spawn-drivers-'))
  await writeFile(join(folder, 'package.json'), '{ "private": true }')
  await writeFile(join(folder, 'hook.mjs'), hook(folder))
})
after(() => rm(folder, { recursive: true, force: true }))

async function run(command: string, args: readonly string[], cwd: string, options = ''): Promise<string> {
  const env: NodeJS.ProcessEnv = { ...process.env, NODE_OPTIONS: options, NO_COLOR: '1' }
  // What npm and the runner of this test tell their children is not meant for these.
  for (const name of Object.keys(env)) if (/^(npm_|INIT_CWD|NODE_TEST)/.test(name)) delete env[name]
  env['PATH'] = `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`
  const ended = promisify(execFile)(command, args, { cwd, env, maxBuffer: 100_000_000 })
  const { stdout } = await ended.catch((thrown: { stdout?: string }) => {
    throw new Error(`${command} ${args.join(' ')}: ${thrown.stdout?.slice(-10_000)}`, { cause: thrown })
  })
  return stdout
}

test('stores work with the oldest drivers that are named', async () => {
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    peerDependencies: Record<string, string>
  }
  const oldest = DRIVERS.map((name) => [name, (manifest.peerDependencies[name] ?? '').replace(/^\^/, '')])
  const packages = oldest.map(([name, version]) => `${name}@${version}`)
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...packages], folder)
  for (const [name = '', version] of oldest) {
    const found = JSON.parse(await readFile(join(folder, 'node_modules', name, 'package.json'), 'utf8')) as {
      version: string
    }
    assert.equal(found.version, version)
  }
  const suites = ['test/conformance/postgres', 'test/conformance/mariadb', 'test/e2e/databases']
  const told = await run('node', ['scripts/test.ts', ...suites], root, `--import=${join(folder, 'hook.mjs')}`)
  assert.match(told, /\b0 failed\b/)
})
