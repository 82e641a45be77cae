// The store's thread as the main thread sees it: requests in, answers out, in order. Decides how a death of the thread
// looks to those who wait; starting another one is the store's.
//
// Invariants: every request is answered, or fails when the thread dies. The thread keeps the process alive while a
// request is under way and not otherwise, so that a script which never stops its store can end.

import { availableParallelism } from 'node:os'
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import { assert, errorOf, messageOf, monotonicMs, Queue, SpawnError, systemClock } from '../../base/index.ts'
import type { Answer, Arguments, Operation, Posted, Response, ServingReport } from './requests.ts'
import { Contention } from './contention.ts'
import { type LaidGroup, laneMemory, MainEnd } from './lane.ts'
import { SpareThread } from './spare-thread.ts'
import { asleepMs, threadTime } from '../../base/thread-time.ts'
import { Watch } from './watch.ts'

const ENTRY = import.meta.url.endsWith('.ts')
  ? new URL('./worker.ts', import.meta.url)
  : new URL('./worker.js', import.meta.url)

const spare = new SpareThread()
/** Of each thread that there is. */
const lanes = new WeakMap<Worker, MainEnd>()
/** With one processor, whoever stays awake keeps the others from working. */
const IS_ALONE = availableParallelism() === 1

/** The answer that is rung. */
const COMMITTED: Response = { answer: [] }

