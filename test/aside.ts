// Tests whose bodies run in a thread of their file's own. node:test follows each promise of the thread in which it reports, to
// know whose an error is that nobody caught; of simulations, which make millions, that is most of the time. Decides where a
// body runs, and what is told of one that fails; names, order, limits and reports stay node:test's.
//
//   const test = aside(import.meta.url)
//
// The file is loaded twice: where it is reported its bodies are never called, in the thread nothing is reported.

import { mock, test, type TestContext } from 'node:test'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

/** What a body is given; its mocks end with it. */
export type AsideContext = Pick<TestContext, 'mock'>
export type AsideTest = (name: string, body: (context: AsideContext) => Promise<void> | void) => void

/** An error, as far as it goes from one thread to another. */
interface Failure {
  readonly message: string
  readonly stack: string
}

/** @param file the test file: its `import.meta.url`. */
export function aside(file: string): AsideTest {
  return !isMainThread && workerData === file ? inThread() : reported(file)
}

/** Keeps the bodies, and runs those that it is asked for. */
function inThread(): AsideTest {
  const bodies = new Map<string, Parameters<AsideTest>[1]>()
  const answer = async (name: string): Promise<void> => {
    const failure = await failureOf(async () => {
      const body = bodies.get(name)
      if (body === undefined) throw new Error(`loaded again, the file has no test "${name}"`)
      await body({ mock })
    })
    mock.reset()
    parentPort?.postMessage(failure, [])
  }
  parentPort?.on('message', (name: string) => void answer(name))
  return (name, body) => void bodies.set(name, body)
}

async function failureOf(work: () => Promise<void>): Promise<Failure | null> {
  try {
    await work()
    return null
  } catch (thrown) {
    const { message, stack = message } = thrown instanceof Error ? thrown : new Error(String(thrown))
    return { message, stack }
  }
}

/** One thread for all tests of the file, begun with the first of them. */
function reported(file: string): AsideTest {
  const names = new Set<string>()
  let thread: Worker | null = null
  const begun = (): Worker => {
    const begins = new Worker(new URL(file), { workerData: file, execArgv: [] })
    // One that hung has been ended, and answers no other.
    return begins.once('exit', () => {
      thread = null
    })
  }
  return (name) => {
    if (names.has(name)) throw new Error(`two tests of ${file} are named "${name}"`)
    names.add(name)
    void test(name, async ({ signal }) => {
      const asked = (thread ??= begun())
      const end = (): void => void asked.terminate()
      signal.addEventListener('abort', end)
      const failure = await answerOf(asked, name).finally(() => signal.removeEventListener('abort', end))
      if (failure !== null) throw Object.assign(new Error(failure.message), { stack: failure.stack })
    })
  }
}

/** What becomes of a body. While nothing is asked, the thread keeps no process alive. */
function answerOf(thread: Worker, name: string): Promise<Failure | null> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      thread.off('message', heard).off('error', failed).off('exit', gone)
      thread.unref()
      act()
    }
    const heard = (failure: Failure | null): void => settle(() => resolve(failure))
    const failed = (error: unknown): void => settle(() => reject(error))
    const gone = (code: number): void =>
      settle(() => reject(new Error(`the thread of the tests ended with ${code}`)))
    thread.on('message', heard).on('error', failed).on('exit', gone)
    thread.ref()
    thread.postMessage(name, [])
  })
}
