// Holds the layout and the house rules of ARCHITECTURE.md: which room may know which, no ambient time or
// randomness, sizes, names. The rules are in tidy/rules.ts; the last part plants a violation of each and sees it.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { readSource } from './tidy/source.ts'
import { violationsIn, type House, type Violation } from './tidy/rules.ts'

const belowActor = ['base', 'protocol', 'ports']

const house: House = {
  // base ← protocol ← ports ← actor ← mesh ← proxy ← cli; adapters know ports and below; sdk composes the rest. Of stores,
  // all of them may know what the adapters share: how a store is named and made. The adapters themselves, the roots alone.
  knows: {
    base: [],
    protocol: ['base'],
    ports: ['base', 'protocol'],
    actor: belowActor,
    mesh: [...belowActor, 'actor'],
    proxy: [...belowActor, 'actor', 'mesh', 'projection', 'stores', 'cluster'],
    cli: [
      ...belowActor,
      'actor',
      'mesh',
      'proxy',
      'projection',
      'sdk',
      'operator',
      'archive',
      'stores',
      'cluster',
      'workers',
    ],
    // Between processes on one machine: for the adapters that speak to them.
    sockets: ['base'],
    stores: [...belowActor, 'sockets'],
    cluster: [...belowActor, 'sockets'],
    hosts: belowActor,
    projection: belowActor,
    // The processes of one program; what they serve, they do not know.
    workers: ['base', 'ports'],
    sdk: [
      ...belowActor,
      'hosts',
      'actor',
      'mesh',
      'proxy',
      'projection',
      'stores',
      'cluster',
      'sockets',
      'workers',
    ],
    archive: [...belowActor, 'actor'],
    operator: ['base'],
    testing: [],
  },
  adapterRooms: ['stores', 'hosts', 'cluster'],
  sharedByAdapters: ['stores/sql', 'stores/frames'],
  compositionRoots: [
    /^src\/proxy\/compose\.ts$/,
    /^src\/sdk\/compose\.ts$/,
    /^src\/sdk\/compose-workers\.ts$/,
    /^src\/stores\/open\.ts$/,
    /^src\/cluster\/open\.ts$/,
    /^src\/testing\//,
  ],
  withoutIo: ['base', 'protocol', 'ports', 'actor', 'mesh'],
  limits: { fileLines: 400, functionLines: 60 },
}

interface Exception {
  readonly rule: string
  readonly file: string
  readonly why: string
  /** For sizes: what it has now. It may shrink, never grow. */
  readonly atMost?: number
}

/** May only shrink: an entry that nothing needs any more fails the test. */
const exceptions: readonly Exception[] = []

const excuses = (exception: Exception, { rule, file, size }: Violation): boolean =>
  exception.rule === rule && exception.file === file && (size ?? 0) <= (exception.atMost ?? Infinity)

const show = ({ file, line, rule, message }: Violation): string => `${file}:${line} [${rule}] ${message}`

