// A query on its way: a message that has its turn beside the turns of its actor, and sees one view of it from begin to end.
// What it sees, and when it runs, is decided in queries.ts. A class of its own, so that all other messages pay nothing.

import type { Tags } from '../ports/index.ts'
import type { View } from './life/activation.ts'
import { Message } from './message.ts'

export class Query extends Message {
  /** What it sees; given when it begins. */
  seen!: View

  override get aside(): boolean {
    return true
  }

  override get state(): unknown {
    return this.seen.state
  }

  override get tags(): Tags {
    return this.seen.tags
  }

  override get revision(): number {
    return this.seen.revision
  }
}
