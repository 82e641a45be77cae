// What becomes of all that is in memory when the lease is lost: others may serve these actors by now. What has begun is given
// up and told so, commits that are on their way are not told to anybody, and what has not run goes to where its actor lives.
// All at once: afterwards nothing is left that could answer.

import { SpawnError } from '../../base/index.ts'
import type { Logger } from '../../ports/index.ts'
import { type ActorId, addressText } from '../../protocol/index.ts'
import type { Activation } from '../life/activation.ts'
import type { Activations } from '../life/activations.ts'
import type { Catalog } from '../catalog.ts'
import type { Leaving } from '../life/leaving.ts'
import type { Post } from '../post/post.ts'

export interface ExpulsionOptions {
  readonly logger: Logger
  readonly catalog: Catalog
  readonly activations: Activations
  readonly leaving: Leaving
  readonly post: Post
}

export class Expulsion {
  private readonly options: ExpulsionOptions

  constructor(options: ExpulsionOptions) {
    this.options = options
  }

  expel(): void {
    const { activations, catalog, leaving, logger, post } = this.options
    // First: what becomes of envelopes that are in mailboxes is not to be heard.
    post.expelled()
    let actors = 0
    const drop = (life: Activation): void => {
      if (life.phase === 'closed') return
      actors += 1
      activations.expel(life, lapsed(life.id))
    }
    for (const residents of catalog.all) {
      for (const life of Array.from(residents.lives())) drop(life)
      if (residents.pool !== null) activations.sendOn(residents.pool.front)
    }
    leaving.expel(drop)
    if (actors > 0) logger.warn('the lease is lost: what was in memory is dropped', { actors })
  }
}

/** What is told of a turn that may not be answered any more. */
export function lapsed(id: ActorId): SpawnError {
  const text = `this member lost its lease while it served "${addressText(id)}": what was under way may have happened`
  return new SpawnError('LEASE_LOST', text)
}
