// A worker's side: what it tells the first process, and what it does when that speaks, or is gone. Decides when this process
// ends; what it serves is the composition's.
//
// Invariant: it does not outlive the first process. Signals are that one's to act upon: a terminal and a service supervisor send
// them to every process, and a worker that ended by itself would be begun anew.

import { rmSync } from 'node:fs'
import type { Socket } from 'node:net'
import { isSpawnError, messageOf, SpawnError } from '../base/index.ts'
import { ownOrders } from './config.ts'
import { type FromWorker, isToWorker, type Measures, type ToWorker } from './messages.ts'
import type { Orders } from './orders.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** The exit code of one whose first process is gone. */
const ORPHANED = 1

export class Seat {
  readonly orders: Orders
  #take: ((socket: Socket) => boolean) | null = null
  #stop: ((drainMs: number | undefined) => Promise<void>) | null = null
  #measure: () => string = () => ''
  /** What all count, once the first process has told; null: nobody has asked. */
  #measuring: PromiseWithResolvers<Measures> | null = null
  #isLeaving = false
  #taken = 0
  #open = 0
  #isTold = true

  private constructor(orders: Orders) {
    this.orders = orders
    if (!process.connected) this.abandon()
    process.on('message', (message, socket) => {
      if (isToWorker(message)) this.#heard(message, socket as Socket | undefined)
    })
    process.once('disconnect', () => this.abandon())
    for (const signal of SIGNALS) process.on(signal, () => {})
  }

  /**
   * @returns null: this process is nobody's worker.
   * @throws SpawnError CANCELLED when the first process is gone; INVALID_ARGUMENT for a system that is not the one whose
   *   worker this is.
   */
  static of(system: string): Seat | null {
    const orders = ownOrders()
    if (orders === null) return null
    if (orders.system === system) return new Seat(orders)
    const fault = `this process is a worker of the system "${orders.system}", whose program starts "${system}" before it`
    const remedy = `start "${system}" after it: what follows its start runs in the first process only`
    throw new SpawnError('INVALID_ARGUMENT', `${fault}; ${remedy}`)
  }

  /** Whether the first process is there. A question to the system, so not for every call. */
  readonly isKept = (): boolean => process.ppid === this.orders.first

  /** The first process is gone, or what it has for this one: it ends at once, whatever it does. */
  abandon(): never {
    rmSync(this.orders.folder, { recursive: true, force: true })
    process.exit(ORPHANED)
  }

  /** It is about to join, as this member. */
  joins(member: string): void {
    this.#say({ spawn: 'joins', member })
  }

  /** Who takes the connections that are handed over; what is not taken stays the first process's. */
  onConnection(take: (socket: Socket) => boolean): void {
    this.#take = take
  }

  /** @param measure what this process counts. */
  onMeasure(measure: () => string): void {
    this.#measure = measure
  }

  /** What all processes count that say so in time. */
  measures(): Promise<Measures> {
    if (this.#measuring === null) {
      this.#measuring = Promise.withResolvers()
      this.#say({ spawn: 'asks' })
    }
    return this.#measuring.promise
  }

  /** It serves, until it is asked to stop: then the process ends. */
  serve(stop: (drainMs: number | undefined) => Promise<void>): void {
    this.#stop = stop
    this.#say({ spawn: 'serves' })
  }

  /** It could not start: the process ends. */
  fail(thrown: unknown): Promise<never> {
    const code = isSpawnError(thrown) ? thrown.code : 'DEFECT'
    if (code === 'DEFECT') process.stderr.write(`${stackOf(thrown)}\n`)
    return this.#end({ spawn: 'failed', code, message: messageOf(thrown) }, 1)
  }

  #heard(message: ToWorker, socket: Socket | undefined): void {
    if (message.spawn === 'take') this.#taking(socket)
    else if (message.spawn === 'stop') void this.#leave(message.drainMs ?? undefined)
    else if (message.spawn === 'measure') this.#say({ spawn: 'measured', text: this.#measure() })
    else {
      this.#measuring?.resolve(message.measures)
      this.#measuring = null
    }
  }

  #taking(socket: Socket | undefined): void {
    // As it was where it was accepted: a client may end its side and still wait.
    if (socket !== undefined) socket.allowHalfOpen = true
    // Without one: its client was gone before it came.
    if (socket !== undefined && this.#take?.(socket) !== true) {
      socket.destroy()
      return
    }
    this.#taken += 1
    this.#tell()
    if (socket === undefined) return
    this.#open += 1
    socket.once('close', () => {
      this.#open -= 1
      this.#tell()
    })
  }

  /** Once for all that changes in one turn of the event loop. */
  #tell(): void {
    if (!this.#isTold) return
    this.#isTold = false
    queueMicrotask(() => {
      this.#isTold = true
      this.#say({ spawn: 'connections', taken: this.#taken, open: this.#open })
    })
  }

  async #leave(drainMs: number | undefined): Promise<void> {
    if (this.#isLeaving) return
    this.#isLeaving = true
    try {
      await this.#stop?.(drainMs)
      process.exit(0)
    } catch (thrown) {
      process.stderr.write(`${stackOf(thrown)}\n`)
      process.exit(1)
    }
  }

  #say(message: FromWorker): void {
    if (process.connected) process.send?.(message, undefined, {}, () => {})
  }

  /** What was said must get out first. */
  #end(message: FromWorker, code: number): Promise<never> {
    return new Promise(() => {
      if (process.connected) process.send?.(message, undefined, {}, () => process.exit(code))
      else process.exit(code)
    })
  }
}

function stackOf(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
}
