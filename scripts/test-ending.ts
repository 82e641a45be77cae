// Loaded before the tests of each process: sees to it that the process ends when they have. A failed assertion leaves whatever
// its test had not released yet, a server, a child, a thread, and with it the process would live until the limit of its
// file; so would one whose tests passed and forgot something. Decides how long is waited, and says what was left; who ran to
// its end is never touched.
import { ChildProcess } from 'node:child_process'
import { after, afterEach } from 'node:test'
import { isMainThread } from 'node:worker_threads'

/** For what the file itself does behind its last test. */
const AFTER_FAILURE_MS = 5_000
const AFTER_SUCCESS_MS = 30_000

interface Handles {
  readonly _getActiveHandles: () => readonly object[]
}

/** What keeps the process alive, but timers and requests to the system. The public way tells their kinds only. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it is there, and has no type
const handles = (): readonly object[] => (process as unknown as Handles)._getActiveHandles()

function described(handle: object): string {
  if (handle instanceof ChildProcess) return `the process "${handle.spawnargs.join(' ')}"`
  return `a ${handle.constructor.name}`
}

function end(): void {
  const left = handles().filter((handle) => handle !== process.stdout && handle !== process.stderr)
  // Timers and requests have no more than the name of their kind.
  const named = left.length > 0 ? left.map(described) : process.getActiveResourcesInfo()
  console.error(`the tests are over, and the process lives on by ${named.join(', ')}: it is ended`)
  for (const handle of left) if (handle instanceof ChildProcess) handle.kill('SIGKILL')
  process.exit(1)
}

if (isMainThread) {
  let hasFailed = false
  afterEach((test) => {
    if ('passed' in test && !test.passed) hasFailed = true
  })
  after(() => void setTimeout(end, hasFailed ? AFTER_FAILURE_MS : AFTER_SUCCESS_MS).unref())
}
