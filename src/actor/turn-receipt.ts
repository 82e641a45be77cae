// What a call gets that asked for a receipt: the answer, and what it rests on.

import type { ActionDefinition, Definition, Receipt } from '../ports/index.ts'
import { type ActorId, Packed } from '../protocol/index.ts'

export class TurnReceipt implements Receipt {
  readonly response: unknown
  readonly actor: ActorId
  readonly revision: number
  readonly durability: Receipt['durability']
  readonly #action: ActionDefinition

  constructor(
    action: ActionDefinition,
    actor: ActorId,
    revision: number,
    { durability, stateful }: Pick<Definition, 'durability' | 'stateful'>,
    response: unknown,
  ) {
    this.response = response
    this.actor = actor
    this.revision = stateful ? revision : 0
    this.durability = stateful ? durability : 'none'
    this.#action = action
  }

  /** The name of the action that answered. */
  get answeredBy(): string {
    return this.#action.name
  }

  /** The response as it travels. */
  packed(): Packed | undefined {
    const { response } = this
    return response === undefined || response instanceof Packed
      ? response
      : this.#action.response.pack(response)
  }

  /** The response as JSON.stringify takes it. */
  json(): unknown {
    const { response } = this
    if (response === undefined) return undefined
    const codec = this.#action.response
    return codec.toJson(response instanceof Packed ? codec.accept(response) : response)
  }
}
