// The `sourceable` setting of a definition: whether its turns leave facts, and how long those are kept. The word is the
// wire's. Where none can be left (nothing is stored, there is no state) it is refused elsewhere, with all else of a state.

import type { FactsPolicy } from '../ports/index.ts'
import { Settings, shown } from './settings.ts'

/** `true`: each turn that sets the state leaves a fact, which is kept for ever. */
export type SourceableSetting =
  | boolean
  | {
      /** How long a fact is kept, in milliseconds. */
      readonly duration: number
    }

/** Undefined: none are left. */
export function factsOf(settings: Settings): FactsPolicy | undefined {
  const given = settings.raw('sourceable')
  if (given === undefined || given === false) return undefined
  if (given === true) return { durationMs: null }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw settings.fault('sourceable', `must be true, false, or { duration }, not ${shown(given)}`)
  }
  const facts = new Settings(`${settings.subject} sourceable`, given, ['duration'])
  if (!facts.has('duration'))
    throw facts.fault('duration', 'must say how long facts are kept; for ever: true')
  return { durationMs: facts.count('duration', 1, 0) }
}
