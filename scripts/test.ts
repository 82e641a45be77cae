// Runs the tests: `npm test [-- part-of-a-path …]`. Decides which files belong to a run (the slow suites under
// test/slow/ only with --slow), starts the servers that they share, and prints the slowest files and the total last. All that
// tests leave lies in one folder, which is removed whatever ends the run, Ctrl-C included. Which files share a process is
// test-groups.ts's, that it ends test-ending.ts's, everything else node:test's.
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { chmodSync, existsSync, globSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { finished } from 'node:stream/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { startServers } from '../test/servers/shared.ts'
import { grouped } from './test-groups.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    slow: { type: 'boolean', default: false },
    name: { type: 'string', multiple: true, default: [] },
  },
})

const isSlow = (file: string): boolean => file.startsWith('test/slow/')
const files = globSync('{src,test,examples,bench}/**/*.test.ts')
  .filter((file) => !file.includes('node_modules') && isSlow(file) === values.slow)
  .filter((file) => positionals.length === 0 || positionals.some((part) => file.includes(part)))
  .toSorted()
if (files.length === 0)
  throw new Error(`no test file matches ${positionals.join(' ') || 'src/** and test/**'}`)

/** A file that hangs fails the run instead of holding it for ever. Slow suites take as many minutes as they are told. */
const FILE_TIMEOUT_MS = values.slow ? 7_200_000 : 300_000
/** A test that hangs fails before its file does, so that it is named. */
const TEST_TIMEOUT_MS = FILE_TIMEOUT_MS * 0.6
const SLOWEST = 8
/** And what a process that one has ended exits with. */
const SIGNALS: Readonly<Record<string, number>> = { SIGINT: 130, SIGTERM: 143 }

/** In memory, where there is plenty: no test cuts the power, and thousands of syncs would wait for a disk. */
const MEMORY = '/dev/shm'
const MEMORY_BYTES = 8 * 1_024 ** 3

function temporaryParent(): string {
  if (values.slow || !existsSync(MEMORY)) return tmpdir()
  const { bavail, bsize } = statfsSync(MEMORY)
  return bavail * bsize >= MEMORY_BYTES ? MEMORY : tmpdir()
}

const startedMs = performance.now()
// What outlasts a run, and what is to be on a disk. Every test file is a process, and many start others: without the cache each would strip the same
// types again.
process.env['SPAWN_TEST_KEPT'] ??= tmpdir()
process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'spawn-mesh-compile-cache')
const folder = mkdtempSync(join(temporaryParent(), 'spawn-tests-'))
// Servers may run as another user.
chmodSync(folder, 0o755)
process.env['TMPDIR'] = folder

process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))

/** By the first signal; a second one ends all of it at once. */
const interrupted = new AbortController()
let exitCode = 0
for (const [signal, code] of Object.entries(SIGNALS)) {
  process.once(signal, () => {
    exitCode = code
    interrupted.abort(new Error(`ended by ${signal}`))
  })
}

const endServers = await startServers(files)
const events = run({
  files: [...grouped(files, folder)],
  timeout: FILE_TIMEOUT_MS,
  // One more than there are processors: tests wait a fifth of their time.
  concurrency: Math.min(availableParallelism() + 1, 4),
  signal: interrupted.signal,
  execArgv: [
    '--disable-warning=ExperimentalWarning',
    `--import=${new URL('test-ending.ts', import.meta.url).href}`,
    `--test-timeout=${TEST_TIMEOUT_MS}`,
  ],
  ...(values.name.length > 0 && { testNamePatterns: values.name }),
})
const took: { readonly file: string; readonly ms: number }[] = []
let failed = 0
let passed = 0
let skipped = 0
events.on('test:summary', (summary) => {
  if (summary.file !== undefined) {
    const from = summary.file.startsWith(folder) ? folder : ''
    took.push({ file: relative(from, summary.file), ms: summary.duration_ms })
    return
  }
  passed = summary.counts.passed
  skipped = summary.counts.skipped + summary.counts.todo
  failed = summary.counts.tests - passed - skipped
  if (!summary.success) process.exitCode = 1
})
const report = events.compose(spec)
report.pipe(process.stdout, { end: false })
await finished(report)
await endServers()

if (files.length > SLOWEST) {
  const slowest = took.toSorted((left, right) => right.ms - left.ms).slice(0, SLOWEST)
  console.log(`\nslowest: ${slowest.map(({ file, ms }) => `${file} ${(ms / 1000).toFixed(0)} s`).join(', ')}`)
}
const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
const extra = skipped > 0 ? `, ${skipped} skipped` : ''
console.log(`\n${passed} tests passed, ${failed} failed${extra}, in ${files.length} files, ${seconds} s`)
if (failed > 0) process.exitCode = 1
if (exitCode !== 0) process.exit(exitCode)
