// Typed calls of one actor: an object with a method for each action of its definition. It decides how a method becomes a
// call; the call itself is the sender's business.
//
// The methods stand on a prototype that is made once per definition, so a ref is a small object and making one is cheap.

import type { ActionDefinition, Call } from '../ports/index.ts'
import type { ActorDefinition } from './actor-definition.ts'
import { contractOf } from './contract.ts'
import type { PayloadOf, ResponseOf } from './handler.ts'
import {
  type CallOptions,
  type Receipt,
  type ReceiptOptions,
  refCallOf,
  type ScheduleOptions,
} from './invoke-options.ts'
import { type Target, targetOf } from './target.ts'

type GetName = 'get' | 'Get' | 'get_state' | 'getState' | 'GetState'

/** The default action of an actor whose definition has none of these names. */
type DefaultGet<State, Actions> = keyof Actions & GetName extends never
  ? { get: RefMethod<[payload?: undefined], State> }
  : unknown

/**
 * The call of one action: answered with its response. With `receipt: true`, with a Receipt that has the response in it;
 * with `delay`, `scheduledTo` or `cron`, with the id of its schedule.
 */
export interface RefMethod<Payload extends readonly unknown[], Response> {
  (...args: [...payload: Payload, options: ScheduleOptions]): Promise<string>
  (...args: [...payload: Payload, options: ReceiptOptions]): Promise<Receipt<Response>>
  (...args: [...payload: Payload, options?: CallOptions]): Promise<Response>
}

/** Where a ref says which actor it is of; the same in every copy of this package. No action can have this name. */
const TARGET: unique symbol = Symbol.for('spawn-mesh.ref') as typeof TARGET

/** A ref of any actor with this state. */
export interface AnyRef<out State = unknown> {
  readonly [TARGET]: Target & { readonly state?: State }
}

/** One method per action: `ref.add({ value: 1 }, { timeout: 1_000 })`. */
export type Ref<State, Actions> = {
  readonly [Name in keyof Actions]: RefMethod<PayloadOf<Actions[Name]>, ResponseOf<Actions[Name]>>
} & DefaultGet<State, Actions> &
  AnyRef<State>

/** What a ref calls through: a system, or a turn. */
export interface Sender {
  send(name: string, call: Call): Promise<unknown>
}

/** The actions that read the state, of a definition that has none of these names. */
export const GET_NAMES: readonly GetName[] = ['get', 'Get', 'get_state', 'getState', 'GetState']

type RefOptions = CallOptions | ReceiptOptions | ScheduleOptions

class RefBase {
  readonly #sender: Sender
  readonly #name: string
  readonly #parent: string | undefined

  constructor(sender: Sender, name: string, parent: string | undefined) {
    this.#sender = sender
    this.#name = name
    this.#parent = parent
  }

  get [TARGET](): Target {
    return { name: this.#name, ref: this.#parent }
  }

  static method(action: string, contract: ActionDefinition | undefined) {
    return function send(this: RefBase, payload?: unknown, options?: RefOptions): Promise<unknown> {
      try {
        const call = refCallOf(action, this.#parent, payload, options)
        return this.#sender.send(this.#name, contract === undefined ? call : { ...call, contract })
      } catch (error) {
        return Promise.reject(error)
      }
    }
  }
}

/** Which actor a ref is of; null: it is no ref. */
export function refTargetOf(value: unknown): Target | null {
  return typeof value === 'object' && value !== null && TARGET in value ? (value as AnyRef)[TARGET] : null
}

const classes = new WeakMap<ActorDefinition, typeof RefBase>()

/** @throws SpawnError INVALID_ARGUMENT when there is no definition, or a name is missing or one too many. */
export function refOf<State, Actions>(
  sender: Sender,
  definition: ActorDefinition<State, Actions>,
  name: string | undefined,
): Ref<State, Actions> {
  const target = targetOf('a ref', definition, name)
  const RefClass = classes.get(definition) ?? classFor(definition)
  const ref = new RefClass(sender, target.name, target.ref)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its class has a method for each of the actions
  return ref as unknown as Ref<State, Actions>
}

function classFor(definition: ActorDefinition): typeof RefBase {
  class DefinitionRef extends RefBase {}
  const names = [...definition.actions.keys()]
  if (!GET_NAMES.some((name) => definition.actions.has(name))) names.push('get')
  for (const name of names) {
    const value = RefBase.method(name, contractOf(definition, name))
    Object.defineProperty(DefinitionRef.prototype, name, { value, enumerable: true })
  }
  classes.set(definition, DefinitionRef)
  return DefinitionRef
}
