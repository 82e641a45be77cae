// How the code of an action is run, whoever asks: by its host, or here if it is the engine's own; and how what it throws
// reads. What becomes of what it returns is the asker's business.

import { isSpawnError, messageOf, SpawnError } from '../base/index.ts'
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

/** What a turn failed with, as its caller gets it. */
export function failureOf(message: Message, thrown: unknown): SpawnError {
  if (isSpawnError(thrown)) return thrown
  const text = `${message.label} failed in the runtime: ${messageOf(thrown)}`
  return new SpawnError('DEFECT', text, { cause: thrown })
}
