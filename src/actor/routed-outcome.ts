// The outcome of a turn that passed its call on, as it is kept under an idempotency key: not an answer, but where the
// answer is kept. A call that is repeated follows it, hop by hop, and waits while the first call is still on its way.

import { type Clock, SpawnError } from '../base/index.ts'
import type { Route, Statestore } from '../ports/index.ts'
import { addressText, Packed } from '../protocol/index.ts'
import { actionOf, type Catalog } from './catalog.ts'
import type { Message } from './message.ts'
import type { Postmark } from './postmark.ts'

/** Only ever in our own store. */
const TYPE_URL = 'type.googleapis.com/spawn.mesh.Route'

/** How often an outcome that is not there yet is looked for, in milliseconds: at first, and at most. */
const FIRST_LOOK_MS = 10
const LAST_LOOK_MS = 500

interface KeptRoute {
  readonly to: string
  readonly ref?: string
  readonly action: string
  /** What the answer is kept under there. */
  readonly key: string
}

export function packRoute({ action, ref, to }: Route, key: string): Packed {
  const kept: KeptRoute = ref === undefined ? { to, action, key } : { to, ref, action, key }
  return new Packed(TYPE_URL, new TextEncoder().encode(JSON.stringify(kept)))
}

/** Where the answer is; null: this is the answer. */
export function routeOf(reply: Packed | null): KeptRoute | null {
  if (reply === null || reply.typeUrl !== TYPE_URL) return null
  // Written by packRoute.
  return JSON.parse(new TextDecoder().decode(reply.value)) as KeptRoute
}

export interface RoutedOutcomesOptions {
  readonly system: string
  readonly store: Statestore
  readonly clock: Clock
  readonly catalog: Catalog
  readonly postmark: Postmark
}

export class RoutedOutcomes {
  private readonly options: RoutedOutcomesOptions

  constructor(options: RoutedOutcomesOptions) {
    this.options = options
  }

  /** Answers a repeated call from where the answer of the first is kept. Its deadline ends the waiting. */
  async answer(message: Message, route: KeptRoute): Promise<void> {
    try {
      let next = route
      for (;;) {
        const reply = await this.waitFor(message, next)
        if (reply === undefined) return
        const further = routeOf(reply)
        if (further === null) {
          message.succeed(reply === null ? undefined : this.accept(next, reply))
          return
        }
        next = further
      }
    } catch (thrown) {
      if (thrown instanceof SpawnError) message.fail(thrown)
      else throw thrown
    }
  }

  /** @returns undefined when the call was given up meanwhile. */
  private async waitFor(message: Message, { key, ref, to }: KeptRoute): Promise<Packed | null | undefined> {
    const { clock, postmark, store, system } = this.options
    const [parent, name] = postmark.address(to, ref)
    for (
      let waitMs = FIRST_LOOK_MS;
      message.stage !== 'settled';
      waitMs = Math.min(waitMs * 2, LAST_LOOK_MS)
    ) {
      const kept = await store.loadOutcome({ system, parent, name }, key, clock.now())
      if (kept !== null) return kept.reply
      await new Promise<void>((resolve) => {
        clock.after(waitMs, resolve)
      })
    }
    return undefined
  }

  private accept({ action, ref, to }: KeptRoute, reply: Packed): unknown {
    const residents = this.options.catalog.residents(to, ref)
    if (residents !== undefined) return actionOf(residents, action).response.accept(reply)
    const actor = addressText({ system: '', parent: ref ?? '', name: to })
    throw new SpawnError(
      'ACTOR_NOT_FOUND',
      `the answer of "${actor}" is kept, and its definition is not here any more`,
    )
  }
}
