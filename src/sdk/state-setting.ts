// The `state` and `schema` settings of a definition: how a first state comes to be, and the codec of all that follow.

import { messageOf } from '../base/index.ts'
import type { StateDefinition } from '../ports/index.ts'
import { type Codec, codecOf, type Schema, type StateShape, versionedCodec } from '../protocol/index.ts'
import { deepFreeze } from '../hosts/index.ts'
import type { Settings } from './settings.ts'

/**
 * Null: the definition has no state.
 *
 * @param shape the version of its states, and what leads to it.
 */
export function stateOf(settings: Settings, shape: StateShape): StateDefinition | null {
  const schema = settings.raw('schema')
  const given = settings.raw('state')
  if (schema === undefined && given === undefined) {
    settings.excludes('there is no state', [
      'durability',
      'snapshotTimeout',
      'history',
      'sourceable',
      'version',
      'upgrade',
    ])
    return null
  }
  const codec = schemaCodec(settings, 'schema', schema)
  const stored = versionedCodec(codec, shape)
  const { version } = shape
  if (isFunction(given))
    return { codec, stored, version, initial: () => firstState(settings, codec, given()) }
  const first = deepFreeze(firstState(settings, codec, given === undefined ? emptyOf(schema) : given))
  return { codec, stored, version, initial: () => first }
}

/** @throws SpawnError INVALID_ARGUMENT that names the setting, when it is no schema. */
export function schemaCodec(settings: Settings, name: string, schema: unknown): Codec {
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- codecOf looks at what it gets
    return codecOf(schema as Schema | undefined)
  } catch (thrown) {
    throw settings.fault(name, `is no schema: ${messageOf(thrown)}`, thrown)
  }
}

/** A state that its schema accepts, and that can be stored. */
function firstState(settings: Settings, codec: Codec, given: unknown): unknown {
  if (given === undefined) throw settings.fault('state', 'is undefined; the state of a new actor is a value')
  if (isPromise(given))
    throw settings.fault('state', 'is a promise; do what must be waited for in an `init` action')
  try {
    const state = codec.accept(given)
    codec.pack(state)
    return state
  } catch (thrown) {
    throw settings.fault('state', `is no ${codec.name} that can be stored: ${messageOf(thrown)}`, thrown)
  }
}

/** A descriptor has an empty message to begin with; a validator is asked whether it takes an empty object. */
function emptyOf(schema: unknown): unknown {
  return schema === undefined ? undefined : {}
}

function isFunction(value: unknown): value is () => unknown {
  return typeof value === 'function'
}

function isPromise(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
