// The entry of the store's thread: takes requests one by one, answers each, and folds the journal in the pauses. Decides
// when the background work runs; what it is, is the StoreFile's.
//
// Invariant: a request is answered before any background work, so that work delays only those who come after.

import { availableParallelism } from 'node:os'
import { parentPort, receiveMessageOnPort } from 'node:worker_threads'
import { assert, failureOf, monotonicMs, SpawnError, systemClock, type Timer } from '../../base/index.ts'
import { isLocked, storeError } from './failures.ts'
import { migrateFile, statusOfFile } from './file-schema.ts'
import type { Operation, Operations, Request, Response } from './requests.ts'
import { StoreFile } from './store-file.ts'
import { Vigil } from './vigil.ts'

/** Commits lie in the journal this long at most, in milliseconds, when no others push them out. */
const FOLD_AFTER_MS = 500
/** After background work has failed, as it does on a full disk, the next attempt is this much later. */
const RETRY_AFTER_MS = 1_000
/** Requests served without sleep before timers have their chance. */
const IN_A_ROW = 64

class StoreThread {
  readonly #operations: Operations = {
    open: ({ file, migrates }) => this.#unlocked(file, () => this.#open(file, migrates)),
    schema: ({ file }) => this.#unlocked(file, () => statusOfFile(file)),
    migrate: ({ file }) => this.#unlocked(file, () => migrateFile(file)),
    commit: ({ frames }) => this.#opened.commit(frames),
    load: ({ ids }) => this.#opened.load(ids),
    loadRevision: ({ id, query }) => this.#opened.loadRevision(id, query),
    revisions: ({ id, limit, before }) => this.#opened.revisions(id, limit, before),
    loadOutcomes: ({ questions }) => questions.map(({ id, key }) => this.#opened.loadOutcome(id, key)),
    outcomeKeys: ({ questions }) => questions.map(({ id, limit }) => this.#opened.outcomeKeys(id, limit)),
    list: ({ filter, after, limit }) => this.#opened.list(filter, after, limit),
    count: ({ filter, after }) => this.#opened.count(filter, after),
    systems: () => this.#opened.systems(),
    holdings: () => this.#opened.holdings(),
    due: ({ system, untilMs, after, limit }) => this.#opened.due(system, untilMs, after, limit),
    listEnvelopes: ({ system, box, after, limit }) => this.#opened.listEnvelopes(system, box, after, limit),
    envelopes: ({ system, ids }) => this.#opened.envelopes(system, ids),
    delete: ({ id, follows, birth }) => this.#opened.delete(id, follows, birth),
    prune: ({ nowMs, limit }) => this.#opened.prune(nowMs, limit),
    readArchive: ({ position, limit }) => this.#opened.readArchive(position, limit),
    writeArchive: ({ rows }) => this.#opened.writeArchive(rows),
    replaceInArchive: ({ changes }) => this.#opened.replaceInArchive(changes),
    close: () => this.#close(),
  }
  #file = ''
  #store: StoreFile | null = null
  #isDeferred = false
  #isFailing = false
  #timer: Timer | null = null

  answer(request: Request): Response {
    try {
      return { answer: this.#run(request) }
    } catch (thrown) {
      return { failure: failureOf(storeError(this.#file, thrown)) }
    }
  }

  /** Whether the next pause is not free: there is background work to do in it, or the file has been closed. */
  get isBusy(): boolean {
    return this.#store === null || this.#store.background === 'now'
  }

  /** Sees to it that background work is done, now or later. */
  schedule(): void {
    const background = this.#store?.background ?? 'none'
    if (background === 'none' || this.#isFailing) return
    if (background === 'later') {
      this.#timer ??= this.#after(FOLD_AFTER_MS)
    } else if (!this.#isDeferred) {
      this.#isDeferred = true
      systemClock.defer(() => this.#runBackground())
    }
  }

  #run<Name extends Operation>({ operation, arguments: given }: Request<Name>): unknown {
    const run: (given: never) => unknown = this.#operations[operation]
    return run(given as never)
  }

  get #opened(): StoreFile {
    if (this.#store === null)
      throw new SpawnError('DEFECT', 'the store thread was asked before it was opened')
    return this.#store
  }

  /** Null while another process has the file. */
  #unlocked<T>(file: string, work: () => T): T | null {
    this.#file = file
    try {
      return work()
    } catch (thrown) {
      if (isLocked(thrown)) return null
      throw thrown
    }
  }

  #open(file: string, migrates: boolean): true {
    this.#store = new StoreFile(file, migrates)
    return true
  }

  #close(): null {
    this.#timer?.cancel()
    const store = this.#store
    this.#store = null
    store?.close()
    return null
  }

  #after(delayMs: number): Timer {
    return systemClock.after(delayMs, () => {
      this.#timer = null
      this.#runBackground()
    })
  }

  #runBackground(): void {
    this.#isDeferred = false
    try {
      this.#store?.runBackground()
      this.#isFailing = false
      this.schedule()
    } catch {
      // Nothing is lost: the journal keeps what could not be folded. Requests that need it folded are told the reason,
      // and so are commits, once there is too much of it.
      this.#isFailing = true
      this.#timer?.cancel()
      this.#timer = this.#after(RETRY_AFTER_MS)
    }
  }
}

assert(parentPort !== null, 'the worker of the SQLite store runs as a thread of the store')
const port = parentPort
const thread = new StoreThread()
const vigil = new Vigil<Request>({
  receive: () => receiveMessageOnPort(port)?.message as Request | undefined,
  nowMs: monotonicMs,
  // With one processor, whoever waits awake keeps the others from working.
  watches: availableParallelism() > 1,
})

function serve(request: Request): void {
  const response = thread.answer(request)
  const answer = 'answer' in response ? response.answer : null
  port.postMessage(response, answer instanceof Uint8Array ? [answer.buffer as ArrayBuffer] : [])
  if (request.operation === 'close') port.close()
}

port.on('message', (first: Request) => {
  vigil.woken()
  let request: Request | undefined = first
  for (let served = 0; request !== undefined; served += 1) {
    serve(request)
    // Folding uses the pause when it is due; the vigil does when not.
    request = thread.isBusy || served === IN_A_ROW ? undefined : vigil.next()
  }
  thread.schedule()
})
