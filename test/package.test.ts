// What we publish, as its users get it: built, packed, installed from the tarball into an empty project, run there,
// type-checked there. Everything happens in a temporary folder; the repository's dist/ is left alone.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'

import { serve } from './cli/server.ts'

const root = join(import.meta.dirname, '..')
const tools = join(root, 'node_modules', '.bin')

const program = `
import { actor, system, Value } from 'spawn-mesh'

export const incrementor = actor('incrementor', {
  kind: 'named',
  state: { total: 0 },
  actions: {
    add: (ctx, { value }: { value: number }) => {
      const total = ctx.state.total + value
      return Value.of().state({ total }).response({ total })
    },
  },
})

await using mySystem = await system('my-system', { actors: [incrementor] }).start()
const byName: unknown = await mySystem.invoke('incrementor', { action: 'add', payload: { value: 1 } })
const byRef = await mySystem.ref(incrementor).add({ value: 1 })
const total: number = byRef.total
console.log(JSON.stringify([byName, { total }]))
`

/** The Protobuf library is loaded by the path of a file, which the build has to rename. */
const protobufProgram = `
import { DurationSchema } from '@bufbuild/protobuf/wkt'
import { actor, system, Value } from 'spawn-mesh'

const lap = actor('lap', {
  schema: DurationSchema,
  actions: { go: (ctx) => Value.of().state({ nanos: ctx.state.nanos + 5 }) },
})
await using laps = await system('laps', { actors: [lap], store: 'memory' }).start()
await laps.ref(lap).go()
console.log((await laps.inspect(laps.ref(lap))).state.nanos)
`

/** What it reads and answers goes through the command that serves it. */
const served = `
import { actor, Value } from 'spawn-mesh'

export const adder = actor('adder', {
  state: { total: 0 },
  actions: {
    add: (ctx, { value }) => {
      const total = ctx.state.total + value
      return Value.of({ total }, { total })
    },
  },
})
`

const wrongProgram = `${program}
await mySystem.ref(incrementor).add({ value: 'one' })
`

/** A library of actors, whose declarations name all that is inferred. */
const library = `
import { actor, effect, saga, step, Value } from 'spawn-mesh'

export const account = actor('account', {
  kind: 'unnamed',
  state: { balance: 0 },
  actions: {
    add: (ctx, amount: number) => Value.of({ balance: ctx.state.balance + amount }, amount),
    tell: (ctx) => Value.of().effect('audit', 'tell').response(ctx.state.balance).pipe('tax', 'of'),
  },
})
export const pay = saga('pay', [step('add', { run: (to: string) => effect(account, to).add(1) })])
`

/** With a state that is not the actor's. */
const wrongState = `
import { actor, Value } from 'spawn-mesh'

export const account = actor('account', {
  state: { balance: 0 },
  actions: { add: (_ctx, amount: string) => Value.of({ balance: amount }) },
})
`

const compilerSettings = {
  compilerOptions: {
    target: 'es2024',
    lib: ['esnext'],
    types: ['node'],
    typeRoots: [join(root, 'node_modules', '@types')],
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    declaration: true,
    noEmit: true,
  },
}

