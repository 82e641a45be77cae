// What stands in the outbox under keys that cannot be had now, because whoever keeps them does not answer. Decides which other
// messages stay in the store for it: those of a sender that one of these may be of, as nobody can say whose they are. And when
// it is tried again.
//
// Invariant: of a pair's messages none that was read behind one which did not open is delivered before that. All others are
// delivered; none is given up because of a key that is away.

import type { Clock, Timer } from '../../base/index.ts'
import type { Parcel } from './parcel.ts'

const FIRST_PAUSE_MS = 1_000
const LAST_PAUSE_MS = 60_000

export interface UnopenedOptions {
  readonly clock: Clock
  /** How many senders are told apart; with more, all are taken for one. */
  readonly limit: number
  /** Reads all of the store anew. */
  readonly again: () => void
}

export class Unopened {
  /** How many the reading that is under way, or the last one, has met. */
  count = 0
  private readonly options: UnopenedOptions
  /** Whose messages stay in the store. */
  private readonly senders = new Set<string>()
  /** Those of which something may stand in the store that this process has not read; they join these when some is met. */
  private readonly suspects = new Set<string>()
  /** Something of any sender may. */
  private anySuspect = false
  private all = false
  /** A whole reading has met some, and none since was without. */
  private stands = false
  private pauseMs = FIRST_PAUSE_MS
  private timer: Timer | null = null

  constructor(options: UnopenedOptions) {
    this.options = options
  }

  /** A reading begins. */
  begin(): void {
    this.count = 0
  }

  /** Another one does not open now. */
  met(): void {
    this.count += 1
  }

  /** What this one has sent before may stand in the store, and not be known here; null: what any one has. */
  suspect(sender: string | null): void {
    if (sender === null || this.suspects.size >= this.options.limit) this.anySuspect = true
    else if (this.stands) this.keep(sender)
    else this.suspects.add(sender)
  }

  /** Of a parcel that was read: whether it stays in the store, as it stands behind one of these. @param isDelayed it came to its time. */
  keepsRead({ sender }: Parcel, isDelayed: boolean): boolean {
    if (this.count === 0 || sender === null) return false
    if (!isDelayed) this.keep(sender)
    return true
  }

  /** Of a parcel that comes from memory: whether it stays in the store. */
  keeps({ sender }: Parcel): boolean {
    return this.stands && sender !== null && (this.all || this.senders.has(sender))
  }

  /** Whether there are any, as far as is known. */
  get some(): boolean {
    return this.stands
  }

  /** All that is due at once was read. */
  end(): void {
    this.stands = this.count > 0
    if (this.stands) {
      for (const sender of this.suspects) this.keep(sender)
      this.all ||= this.anySuspect
    } else {
      this.senders.clear()
      this.all = false
    }
    this.suspects.clear()
    this.anySuspect = false
  }

  /**
   * They are tried again, later each time.
   *
   * @param some whether a reading has met any. One of what comes to its time may be all that was read: it says nothing of the rest.
   * @returns whether that was not planned before.
   */
  plan(some: boolean): boolean {
    if (!some && !this.stands) {
      this.stop()
      this.pauseMs = FIRST_PAUSE_MS
      return false
    }
    if (this.timer !== null) return false
    const again = (): void => {
      this.timer = null
      this.options.again()
    }
    this.timer = this.options.clock.after(this.pauseMs, again, { background: true })
    this.pauseMs = Math.min(this.pauseMs * 2, LAST_PAUSE_MS)
    return true
  }

  /** Nothing is tried any more. */
  stop(): void {
    this.timer?.cancel()
    this.timer = null
  }

  private keep(sender: string): void {
    if (this.senders.size >= this.options.limit) this.all = true
    else this.senders.add(sender)
  }
}
