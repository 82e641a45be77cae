// What a step function may answer with. It refuses what would otherwise go wrong later, when the step's end is awaited.

import { SpawnError } from '../../base/index.ts'
import type { Effect } from '../../ports/index.ts'

/** @throws SpawnError INVALID_ARGUMENT that says what is wrong and what is accepted. */
export function checkEffect(value: unknown): Effect | null {
  if (value === null) return null
  if (isPromise(value))
    throw refusal('a promise: it is a plain function, and what waits belongs into an action')
  if (!isEffect(value))
    throw refusal('no effect; it answers with effect(…).action(…), or null for nothing to do')
  if (value.cron !== undefined) throw refusal('an effect that recurs; a step ends once')
  if (value.system !== undefined)
    throw refusal(
      'an effect for another system, of which nobody can always know whether it was done; ' +
        'it may call an actor of this one, which calls that',
    )
  if (value.reply !== undefined) throw refusal('an effect with a reply; its end is told to the saga')
  return value
}

function isEffect(value: unknown): value is Effect {
  if (typeof value !== 'object' || value === null || !('to' in value) || !('action' in value)) return false
  return typeof value.to === 'string' && typeof value.action === 'string'
}

function isPromise(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

function refusal(what: string): SpawnError {
  return new SpawnError('INVALID_ARGUMENT', `it answered with ${what}`)
}
