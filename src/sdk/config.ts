// What the SDK reads from its surroundings, in one place.

import { sealingIn, type SealingReading, STATE_KEY_VARIABLE } from '../stores/state-keys.ts'

/** Whether handlers that change a state in place are told so. The check costs a look at each new part of a state. */
export const freezesStates = process.env['NODE_ENV'] !== 'production'

/** Whether this process may be a worker of another: only who has workers, or is one, pays for what they take. */
export const mayBeWorker = process.env['SPAWN_WORKER'] !== undefined

/** What states are encrypted with when a system does not say; null: nothing is said. */
export function surroundingKeys(): SealingReading | null {
  const text = process.env[STATE_KEY_VARIABLE]
  return text === undefined || text === '' ? null : sealingIn(new Map([[STATE_KEY_VARIABLE, text]]))
}
