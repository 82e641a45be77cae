// What only some calls have: a receipt, a caller who may cancel. Made on first use, so that all others are
// smaller: a call is allocated for every turn, and its size is a good part of what a small turn costs.

import type { Cancellation } from '../base/index.ts'

export class Specials {
  /** Whether the answer is a Receipt. */
  wantsReceipt = false
  /** Whether it is the init action of a new activation: if it fails, the actor does not start. */
  starts = false
  /** Whether it came from another member: if it cannot run here, it goes back there. */
  arrived = false
  /** When the time of the call is over, if its action has less; null: it has not. */
  callEndsAtMs: number | null = null
  /** What its action listens to. */
  abort: AbortController | null = null
  /** What those listen to who bring it to another member. */
  cancellation: Cancellation | null = null
  /** Stops following the caller's signal; null: there is none. */
  unfollow: (() => void) | null = null
}
