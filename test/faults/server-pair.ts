// Two servers with one database: one takes commits, the other has each of them before it is acknowledged, and can take its
// place.

import type { Target } from './link.ts'
import type { FaultDatabase } from './subject.ts'

export interface ServerPair {
  readonly standby: Target
  /** What a store says of a server that takes no commits. */
  readonly refusal: RegExp
  /** At the one that takes commits. It goes with the servers. */
  takeDatabase(): Promise<FaultDatabase>
  /** The first one is gone without a word. */
  kill(): Promise<void>
  /** The first one stands still, and its connections stay open; until `thaw`. */
  freeze(): Promise<void>
  thaw(): Promise<void>
  /** The second one takes commits. */
  promote(): Promise<void>
  /** As an operator does it: the first one takes no more, and the second one takes its place when it has all of them. */
  handOver(): Promise<void>
  end(): Promise<void>
}
