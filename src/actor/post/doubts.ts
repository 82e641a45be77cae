// Which actors may have sent something that this process does not know of: one of their commits failed with an unknown
// outcome and may be applied yet, or another owner has committed. What such an actor sends next must not overtake it, so the
// outbox is read again before that is handed over.
//
// A doubt ends with the actor's next revision: the fence keeps every commit from before it out from then on. Or with time,
// for an actor that never changes: a request that a store has given up is applied soon or never.

import type { Clock } from '../../base/index.ts'
import type { Commit } from '../../ports/index.ts'
import type { ActorId } from '../../protocol/index.ts'

/** How long a commit that failed may take to be applied all the same, in milliseconds. */
const LAST_MS = 60_000

export class Doubts {
  private readonly clock: Clock
  private readonly limit: number
  /** When each ends, oldest first. */
  private readonly ends = new Map<string, number>()

  /** @param limit how many are kept; beyond, the oldest go. */
  constructor(clock: Clock, limit: number) {
    this.clock = clock
    this.limit = limit
  }

  add(id: ActorId): void {
    const actor = keyOf(id)
    this.ends.delete(actor)
    this.ends.set(actor, this.clock.elapsedMs() + LAST_MS)
    for (const oldest of this.ends.keys()) {
      if (this.ends.size <= this.limit) break
      this.ends.delete(oldest)
    }
  }

  /** Whether the sender of a commit is in doubt; after one that changed it, it is not any more. */
  touch({ follows, id, revision }: Pick<Commit, 'id' | 'follows' | 'revision'>): boolean {
    if (this.ends.size === 0) return false
    const actor = keyOf(id)
    const endMs = this.ends.get(actor)
    if (endMs === undefined) return false
    const over = endMs <= this.clock.elapsedMs()
    if (over || revision > follows) this.ends.delete(actor)
    return !over
  }
}

function keyOf({ name, parent }: ActorId): string {
  return `${parent}\0${name}`
}