describe('the published package', () => {
  let folder = ''
  let built = ''
  let app = ''
  let tarball = ''

  /** Runs a command on this Node in the application's folder and gives what it printed. */
  async function run(command: string, args: readonly string[], cwd = app): Promise<string> {
    const PATH = [dirname(process.execPath), tools, process.env['PATH']].join(delimiter)
    const env: NodeJS.ProcessEnv = { ...process.env, PATH, NODE_OPTIONS: '', NO_COLOR: '1' }
    // npm tells its children which project they belong to: not this one
    for (const name of Object.keys(env)) if (/^(npm_|INIT_CWD|NODE_TEST)/.test(name)) delete env[name]
    const { stdout } = await promisify(execFile)(command, args, { cwd, env })
    return stdout
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spawn-package-'))
    built = join(folder, 'built')
    app = join(folder, 'app')
    await mkdir(app)
    await run('node', ['scripts/build.ts', built], root)
    await run('npm', ['pack', built, '--pack-destination', folder, '--ignore-scripts'], folder)
    const packed = (await readdir(folder)).find((name) => name.endsWith('.tgz')) ?? 'no tarball was packed'
    tarball = join(folder, packed)
    await writeFile(join(app, 'package.json'), '{ "name": "app", "private": true, "type": "module" }')
    await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball])
    await writeFile(join(app, 'main.ts'), program)
  })

  after(() => rm(folder, { recursive: true, force: true }))

  test('runs the Incrementor, and the count goes on in the next run', async () => {
    assert.equal(await run('node', ['main.ts']), '[{"total":1},{"total":2}]\n')
    assert.equal(await run('node', ['main.ts']), '[{"total":3},{"total":4}]\n')
  })

  test('runs an actor whose state is a Protobuf message', async () => {
    await writeFile(join(app, 'laps.mjs'), protobufProgram)
    assert.equal(await run('node', ['laps.mjs']), '5\n')
  })

  test('can import every subpath that it exports', async () => {
    const manifest = JSON.parse(await readFile(join(built, 'package.json'), 'utf8')) as { exports: object }
    const subpaths = Object.keys(manifest.exports).filter((subpath) => !subpath.endsWith('.json'))
    assert.ok(subpaths.includes('.') && subpaths.includes('./testing'))
    const imports = subpaths.map((subpath) => `import('${subpath.replace('.', 'spawn-mesh')}')`)
    const code = `console.log((await Promise.all([${imports.join()}])).every((m) => Object.keys(m).length > 0))`
    assert.equal(await run('node', ['--input-type=module', '--eval', code]), 'true\n')
  })

  test('brings the spawn command', async () => {
    assert.match(await run('npx', ['--offline', 'spawn', '--help']), /^ *dev <module>/m)
    assert.match(await run(join(app, 'node_modules/.bin/spawn'), ['--version']), /^0\.1\.0\n$/)
  })

  test('is served by a command that is another copy of it', async () => {
    await writeFile(join(app, 'served.mjs'), served)
    await using server = await serve(['start', 'served.mjs', '--store', 'memory'], { cwd: app })
    assert.equal((await server.cli(['invoke', 'adder', 'add', '{"value":2}'])).stdout, '{"total":2}\n')
    assert.equal((await server.cli(['invoke', 'adder', 'add', '{"value":3}'])).stdout, '{"total":5}\n')
  })

  test('gives its types to a strict consumer', async () => {
    const files = ['library.ts', 'main.ts', 'wrong.ts', 'wrong-state.ts']
    await writeFile(join(app, 'library.ts'), library)
    await writeFile(join(app, 'wrong.ts'), wrongProgram)
    await writeFile(join(app, 'wrong-state.ts'), wrongState)
    await writeFile(join(app, 'tsconfig.json'), JSON.stringify({ ...compilerSettings, files }))
    // Two mistakes in all, and these are the planted ones; each ends with what is wrong.
    await assert.rejects(run('tsc', ['-p', '.', '--pretty', 'false']), {
      stdout:
        /^wrong-state\.ts.*\n(?: .*\n)* +Type 'string' is not assignable to type 'number'\.\nwrong\.ts.*'string' is not assignable to type 'number'\.\n$/,
    })
  })

  test('holds no TypeScript source, no test and nothing of the checkout', async () => {
    const files = await readdir(built, { recursive: true })
    assert.deepEqual(
      files.filter((name) => /(?<!\.d)\.ts$|\.test\.|node_modules/.test(name)),
      [],
    )
    const manifest = JSON.parse(await readFile(join(built, 'package.json'), 'utf8')) as Record<
      string,
      unknown
    >
    for (const field of ['private', 'scripts', 'devDependencies', 'optionalDependencies', 'allowScripts']) {
      assert.equal(manifest[field], undefined, field)
    }
  })

  test('finds no fault with publint', async () => {
    const pack = { tarball: new Uint8Array(await readFile(tarball)).buffer }
    const { messages, pkg } = await publint({ pack, strict: true })
    const faults = messages.filter(({ type }) => type !== 'suggestion')
    assert.deepEqual(
      faults.map((message) => formatMessage(message, pkg, { color: false })),
      [],
    )
  })
})
