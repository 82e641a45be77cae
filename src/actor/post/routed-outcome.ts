// The outcome of a turn that passed its call on, as it is kept under an idempotency key: not an answer, but where the
// answer is kept. A call that is repeated follows it, hop by hop, and waits while the first call is still on its way.

import { type Clock, SpawnError } from '../../base/index.ts'
import type { ActionDefinition, Definition, Route, Statestore } from '../../ports/index.ts'
import { type ActorId, addressText, Packed } from '../../protocol/index.ts'
import { foreignAction } from '../away/carried.ts'
import { actionOf, type Catalog } from '../catalog.ts'
import { keptReply } from '../kept-reply.ts'
import type { Message } from '../message.ts'
import { failureOf } from '../perform.ts'
import { Residents } from '../life/residents.ts'
import { TurnReceipt } from '../turn-receipt.ts'

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

/** Whose outcome it is, and of which action. */
interface Whereabouts {
  readonly id: ActorId
  readonly action: ActionDefinition
  readonly definition: Pick<Definition, 'durability' | 'stateful'>
}

export interface RoutedOutcomesOptions {
  readonly system: string
  readonly store: Statestore
  readonly clock: Clock
  readonly catalog: Catalog
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
        const there = await this.whereabouts(next)
        const reply = await this.waitFor(message, there.id, next)
        if (reply === undefined) return
        const further = routeOf(reply)
        if (further === null) {
          await this.conclude(message, there, reply)
          return
        }
        next = further
      }
    } catch (thrown) {
      message.fail(failureOf(message, thrown))
    }
  }

  /** A receipt names the last hop, with what stands of it: that is no less than what the answer rests on. */
  private async conclude(
    message: Message,
    { action, definition, id }: Whereabouts,
    reply: Packed | null,
  ): Promise<void> {
    const response = reply === null ? undefined : action.response.accept(reply)
    if (!message.wantsReceipt) {
      message.succeed(response)
      return
    }
    const [stored] = await this.options.store.load([id])
    message.answeredAway(new TurnReceipt(action, id, stored?.revision ?? 0, definition, response))
  }

  /** @returns undefined when the call was given up meanwhile. */
  private async waitFor(
    message: Message,
    id: ActorId,
    { action, key }: KeptRoute,
  ): Promise<Packed | null | undefined> {
    const { clock, store, system } = this.options
    for (
      let waitMs = FIRST_LOOK_MS;
      message.stage !== 'settled';
      waitMs = Math.min(waitMs * 2, LAST_LOOK_MS)
    ) {
      // In this order: one that is taken in between has left its outcome.
      const [hop] = await store.envelopes(system, [key])
      const kept = await store.loadOutcome(id, key, clock.now())
      if (kept !== null) return keptReply(kept.reply).reply
      if (hop === null || hop === undefined || hop.box === 'dead') throw failed(id, action)
      await new Promise<void>((resolve) => {
        clock.after(waitMs, resolve)
      })
    }
    return undefined
  }

  /** Where a call was passed on to. */
  private async whereabouts({ action, ref, to }: KeptRoute): Promise<Whereabouts> {
    const { catalog } = this.options
    const found = catalog.find(to, ref) ?? (await catalog.locate(to, ref))
    if (found instanceof Residents)
      return { id: found.id(to), action: actionOf(found, action), definition: found.definition }
    // Whose turn has kept an answer has committed it.
    const definition = { durability: 'turn', stateful: found.stateful } as const
    return { id: catalog.idOf(found, to), action: foreignAction(action), definition }
  }
}

/** The hop is gone and has left no outcome. */
function failed(id: ActorId, action: string): SpawnError {
  const hop = `"${addressText(id)}" action "${action}"`
  return new SpawnError(
    'ACTION_FAILED',
    `the call was passed on to ${hop} and failed there; why was told to who called first with this key`,
  )
}
