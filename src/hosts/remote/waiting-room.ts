// Turns that wait until any host of their definition is there. It decides how many may, and until when.
//
// Invariant: none waits beyond its turn: it leaves when a host comes, when the turn is given up, or just before its
// deadline, with an error that says what it has waited for.

import type { Clock, SpawnError } from '../../base/index.ts'
import type { Turn } from '../../ports/index.ts'
import { busy } from './failure.ts'

/** So long before the deadline it leaves, in milliseconds: afterwards nobody hears why. */
const MARGIN_MS = 15

interface Waiting {
  readonly go: () => void
  readonly stop: (error: SpawnError) => void
}

export class WaitingRoom {
  private readonly clock: Clock
  private readonly limit: number
  private readonly byHost = new Map<object, Set<Waiting>>()
  private count = 0
  private stopped: SpawnError | null = null

  constructor(clock: Clock, limit: number) {
    this.clock = clock
    this.limit = limit
  }

  get waiting(): number {
    return this.count
  }

  /**
   * @param failure what to say when none has come.
   * @throws SpawnError MAILBOX_FULL when too many wait.
   */
  async wait(host: object, turn: Turn, failure: () => SpawnError): Promise<void> {
    if (this.stopped !== null) throw this.stopped
    if (this.count >= this.limit) {
      const what = `is reachable, and ${this.count} calls wait for one, which is the limit`
      throw busy(turn, { where: 'no host' }, what, {
        details: { limit: 'queuePerHost', queuePerHost: this.limit },
      })
    }
    const { promise, reject, resolve } = Promise.withResolvers<void>()
    const waiting: Waiting = { go: resolve, stop: reject }
    const here = this.byHost.get(host) ?? new Set()
    this.byHost.set(host, here.add(waiting))
    this.count += 1
    const leave = (): void => reject(failure())
    const timer = this.clock.after(turn.deadlineMs - MARGIN_MS - this.clock.now(), leave, {
      background: true,
    })
    turn.signal.addEventListener('abort', leave)
    try {
      if (turn.signal.aborted) leave()
      await promise
    } finally {
      timer.cancel()
      turn.signal.removeEventListener('abort', leave)
      here.delete(waiting)
      if (here.size === 0 && this.byHost.get(host) === here) this.byHost.delete(host)
      this.count -= 1
    }
  }

  /** A host of this definition is there. */
  wake(host: object): void {
    for (const { go } of this.byHost.get(host) ?? []) go()
  }

  /** None waits any more, now or later. */
  stop(error: SpawnError): void {
    this.stopped = error
    for (const here of this.byHost.values()) for (const { stop } of here) stop(error)
  }
}
