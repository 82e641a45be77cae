// The parcels of one sender for one receiver, in order. Decides when the next one is handed over: as soon as the one
// before has had its turn, without waiting for its commit.
//
// Invariant: a parcel's turn never runs before those of all parcels in front of it are done or given up. When one fails,
// nothing more is handed over until all that were are back; for what came behind it rested on the same activation and has
// failed with it (messages with parcels do not move to a successor). Then its failure is dealt with, and the lane goes on:
// with that parcel alone until it is delivered, for what failed may have been one behind it, in the same commit.

import type { SpawnError } from '../../base/index.ts'
import type { Entry } from './buckets.ts'
import type { Message } from '../message.ts'
import type { Parcel, ParcelWatcher } from './parcel.ts'

export interface LaneOwner {
  /** Hands a parcel to its actor; ends in one of the watcher's calls, maybe before it returns. */
  hand(parcel: Parcel): void
  /** It was delivered, and is gone from the store or about to be. */
  delivered(parcel: Parcel, by: Message | null, reply: unknown): void
  /** Deals with a failure; answers by `resume`. */
  failed(lane: Lane, parcel: Parcel, error: SpawnError): void
  /** Nothing is left in it. */
  empty(lane: Lane): void
}

export class Lane implements ParcelWatcher, Entry<Lane> {
  readonly hash: number
  next: Lane | null = null
  /** All parcels in it are beside this one. */
  readonly model: Parcel
  private readonly owner: LaneOwner
  /** What is not delivered yet, in order: a list through `Parcel.behind`. */
  private first: Parcel | null = null
  private last: Parcel | null = null
  /** The first of them that has not been handed over. */
  private waiting: Parcel | null = null
  /** How many were handed over and have not come back. */
  private away = 0
  /** The one that was handed over last, until its turn is done. */
  private turning: Parcel | null = null
  private halted = false
  /** Only one is handed over at a time, until one is delivered. */
  private careful = false
  private advancing = false

  constructor(model: Parcel, hash: number, owner: LaneOwner) {
    this.model = model
    this.hash = hash
    this.owner = owner
  }

  /** Puts a parcel behind all others. @param isPostponed whether it is handed over by the next `advance` only. */
  add(parcel: Parcel, isPostponed = false): void {
    parcel.watcher = this
    if (this.last === null) this.first = parcel
    else this.last.behind = parcel
    this.last = parcel
    this.waiting ??= parcel
    if (!isPostponed) this.advance()
  }

  turned(parcel: Parcel): void {
    if (this.turning !== parcel) return
    this.turning = null
    this.advance()
  }

  delivered(parcel: Parcel, by: Message | null, reply: unknown): void {
    this.careful = false
    this.back(parcel)
    this.remove(parcel)
    this.owner.delivered(parcel, by, reply)
    this.proceed()
  }

  undelivered(parcel: Parcel, error: SpawnError): void {
    this.back(parcel)
    parcel.failure = error
    this.halted = true
    this.proceed()
  }

  /** The first parcel's failure has been dealt with: it is gone, or to be handed over again in another form. */
  resume(again: Parcel | null): void {
    const failed = this.first
    if (failed !== null) this.remove(failed)
    if (again !== null) {
      if (failed !== null) again.asker = failed.asker
      again.watcher = this
      again.behind = this.first
      this.first = again
      this.last ??= again
    }
    this.restart()
  }

  /** None of them is handed over any more, and what becomes of those that were is not heard. In order. */
  dissolve(): Parcel[] {
    const parcels: Parcel[] = []
    for (let parcel = this.first; parcel !== null;) {
      const { behind }: Parcel = parcel
      parcel.watcher = null
      parcel.behind = null
      parcels.push(parcel)
      parcel = behind
    }
    this.first = null
    this.last = null
    this.waiting = null
    this.turning = null
    this.away = 0
    this.owner.empty(this)
    return parcels
  }

  /** Whether one that was handed over has not come back. */
  get isBusy(): boolean {
    return this.away > 0
  }

  private back(parcel: Parcel): void {
    this.away -= 1
    if (this.turning === parcel) this.turning = null
  }

  private remove(parcel: Parcel): void {
    let before: Parcel | null = null
    for (let each = this.first; each !== null; each = each.behind) {
      if (each === parcel) {
        if (before === null) this.first = parcel.behind
        else before.behind = parcel.behind
        if (this.last === parcel) this.last = before
        if (this.waiting === parcel) this.waiting = parcel.behind
        parcel.behind = null
        return
      }
      before = each
    }
  }

  private proceed(): void {
    if (!this.halted) {
      this.advance()
      if (this.first === null) this.owner.empty(this)
      return
    }
    if (this.away > 0) return
    const { first } = this
    if (first !== null && first.failure !== null) {
      this.owner.failed(this, first, first.failure)
      return
    }
    this.restart()
  }

  /** All that were handed over and did not arrive are handed over again. */
  private restart(): void {
    for (let parcel = this.first; parcel !== null; parcel = parcel.behind) {
      parcel.failure = null
      parcel.taken = false
    }
    this.waiting = this.first
    this.halted = false
    this.careful = true
    this.advance()
    if (this.first === null) this.owner.empty(this)
  }

  /** Hands over what can be. */
  advance(): void {
    // Handing over may end in `turned` before it returns: then this loop goes on, not another one within it.
    if (this.advancing) return
    this.advancing = true
    while (!this.halted && this.turning === null) {
      const parcel: Parcel | null = this.waiting
      if (parcel === null || (this.careful && this.away > 0)) break
      this.waiting = parcel.behind
      this.away += 1
      this.turning = parcel
      this.owner.hand(parcel)
    }
    this.advancing = false
  }
}
