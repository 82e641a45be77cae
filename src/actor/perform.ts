// How the code of an action is run, whoever asks: by its host, or here if it is the engine's own. What becomes of what it
// returns is the asker's business.

import type { Outcome } from '../ports/index.ts'
import { BuiltinAction } from './builtin.ts'
import type { Message } from './message.ts'

/** @throws what the action throws. */
export function perform(message: Message): Outcome | PromiseLike<Outcome> {
  const { action, activation } = message
  return action instanceof BuiltinAction
    ? action.run(message)
    : activation.residents.definition.host.run(message)
}

export function isPromise(result: Outcome | PromiseLike<Outcome>): result is PromiseLike<Outcome> {
  return typeof (result as { then?: unknown }).then === 'function'
}

/** Nobody looks at what comes of it: the turn was given up. */
export function ignore(result: PromiseLike<Outcome>): void {
  result.then(nothing, nothing)
}

function nothing(): void {}
