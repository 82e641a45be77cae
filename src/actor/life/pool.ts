// The workers of a pooled actor: how many there are, which of them rest, and which holds an idempotency key. All that is
// called under the definition's name waits in one queue, the mailbox of `front`, in the order in which it came; a worker
// takes the next when it is free. So no call waits behind a slow one while a worker rests, and none is passed over.
//
// Invariant: a worker is in `resting` only if `workers` says so. `front` stands for the name alone: it never runs a turn,
// is never loaded, and never leaves memory. All workers have its id: whoever calls, or is told who called, means the pool.

import type { Inspection, PoolSize } from '../../ports/index.ts'
import type { Activation } from './activation.ts'
import type { Message } from '../message.ts'

/** Keys remembered before those that are settled are forgotten. */
const KEYS = 64

export class Pool {
  readonly front: Activation
  readonly size: PoolSize
  /** Workers that are not open yet. */
  readonly starting = new Set<Activation>()
  /** All workers, and whether they are in `resting`. */
  private readonly workers = new Map<Activation, boolean>()
  /** The one that was busy last comes first, so that those which are not needed stay idle, and leave. */
  private readonly resting: Activation[] = []
  /** The last call with each key, until it is answered. */
  private readonly keys = new Map<string, Message>()
  private keysAtMost = KEYS

  constructor(front: Activation, size: PoolSize) {
    this.front = front
    this.size = size
  }

  get all(): Iterable<Activation> {
    return this.workers.keys()
  }

  /** Workers in memory. */
  get count(): number {
    return this.workers.size
  }

  /** Whether one of its workers is more than it keeps at rest. */
  get canSpare(): boolean {
    return this.workers.size > this.size.min
  }

  /** Whether one more worker is to come, all that there are being busy. */
  get shouldGrow(): boolean {
    if (this.workers.size >= this.size.max) return false
    // As long as none is open, nobody knows how long a turn takes.
    const nobody = this.starting.size === this.workers.size
    const enough = nobody ? Math.min(this.front.waiting, Math.max(this.size.min, 1)) : this.front.waiting
    return this.starting.size < enough
  }

  /** What it is now. Its workers have no state; in place of one it shows how many they are and what they do. */
  inspect(): Inspection {
    const { id, residents, waiting } = this.front
    const { kind, tags } = residents.definition
    const resting = this.resting.filter(rests).length
    const state = { workers: this.count, resting, waiting }
    return { id, kind, revision: 0, tags, state, stateJson: state }
  }

  /** A new worker. */
  add(worker: Activation): void {
    this.workers.set(worker, false)
    this.starting.add(worker)
  }

  /** @returns false when it had left before. */
  remove(worker: Activation): boolean {
    if (this.workers.get(worker) === true) this.resting.splice(this.resting.indexOf(worker), 1)
    this.starting.delete(worker)
    return this.workers.delete(worker)
  }

  /** Notes it when a worker rests. @returns whether it does. */
  note(worker: Activation): boolean {
    const listed = this.workers.get(worker)
    if (listed === undefined || !rests(worker)) return false
    if (listed) return true
    this.starting.delete(worker)
    this.workers.set(worker, true)
    this.resting.push(worker)
    return true
  }

  /** A worker that rests; null: there is none. */
  free(): Activation | null {
    for (let worker = this.resting.at(-1); worker !== undefined; worker = this.resting.at(-1)) {
      if (rests(worker)) return worker
      this.resting.pop()
      this.workers.set(worker, false)
    }
    return null
  }

  /** The call that holds a key: another with the same one has to have its turn after it, on the same worker. */
  holder(key: string): Message | null {
    const message = this.keys.get(key)
    return message === undefined || !holds(message) ? null : message
  }

  hold(key: string, message: Message): void {
    this.keys.set(key, message)
    if (this.keys.size <= this.keysAtMost) return
    for (const [held, holder] of this.keys) if (!holds(holder)) this.keys.delete(held)
    this.keysAtMost = Math.max(KEYS, 2 * this.keys.size)
  }
}

function rests({ open, phase, running, waiting }: Activation): boolean {
  return open && phase === 'ready' && running === null && waiting === 0
}

function holds({ activation, stage }: Message): boolean {
  return stage !== 'settled' && activation.phase !== 'closed'
}
