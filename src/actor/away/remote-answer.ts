// An answer between members, as bytes and as what a caller gets.

import type { RemoteAnswer } from '../../ports/index.ts'
import { sameActor } from '../../protocol/index.ts'
import type { Destination } from './away-call.ts'
import { unpackAnswer, foreignAction } from './carried.ts'
import type { Catalog } from '../catalog.ts'
import { TurnReceipt } from '../turn-receipt.ts'

/** Of what has nothing to say. */
export const NO_ANSWER: Omit<RemoteAnswer, 'actor'> = Object.freeze({
  response: null,
  action: '',
  revision: 0,
  durability: 'none',
  json: null,
})

export function answerOf(receipt: TurnReceipt): RemoteAnswer {
  const { actor, answeredBy: action, durability, revision } = receipt
  return { response: receipt.packed() ?? null, actor, action, revision, durability, json: null }
}

/**
 * Read by the action that gave it: after a pipe or a forward, another one than was called.
 *
 * @param called the action that was called, as its caller knows it, and of whom.
 */
export function receiptOf(
  answer: RemoteAnswer,
  catalog: Catalog,
  called?: Pick<Destination, 'action' | 'id'>,
): TurnReceipt {
  const { actor, durability, json, response, revision } = answer
  const residents = catalog.residents(actor.name, actor.parent)
  const own = called?.action.name === answer.action && sameActor(called.id, actor) ? called.action : null
  const action = residents?.actions.get(answer.action) ?? own ?? foreignAction(answer.action)
  const live: unknown = json === null ? unpackAnswer(action, response) : JSON.parse(json)
  const stateful = durability !== 'none'
  return new TurnReceipt(
    action,
    actor,
    revision,
    { stateful, durability: stateful ? durability : 'turn' },
    live,
  )
}
