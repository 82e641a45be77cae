// How calls to pooled actors find a worker: one that rests takes a call at once; else it waits in front of the pool, and a
// worker is added if all there are have a turn that waits for something. Calls to handlers that answer at once need no
// more than one worker, however many come together.
//
// Calls with one idempotency key have their turns one after the other on one worker, as they would on any actor. A worker
// that does not start fails what waits only if it was the only one.

import type { Activation } from './activation.ts'
import type { Activations } from './activations.ts'
import type { Dispatcher } from '../dispatcher.ts'
import type { Inflight } from '../inflight.ts'
import type { Message } from '../message.ts'
import type { Pool } from './pool.ts'
import { mailboxFull } from '../room.ts'
import type { UseClock } from './use-clock.ts'

export interface PoolsOptions {
  readonly useClock: UseClock
  readonly inflight: Inflight
  readonly activations: Activations
  readonly dispatcher: Dispatcher
  /** Begins a turn. */
  readonly begin: (activation: Activation, message: Message) => void
}

export class Pools {
  private readonly options: PoolsOptions

  constructor(options: PoolsOptions) {
    this.options = options
  }

  /** Runs a call at once on a worker that rests, or has it wait for one. */
  place(pool: Pool, message: Message, nowMs: number): void {
    const { dispatcher } = this.options
    const { front } = pool
    const worker = message.idempotencyKey === undefined && front.waiting === 0 ? pool.free() : null
    if (worker !== null && dispatcher.runAtOnce(worker, message)) {
      worker.lastUsedMs = nowMs
      pool.note(worker)
      return
    }
    message.startTime()
    front.push(message)
    dispatcher.enqueue(front)
  }

  /** Gives the call that has waited longest to a worker. True: another may follow at once. */
  step(pool: Pool): boolean {
    const { front } = pool
    const message = front.peek()
    if (message === null) return false
    const { idempotencyKey: key, stage } = message
    const holder = key === undefined ? null : pool.holder(key)
    if (stage !== 'queued') {
      front.shift()
    } else if (holder !== null) {
      front.shift()
      this.follow(holder, message)
    } else {
      const worker = this.worker(pool)
      if (worker === null) {
        this.options.inflight.watchWaiting(front)
        return false
      }
      front.shift()
      this.give(pool, worker, message)
    }
    return front.waiting > 0
  }

  /** A worker may have come to rest: a turn of it is over, or it has come to life. */
  rested(pool: Pool, worker: Activation): void {
    if (pool.note(worker) && pool.front.waiting > 0) this.options.dispatcher.enqueue(pool.front)
  }

  private worker(pool: Pool): Activation | null {
    let worker = pool.free()
    while (worker === null && pool.shouldGrow) {
      if (!this.options.activations.addWorker(pool)) break
      worker = pool.free()
    }
    return worker
  }

  private give(pool: Pool, worker: Activation, message: Message): void {
    const { begin, useClock } = this.options
    const { idempotencyKey: key } = message
    message.activation = worker
    worker.lastUsedMs = useClock.nowMs
    if (key !== undefined) pool.hold(key, message)
    begin(worker, message)
    pool.note(worker)
  }

  /** A call has the key of one before it: it waits for the same worker. */
  private follow({ activation }: Message, message: Message): void {
    if (activation.waiting >= activation.residents.room) {
      message.fail(mailboxFull(activation))
      return
    }
    activation.push(message)
    this.options.dispatcher.enqueue(activation)
  }
}
