// A module that cannot be imported is told in one line, with its place, and nothing of the loader's own.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'

import { createProject } from '../../../test/cli/project.ts'
import { until } from '../../testing/until.ts'
import { Failure } from '../failure.ts'
import { importModule, moduleFile } from './module.ts'

/** What is told of a module with this code, with the file by its name. */
async function refusalOf(code: string, more: Readonly<Record<string, string>> = {}): Promise<string> {
  using project = createProject({ 'module.ts': code, ...more })
  const file = moduleFile(join(project.path, 'module.ts'))
  try {
    await importModule(file)
  } catch (thrown) {
    assert.ok(thrown instanceof Failure)
    return `${thrown.message}\n${thrown.hint}`.replaceAll(`${project.path}/`, '')
  }
  return assert.fail('it was imported')
}

describe('what cannot be imported is told with its place', () => {
  const more = { 'other.ts': 'export {}' }
  const refused: Readonly<Record<string, readonly [code: string, expected: RegExp]>> = {
    'a syntax error': [
      'const x = {\nexport',
      /^module\.ts cannot be loaded: SyntaxError: [^\n]*\nat module\.ts:2$/,
    ],
    'an enum': [
      'export enum A { b }',
      /^module\.ts cannot be loaded: [^\n]*enum is not supported in strip-only mode\nat module\.ts:1; TypeScript runs here as it is written/,
    ],
    'an error while it loads': [
      '\nthrow new RangeError("too far")',
      /^module\.ts cannot be loaded: RangeError: too far\nat module\.ts:2:7$/,
    ],
    'a wrong definition': [
      "import { actor } from 'spawn-mesh'\nactor('', { actions: {} })",
      /^module\.ts cannot be loaded: [^\n]*the definition name must be a non-empty string\nat module\.ts:2:1$/,
    ],
    'a missing import': [
      "import './gone.ts'",
      /^module\.ts cannot be loaded: Cannot find module 'gone\.ts' imported from module\.ts\nundefined$/,
    ],
    'an import without the ending of its file': [
      "import './other'",
      /^module\.ts cannot be loaded: Cannot find module 'other' imported from module\.ts\nan import names a file with its ending: other\.ts$/,
    ],
    'an import of what a compiler would make': [
      "import './other.js'",
      /^module\.ts cannot be loaded: Cannot find module 'other\.js' imported from module\.ts\nan import names the file that is there, no compiled one: other\.ts$/,
    ],
    'a package that is not installed': [
      "import '@scope/zodd/mini'",
      /^module\.ts cannot be loaded: Cannot find package '@scope\/zodd' imported from module\.ts\ninstall it beside the module: npm install @scope\/zodd$/,
    ],
    'a type that is imported as a value': [
      "import { Tags } from 'spawn-mesh'\nexport const tags: Tags = {}",
      /^module\.ts cannot be loaded: .* does not provide an export named 'Tags'\nat module\.ts:1; a type is imported as one: `import \{ type Name \} from …`$/,
    ],
    'a part that the package does not have': [
      "import 'spawn-mesh/no-such-part'",
      /^module\.ts cannot be loaded: [^\n]*no-such-part[^\n]*\nundefined$/,
    ],
  }
  for (const [what, [code, expected]] of Object.entries(refused)) {
    test(what, async () => assert.match(await refusalOf(code, more), expected))
  }
})

test('so is a package that is CommonJS, as `npm init` makes it, with what to do', async () => {
  const told = await refusalOf("import 'spawn-mesh'", { 'package.json': '{ "type": "commonjs" }' })
  assert.match(told, /^module\.ts cannot be loaded: .*\nat module\.ts:1; .* run `npm pkg set type=module`/)
})

test('warnings of the loader are left out, all others come to whoever listens, whatever is imported meanwhile', async () => {
  const heard: string[] = []
  const early = (warning: Error): void => void heard.push(`early: ${warning.message}`)
  process.on('warning', early)
  const before = process.listeners('warning')
  const listen = "process.on('warning', ({ message }) => (globalThis.warned ??= []).push(message))"
  using project = createProject({
    'package.json': '{}',
    'one.ts': `${listen}\nexport const one = 1`,
    'two.ts': 'export const two = 2',
    // A server of its own, say, that it waits for.
    'endless.ts': "process.emitWarning('from within')\nawait new Promise(() => {})\nexport const three = 3",
  })
  const file = (name: string): string => join(project.path, name)
  void importModule(file('endless.ts'))
  await Promise.all([importModule(file('one.ts')), importModule(file('two.ts'))])
  process.emitWarning('the last one')
  await until('all warnings', () => heard.some((told) => told.includes('the last one')))
  assert.deepEqual(heard, ['early: from within', 'early: the last one'])
  const listeners = process.listeners('warning')
  assert.deepEqual(listeners.slice(0, before.length), before, 'nobody else was touched')
  assert.equal(listeners.length, before.length + 1)
  const within: unknown = Reflect.get(globalThis, 'warned')
  assert.ok(Array.isArray(within) && within.includes('the last one'))
  process.off('warning', early)
  for (const own of listeners.slice(before.length)) process.off('warning', own)
})

test('what is no file is refused before it is imported', () => {
  for (const [path, message] of [
    ['no-such.ts', 'there is no file no-such.ts'],
    ['src', 'this is not a file: src'],
  ] as const) {
    assert.throws(() => moduleFile(path), { message })
  }
})