describe('the house', () => {
  const files = globSync('{src,test,examples,bench,scripts}/**/*.ts', {
    // folders and files that protoc-gen-es writes are not ours to tidy
    exclude: (name) => name === 'node_modules' || name === 'gen' || name.endsWith('_pb.ts'),
  })
  const found = files.flatMap((file) => violationsIn(readSource(file, readFileSync(file, 'utf8')), house))

  test('is tidy', () => {
    const rest = found.filter((violation) => !exceptions.some((exception) => excuses(exception, violation)))
    assert.ok(rest.length === 0, `${rest.length} violations:\n${rest.map(show).join('\n')}`)
  })

  test('has no exception that nothing needs', () => {
    const idle = exceptions.filter((exception) => !found.some((violation) => excuses(exception, violation)))
    assert.deepEqual(idle, [])
  })

  test('is there: the rules looked at every room that exists', () => {
    const rooms = new Set(
      files.map((file) => /^src\/([^/]+)\//.exec(file)?.[1]).filter((room) => room !== undefined),
    )
    assert.ok(rooms.size > 0, 'no source file was found')
    assert.deepEqual(
      [...rooms].filter((room) => !(room in house.knows)),
      [],
    )
  })
})

describe('the rules see a planted', () => {
  const planted = (path: string, code: string): string[] =>
    violationsIn(readSource(path, `// Decides something.\n${code}\n`), house)
      .map(({ rule }) => rule)
      .filter((rule, index, all) => all.indexOf(rule) === index)

  const cases: readonly [what: string, rule: string | undefined, path: string, code: string][] = [
    ['import upwards', 'direction', 'src/base/a.ts', "import { x } from '../protocol/x.ts'"],
    ['type import upwards', 'direction', 'src/actor/a.ts', "import type { X } from '../mesh/x.ts'"],
    ['re-export upwards', 'direction', 'src/ports/a.ts', "export * from '../actor/x.ts'"],
    ['dynamic import upwards', 'direction', 'src/ports/a.ts', "await import('../actor/x.ts')"],
    ['import type upwards', 'direction', 'src/ports/a.ts', "type X = import('../actor/x.ts').X"],
    [
      'worker of another room',
      'direction',
      'src/actor/a.ts',
      "new URL('../stores/sqlite/w.ts', import.meta.url)",
    ],
    ['import downwards', undefined, 'src/actor/a.ts', "import { x } from '../ports/x.ts'"],
    ['import within the room', undefined, 'src/actor/a.ts', "import { x } from './x.ts'"],
    ['adapter named by the engine', 'direction', 'src/actor/a.ts', "import '../stores/sqlite/index.ts'"],
    ['adapter named by the sdk', 'direction', 'src/sdk/system.ts', "import '../stores/sqlite/index.ts'"],
    [
      'adapter named by a composition root',
      undefined,
      'src/sdk/compose.ts',
      "import '../stores/sqlite/index.ts'",
    ],
    [
      'adapter named by another adapter',
      'direction',
      'src/stores/memory/a.ts',
      "import '../sqlite/index.ts'",
    ],
    ['adapter of the same folder', undefined, 'src/stores/sqlite/a.ts', "import './rows.ts'"],
    [
      'adapters sharing a file of their room',
      undefined,
      'src/stores/sqlite/a.ts',
      "import '../encryption.ts'",
    ],
    ['what adapters are made of', undefined, 'src/stores/postgres/a.ts', "import '../sql/group-plan.ts'"],
    [
      'adapter named by what adapters share',
      'direction',
      'src/stores/sql/a.ts',
      "import '../sqlite/rows.ts'",
    ],
    ['adapter that knows the engine', 'direction', 'src/stores/sqlite/a.ts', "import '../../actor/turn.ts'"],
    ['room that nobody announced', 'direction', 'src/attic/a.ts', "import '../base/index.ts'"],
    ['import out of the package', 'direction', 'src/sdk/a.ts', "import '../../test/x.ts'"],
    ['example that reaches inside', 'direction', 'examples/a/main.ts', "import '../../src/sdk/index.ts'"],
    ['import without .ts', 'extension', 'src/base/a.ts', "import { x } from './x.js'"],
    ['I/O in the engine', 'no I/O', 'src/actor/a.ts', "import { readFile } from 'node:fs/promises'"],
    ['I/O in an adapter', undefined, 'src/stores/sqlite/a.ts', "import { DatabaseSync } from 'node:sqlite'"],
    ['Date.now', 'ambient', 'src/actor/a.ts', 'const now = Date.now()'],
    ['new Date()', 'ambient', 'src/actor/a.ts', 'const now = new Date()'],
    ['Date passed on', 'ambient', 'src/actor/a.ts', 'const clock = { now: Date.now }'],
    [
      'new Date(value)',
      undefined,
      'src/actor/a.ts',
      'const d: Date = new Date(5); d instanceof Date; Date.parse("")',
    ],
    ['performance.now', 'ambient', 'src/actor/a.ts', 'performance.now()'],
    ['setTimeout', 'ambient', 'src/actor/a.ts', 'setTimeout(() => {}, 1)'],
    ['setTimeout of globalThis', 'ambient', 'src/actor/a.ts', 'globalThis.setTimeout(() => {}, 1)'],
    ['setTimeout passed on', 'ambient', 'src/actor/a.ts', 'const t = { later: setTimeout }'],
    ['setTimeout by shorthand', 'ambient', 'src/actor/a.ts', 'const t = { setTimeout }'],
    ['setInterval', 'ambient', 'src/actor/a.ts', 'setInterval(() => {}, 1)'],
    ['setImmediate', 'ambient', 'src/actor/a.ts', 'setImmediate(() => {})'],
    ['timer of a clock', undefined, 'src/actor/a.ts', 'clock.setTimeout(() => {}, 1)'],
    ['timer by parameter', undefined, 'src/actor/a.ts', 'interface Clock { setTimeout(ms: number): void }'],
    [
      'timers module',
      'ambient',
      'src/actor/a.ts',
      "import { setTimeout as sleep } from 'node:timers/promises'",
    ],
    ['AbortSignal.timeout', 'ambient', 'src/actor/a.ts', 'AbortSignal.timeout(5)'],
    ['Math.random', 'ambient', 'src/actor/a.ts', 'Math.random()'],
    ['Math.max', undefined, 'src/actor/a.ts', 'Math.max(1, 2)'],
    ['randomUUID imported', 'ambient', 'src/actor/a.ts', "import { randomUUID } from 'node:crypto'"],
    ['crypto.randomUUID', 'ambient', 'src/actor/a.ts', 'crypto.randomUUID()'],
    ['clock in base', undefined, 'src/base/clock.ts', 'Date.now()'],
    ['clock in a test', undefined, 'src/actor/a.test.ts', 'Date.now()'],
    ['clock in a comment or string', undefined, 'src/actor/a.ts', "// Date.now()\nconst s = 'Math.random()'"],
    ['process.env', 'environment', 'src/actor/a.ts', 'process.env.HOME'],
    ['process.env by index', 'environment', 'src/actor/a.ts', "process.env['HOME']"],
    ['env taken out of process', 'environment', 'src/actor/a.ts', 'const { env } = process'],
    ['env imported', 'environment', 'src/actor/a.ts', "import { env } from 'node:process'"],
    ['process.env in config', undefined, 'src/proxy/config-file.ts', 'process.env.HOME'],
    ['process.env in the cli', undefined, 'src/cli/main.ts', 'process.env.HOME'],
    ['file name in camel case', 'names', 'src/actor/turnEngine.ts', ''],
    ['file name that says nothing', 'names', 'src/actor/mailbox-utils.ts', ''],
    ['class name that says nothing', 'names', 'src/actor/a.ts', 'class MailboxImpl {}'],
    ['focused test', 'focused test', 'src/actor/a.test.ts', "test.only('x', () => {})"],
    ['skipped suite', 'focused test', 'src/actor/a.test.ts', "describe.skip('x', () => {})"],
    ['unfinished part', 'unfinished', 'src/actor/a.ts', ['// TO', 'DO: later'].join('')],
    ['file of 401 lines', 'file size', 'src/actor/a.ts', 'x\n'.repeat(399)],
    ['file of 400 lines', undefined, 'src/actor/a.ts', 'x\n'.repeat(398)],
    ['function of 61 lines', 'function size', 'src/actor/a.ts', `function f() {\n${'x\n'.repeat(59)}}`],
    ['function of 60 lines', undefined, 'src/actor/a.ts', `function f() {\n${'x\n'.repeat(58)}}`],
    [
      'arrow function of 61 lines',
      'function size',
      'src/actor/a.ts',
      `const f = () => {\n${'x\n'.repeat(59)}}`,
    ],
    ['method of 61 lines', 'function size', 'src/actor/a.ts', `class A {\n  m() {\n${'x\n'.repeat(59)}}\n}`],
  ]
  for (const [what, rule, path, code] of cases) {
    const expected = rule === undefined ? [] : [rule]
    test(`${what}: ${rule ?? 'allowed'}`, () => assert.deepEqual(planted(path, code), expected))
  }

  test('file without an opening comment', () => {
    const [violation, ...others] = violationsIn(readSource('src/actor/a.ts', 'export const a = 1\n'), house)
    assert.equal(violation?.rule, 'opening comment')
    assert.equal(others.length, 0)
  })

  test('exception only while it is needed and not outgrown', () => {
    const violation = { rule: 'file size', file: 'src/a.ts', line: 1, message: '', size: 450 }
    const exception = { rule: 'file size', file: 'src/a.ts', why: 'generated' }
    assert.ok(excuses({ ...exception, atMost: 450 }, violation))
    assert.ok(!excuses({ ...exception, atMost: 449 }, violation))
    assert.ok(!excuses({ ...exception, file: 'src/b.ts' }, violation))
  })
})
