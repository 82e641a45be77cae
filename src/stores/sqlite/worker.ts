// The entry of the store's thread: takes requests from the main thread, and from other processes where they are let in, and
// stays awake for the next. Decides when commits that were gathered are done.

import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { assert, messageOf, monotonicMs, systemClock } from '../../base/index.ts'
import type { FramesServer, Take } from './frames-server.ts'
import { type Laid, type LaneMemory, StoreEnd } from './lane.ts'
import type { Arguments, Posted, Response, ServingReport } from './requests.ts'
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
const lane = new StoreEnd(workerData as LaneMemory)
/** The message that has ended its sleep, until it is taken. */
let first: Posted | null = null
const vigil = new Vigil<Posted>({ bell: () => lane.bell, receive, nowMs: monotonicMs })
/** Where other processes are let in; null: nowhere. */
let server: FramesServer | null = null
let isFlushDue = false

port.on('message', (message: Posted | null) => {
  vigil.woken()
  lane.wake()
  first = message
  do serveAll()
  while (!lane.sleep())
  if (server === null) work.schedule()
  else flushSoon()
})

/** What is laid, and then what is posted; see lane.ts. */
function receive(): Posted | undefined {
  const laid = lane.next()
  if (laid !== undefined) return requestOf(laid)
  const message = first
  first = null
  if (message !== null) return message
  for (;;) {
    const received: { readonly message: Posted | null } | undefined = receiveMessageOnPort(port)
    if (received === undefined) return undefined
    // Null was to wake it.
    if (received.message !== null) return received.message
  }
}

function requestOf({ bytes, group }: Laid): Posted {
  if (group === null) return { operation: 'expect', arguments: { part: bytes }, rests: false }
  const { goesOn, rests } = group
  return { operation: 'commit', arguments: { frames: [bytes], goesOn }, rests, isLaid: true }
}

function serveAll(): void {
  let request = receive()
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
}

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

function take(request: Posted): void {
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
  } else work.take(port, request, request.isLaid === true ? ring : respond)
}

/** To what was laid. Only that all is committed can be rung. */
function ring(response: Response): void {
  if ('answer' in response && (response.answer as readonly number[]).length === 0) {
    if (!lane.answer()) port.postMessage(null, [])
  } else respond(response)
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
