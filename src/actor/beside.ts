// What waits for an actor and does not stand in its mailbox. Most actors never need one, so it is made on first use.

import { Queue } from '../base/index.ts'
import type { Activation } from './activation.ts'
import type { Message } from './message.ts'

export class Beside {
  /** Queries that could not run at once: the actor is not open yet, or other actors have their turns. */
  readonly queries = new Queue<Message>()

  /** Whether something of it could run now. */
  due(activation: Activation): boolean {
    return activation.open && this.queries.length > 0
  }

  get empty(): boolean {
    return this.queries.length === 0
  }
}