export class StoreThread {
  readonly #file: string
  readonly #worker: Worker
  readonly #waiting = new Queue<(response: Response | SpawnError) => void>()
  readonly #contention = new Contention(threadTime)
  readonly #watch = new Watch({
    defer: (task) => systemClock.defer(task),
    nowMs: monotonicMs,
    asleepMs,
    rests: (nowMs) => IS_ALONE || this.#contention.isShort(nowMs),
    look: () => this.#look(),
    turned: (isAwake) => this.#turned(isAwake),
  })
  readonly #lane: MainEnd
  /** Whether something was posted that is not answered, behind the last request that is. */
  #isTold = false
  /** Whether the thread sleeps when it has answered. */
  #rests = false
  #end: SpawnError | null = null
  #isServing = false
  readonly #heard = (response: Response | null): void => {
    // What is rung was said before what is posted.
    this.#look()
    if (response !== null) this.#answered(response)
  }
  readonly #failed = (error: unknown): void => this.#died(messageOf(error))
  readonly #gone = (code: number): void => this.#died(`exit code ${code}`)

  constructor(file: string) {
    this.#file = file
    this.#worker = spare.take() ?? begun()
    const lane = lanes.get(this.#worker)
    assert(lane !== undefined, 'each thread has a lane')
    this.#lane = lane
    lane.stayAwake(false)
    this.#worker.unref()
    this.#worker.on('message', this.#heard).on('error', this.#failed).on('exit', this.#gone)
  }

  /** Whether it can still answer. */
  get isAlive(): boolean {
    return this.#end === null
  }

  /** @throws SpawnError as the thread said, or STORE_UNAVAILABLE when it died. */
  async ask<Name extends Operation>(
    operation: Name,
    given: Arguments<Name>,
    transfer: readonly (ArrayBuffer | MessagePort)[] = [],
  ): Promise<Answer<Name>> {
    if (this.#end !== null) throw this.#end
    const response = await new Promise<Response | SpawnError>((resolve) => {
      if (this.#waiting.length === 0) this.#begin()
      this.#rests = !this.#watch.isAwake
      if (operation !== 'commit' || !this.#lays(given as Arguments<'commit'>)) {
        const request: Posted = { operation, arguments: given, rests: this.#rests }
        this.#worker.postMessage(request, transfer)
        this.#lane.ring()
        this.#isTold = false
      }
      this.#waiting.push(resolve)
    })
    if (response instanceof SpawnError) throw response
    if ('failure' in response) throw errorOf(response.failure)
    // What the thread answers to an operation is what Operations says; see worker.ts.
    return response.answer as Answer<Name>
  }

  /** Says what it does not answer. */
  tell(operation: 'expect', given: Arguments<'expect'>, transfer: readonly ArrayBuffer[]): void {
    if (this.#end !== null) return
    if (this.#lay(given.part, null)) return
    this.#isTold = true
    const request: Posted = { operation, arguments: given, rests: this.#rests }
    this.#worker.postMessage(request, transfer)
    this.#lane.ring()
  }

  #lays({ frames, goesOn }: Arguments<'commit'>): boolean {
    const [frame] = frames
    return (
      frames.length === 1 &&
      frame !== undefined &&
      this.#lay(frame, { goesOn: goesOn === true, rests: this.#rests })
    )
  }

  /** @returns false when it is to be posted. */
  #lay(bytes: Uint8Array, group: LaidGroup | null): boolean {
    if (this.#waiting.length > 0 || this.#isTold || !this.#lane.isHeard) return false
    if (!this.#lane.lay(bytes, group)) return false
    if (!this.#lane.isHeard) this.#worker.postMessage(null, [])
    return true
  }

  #look(): void {
    // The lane goes on with the thread to the next store.
    if (this.#end === null && this.#lane.isAnswered()) this.#answered(COMMITTED)
  }

  #turned(isAwake: boolean): void {
    if (this.#end === null) this.#lane.stayAwake(isAwake)
  }

  /**
   * Lets other processes in at a path.
   *
   * @returns what ends that.
   * @throws Error that says why the thread cannot listen there.
   */
  async serve(path: string): Promise<() => Promise<void>> {
    this.#isServing = true
    const { port1: reports, port2 } = new MessageChannel()
    const gone = new Promise<ServingReport>((resolve) => {
      reports.once('close', () => resolve({ problem: 'the thread of the store file has ended' }))
    })
    const report = (): Promise<ServingReport> =>
      Promise.race([gone, new Promise<ServingReport>((resolve) => void reports.once('message', resolve))])
    const begun = report()
    await this.ask('serve', { path, reports: port2 }, [port2])
    const { problem } = await begun
    if (problem !== null) throw new Error(problem)
    reports.unref()
    return async () => {
      const ended = report()
      reports.postMessage(null, [])
      await ended
      reports.close()
      this.#isServing = false
    }
  }

  /** Ends the thread in the middle of whatever it does, and resolves when it is gone. */
  async kill(): Promise<void> {
    await this.#worker.terminate()
  }

  /** It has nothing open any more, and is asked nothing more: the next store may have it. */
  async release(): Promise<void> {
    if (this.#end !== null || this.#isServing || this.#waiting.length > 0) return this.kill()
    this.#worker.off('message', this.#heard).off('error', this.#failed).off('exit', this.#gone)
    this.#died('its store has let go of it')
    spare.keep(this.#worker)
  }

  #answered(response: Response): void {
    const resolve = this.#waiting.shift()
    if (this.#waiting.length === 0) this.#rest()
    resolve?.(response)
  }

  #begin(): void {
    this.#worker.ref()
    this.#watch.begin()
  }

  #rest(): void {
    this.#worker.unref()
    this.#watch.end()
  }

  #died(reason: string): void {
    if (this.#end !== null) return
    this.#end = new SpawnError(
      'STORE_UNAVAILABLE',
      `the thread of the store file ${this.#file} ended (${reason}); what was under way may be committed or not, ` +
        'and the next request starts the thread again',
      { details: { file: this.#file } },
    )
    this.#watch.end()
    for (let resolve = this.#waiting.shift(); resolve !== undefined; resolve = this.#waiting.shift())
      resolve(this.#end)
  }
}

function begun(): Worker {
  const workerData = laneMemory()
  // No flags of the main thread: some of them, like --input-type, keep a worker from starting.
  const worker = new Worker(ENTRY, { name: 'spawn-sqlite', execArgv: [], workerData })
  lanes.set(worker, new MainEnd(workerData))
  return worker
}
