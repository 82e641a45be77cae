// Typed calls of one actor: an object with a method for each action of its definition. It decides how a method becomes a
// call; the call itself is the sender's business.
//
// The methods stand on a prototype that is made once per definition, so a ref is a small object and making one is cheap.

import { SpawnError } from '../base/index.ts'
import type { Call, Kind } from '../ports/index.ts'
import { type ActorDefinition, isActorDefinition } from './actor-definition.ts'
import type { PayloadOf, ResponseOf } from './handler.ts'
import { type CallOptions, refCallOf } from './invoke-options.ts'

type GetName = 'get' | 'Get' | 'get_state' | 'getState' | 'GetState'

/** The default action of an actor whose definition has none of these names. */
type DefaultGet<State, Actions> = keyof Actions & GetName extends never
  ? { get(payload?: undefined, options?: CallOptions): Promise<State> }
  : unknown

/** One method per action: `ref.add({ value: 1 }, { timeout: 1_000 })`. */
export type Ref<State, Actions> = {
  readonly [Name in keyof Actions]: (
    ...args: [...PayloadOf<Actions[Name]>, options?: CallOptions]
  ) => Promise<ResponseOf<Actions[Name]>>
} & DefaultGet<State, Actions>

/** The name argument of `ref`: for an unnamed definition the instance's, else none. */
export type InstanceName<K extends Kind> = K extends 'unnamed' ? [name: string] : []

/** What a ref calls through: a system, or a turn. */
export interface Sender {
  send(name: string, call: Call): Promise<unknown>
}

const GET_NAMES: readonly GetName[] = ['get', 'Get', 'get_state', 'getState', 'GetState']

class RefBase {
  readonly #sender: Sender
  readonly #name: string
  readonly #parent: string | undefined

  constructor(sender: Sender, name: string, parent: string | undefined) {
    this.#sender = sender
    this.#name = name
    this.#parent = parent
  }

  static method(action: string) {
    return function call(this: RefBase, payload?: unknown, options?: CallOptions): Promise<unknown> {
      try {
        return this.#sender.send(this.#name, refCallOf(action, this.#parent, payload, options))
      } catch (error) {
        return Promise.reject(error)
      }
    }
  }
}

const classes = new WeakMap<ActorDefinition, typeof RefBase>()

/** @throws SpawnError INVALID_ARGUMENT when there is no definition, or a name is missing or one too many. */
export function refOf<State, Actions>(
  sender: Sender,
  definition: ActorDefinition<State, Actions>,
  name: string | undefined,
): Ref<State, Actions> {
  if (!isActorDefinition(definition)) {
    throw new SpawnError('INVALID_ARGUMENT', 'a ref is made from a definition: what actor(...) answered')
  }
  const unnamed = definition.kind === 'unnamed'
  if (unnamed !== (name !== undefined)) {
    const fault = unnamed
      ? `"${definition.name}" is unnamed: say which instance, ref(${definition.name}, name)`
      : `"${definition.name}" is one actor and takes no instance name`
    throw new SpawnError('INVALID_ARGUMENT', fault)
  }
  const RefClass = classes.get(definition) ?? classFor(definition)
  const ref = new RefClass(sender, name ?? definition.name, unnamed ? definition.name : undefined)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its class has a method for each of the actions
  return ref as unknown as Ref<State, Actions>
}

function classFor(definition: ActorDefinition): typeof RefBase {
  class DefinitionRef extends RefBase {}
  const names = [...definition.actions.keys()]
  if (!GET_NAMES.some((name) => definition.actions.has(name))) names.push('get')
  for (const name of names) {
    Object.defineProperty(DefinitionRef.prototype, name, { value: RefBase.method(name), enumerable: true })
  }
  classes.set(definition, DefinitionRef)
  return DefinitionRef
}
