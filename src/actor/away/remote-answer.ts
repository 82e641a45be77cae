// An answer between members, as bytes and as what a caller gets.

import type { RemoteAnswer } from '../../ports/index.ts'
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

/** Read by the action that gave it: after a pipe or a forward, another one than was called. */
export function receiptOf(answer: RemoteAnswer, catalog: Catalog): TurnReceipt {
  const { actor, durability, json, response, revision } = answer
  const residents = catalog.residents(actor.name, actor.parent)
  const action = residents?.actions.get(answer.action) ?? foreignAction(answer.action)
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
