// One stored state through the code of a module, as a load and the next commit would take it: read, brought up, looked at by
// its schema, written, and read again. It decides what is wrong with a state and where; nothing is kept of it.
//
// Invariant: what fails here is what would stop the actor, and a problem never quotes what is stored.

import { decodeState } from '../../actor/index.ts'
import { isSpawnError, messageOf } from '../../base/index.ts'
import type { Definition, StoredActor } from '../../ports/index.ts'
import { versionOf } from '../../protocol/index.ts'

/** What of a state is wrong. */
export interface Problem {
  /** The field; empty: the state as a whole. */
  readonly path: string
  readonly problem: string
}

export type Trial = {
  /** Of the state as it is stored; null: it has none, or cannot be opened. */
  readonly version: number | null
} & (
  | { readonly verdict: 'fine' | 'upgraded' }
  | { readonly verdict: 'fails'; readonly problems: readonly Problem[] }
)

/** What the trial needs of a definition: no code of it runs but its schema and its steps. */
export type TriedDefinition = Pick<Definition, 'name' | 'state'>

/** @throws SpawnError STORE_UNAVAILABLE when it cannot be known now. */
export function tryState(definition: TriedDefinition, stored: StoredActor): Trial {
  let version: number | null = null
  try {
    // What is sealed is opened here.
    if (stored.state !== null) version = versionOf(stored.state.typeUrl).version
    const state = decodeState(definition, stored)
    const codec = definition.state?.stored
    if (codec === undefined || state === undefined || stored.state === null)
      return { version, verdict: 'fine' }
    const written = codec.pack(state)
    codec.accept(written)
    return { version, verdict: versionOf(written.typeUrl).version === version ? 'fine' : 'upgraded' }
  } catch (thrown) {
    if (isSpawnError(thrown) && thrown.code === 'STORE_UNAVAILABLE') throw thrown
    return { version, verdict: 'fails', problems: problemsOf(thrown) }
  }
}

function problemsOf(thrown: unknown): readonly Problem[] {
  const issues: unknown = isSpawnError(thrown) ? thrown.details['issues'] : undefined
  const found = Array.isArray(issues) ? issues.filter(isProblem) : []
  return found.length > 0 ? found : [{ path: '', problem: messageOf(thrown) }]
}

function isProblem(value: unknown): value is Problem {
  if (typeof value !== 'object' || value === null) return false
  return typeof Reflect.get(value, 'path') === 'string' && typeof Reflect.get(value, 'problem') === 'string'
}
