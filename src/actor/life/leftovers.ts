// What stands in the store of actors whose definition keeps nothing: another release has kept their states, and the next one
// may again, so they stay. Decides which of these definitions have such actors, and what the commits of one follow: those that
// follow nothing are refused.
//
// Invariant: a definition of which nothing is stored asks the store for nothing when its actors come to life, so these live
// while the store is away. One of which something is stored finds out by the first commit that is refused for it.

import { messageOf } from '../../base/index.ts'
import type { Logger, Statestore } from '../../ports/index.ts'
import type { Activation } from './activation.ts'
import type { Residents } from './residents.ts'

export interface LeftoversOptions {
  readonly store: Pick<Statestore, 'revisions'>
  readonly logger: Logger
}

export class Leftovers {
  private readonly options: LeftoversOptions
  private readonly found = new WeakSet<Residents>()

  constructor(options: LeftoversOptions) {
    this.options = options
  }

  /** A commit of this actor was refused: it may be stored, or what it would have taken was taken before. */
  async suspect(activation: Activation): Promise<void> {
    const { id, residents } = activation
    if (residents.definition.stateful || this.found.has(residents)) return
    try {
      const [latest] = await this.options.store.revisions(id, 1)
      if (latest !== undefined) this.found.add(residents)
    } catch (thrown) {
      // The next commit of one of them is refused as well, and it is looked for again.
      const { name: actor, parent } = id
      const error = messageOf(thrown)
      this.options.logger.warn('what is stored of an actor that keeps nothing is not known', {
        actor,
        parent,
        error,
      })
    }
  }

  /** Whether actors of a definition that keeps nothing may be stored. */
  mayStand(residents: Residents): boolean {
    return this.found.has(residents)
  }

  /** Has the commits of an actor that comes to life follow what stands of it. */
  async follow(activation: Activation): Promise<void> {
    const [latest] = await this.options.store.revisions(activation.id, 1)
    if (latest === undefined) return
    activation.revision = latest.revision
    activation.submitted = latest.revision
    activation.birth = latest.birth
  }
}
