// The entry of the store's thread: takes requests from the main thread, and from other processes where they are let in, and
// stays awake for the next. Decides when commits that were gathered are done.

import { parentPort, receiveMessageOnPort } from 'node:worker_threads'
import { assert, messageOf, monotonicMs, systemClock } from '../../base/index.ts'
import type { FramesServer, Take } from './frames-server.ts'
import type { Arguments, Posted, Request, Response, ServingReport } from './requests.ts'
import { ThreadWork } from './thread-work.ts'
import { Vigil } from './vigil.ts'

/** Requests served without sleep before timers, and other processes, have their chance. */
const IN_A_ROW = 64
/** And slices of background work. */
const SLICES_IN_A_ROW = 16

assert(parentPort !== null, 'the worker of the SQLite store runs as a thread of the store')
const port = parentPort
/** Ends the thread, also where who asked would catch it. */
const broke = (thrown: unknown): void =>
  queueMicrotask(() => {
    throw thrown
  })
let work = new ThreadWork(broke)
const receive = (): Posted | undefined => receiveMessageOnPort(port)?.message as Posted | undefined
const vigil = new Vigil<Posted>({ receive, nowMs: monotonicMs })
/** Where other processes are let in; null: nowhere. */
let server: FramesServer | null = null
let isFlushDue = false

port.on('message', (first: Posted) => {
  vigil.woken()
  let request: Posted | undefined = first
  for (let served = 1; request !== undefined; served += 1) {
    const { rests }: Posted = request
    take(request)
    request = served === IN_A_ROW ? undefined : receive()
    if (request !== undefined) continue
    // What other processes ask is seen only in the pauses of the event loop; so there it is gathered and waited for.
    if (server !== null) break
    work.flush()
    request = rests || served === IN_A_ROW ? undefined : awake()
  }
  if (server === null) work.schedule()
  else flushSoon()
})

/**
 * Folds when that is due, and else keeps watch; who has said how a group begins is not kept waiting for its end.
 *
 * @returns the next request; undefined: sleep, or let others have their chance.
 */
function awake(): Posted | undefined {
  for (let slices = 0; work.isBusy && !work.expects; slices += 1) {
    if (slices === SLICES_IN_A_ROW || !work.useThePause()) return undefined
    const request = receive()
    if (request !== undefined) return request
  }
  return vigil.next()
}

function take(request: Request): void {
  if (request.operation === 'serve') {
    work.flush()
    // As its name says; see requests.ts.
    void serve(request.arguments as Arguments<'serve'>)
    respond({ answer: null })
  } else if (request.operation === 'close') {
    void server?.stop()
    work.take(port, request, respond)
    // As if it had just begun: the next store may have it.
    work = new ThreadWork(broke)
  } else if (request.operation === 'expect') {
    // As its name says; see requests.ts.
    work.expect((request.arguments as Arguments<'expect'>).part)
  } else work.take(port, request, respond)
}

function respond(response: Response): void {
  const answer = 'answer' in response ? response.answer : null
  port.postMessage(response, answer instanceof Uint8Array ? [answer.buffer as ArrayBuffer] : [])
}

async function serve({ path, reports }: Arguments<'serve'>): Promise<void> {
  const taken: Take = (who, request, answer) => {
    work.take(who, request, answer)
    flushSoon()
  }
  const tell = (report: ServingReport): void => reports.postMessage(report, [])
  try {
    // Only who has workers pays for its loading.
    const { FramesServer: Door } = await import('./frames-server.ts')
    const opened = new Door(path, taken, (who) => work.left(who))
    await opened.start()
    server = opened
    reports.once('message', () => void end(opened, tell))
    tell({ problem: null })
  } catch (thrown) {
    tell({ problem: messageOf(thrown) })
  }
}

async function end(opened: FramesServer, tell: (report: ServingReport) => void): Promise<void> {
  if (server === opened) server = null
  await opened.stop()
  tell({ problem: null })
}

/** When all that has come by now is taken, and who is about to come has come. */
function flushSoon(): void {
  if (isFlushDue) return
  isFlushDue = true
  systemClock.defer(flushOrWait)
}

function flushOrWait(): void {
  if (work.waits) {
    systemClock.defer(flushOrWait)
    return
  }
  isFlushDue = false
  work.flush()
  work.schedule()
}
