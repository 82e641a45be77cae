// `effect(...)`: effects by name, or typed by a definition, like the calls of a ref. It decides how a method becomes an
// Effect; nothing is sent.
//
// The methods stand on a prototype that is made once per definition, so making an effect is cheap.

import type { ActionDefinition, Kind } from '../ports/index.ts'
import type { ActorDefinition } from './actor-definition.ts'
import { contractOf } from './contract.ts'
import {
  checkEffectOptions,
  checkNamedOptions,
  Effect,
  type EffectOptions,
  isName,
  type NamedEffectOptions,
  NO_OPTIONS,
} from './effect.ts'
import type { PayloadOf, ResponseOf } from './handler.ts'
import { misuse } from './misuse.ts'
import { type InstanceName, targetOf } from './target.ts'

/** One method per action, each of which answers with an Effect: `effect(account, 'acc-1').deposit({ amount: 5 })`. */
export type EffectsOn<Actions> = {
  readonly [Name in keyof Actions]: (
    ...args: [...PayloadOf<Actions[Name]>, options?: EffectOptions]
  ) => Effect<ResponseOf<Actions[Name]>>
}

/**
 * The typed effects on an actor: an object with a method for each action, like a ref, that sends nothing.
 *
 * @throws SpawnError INVALID_ARGUMENT for a name that is missing or one too many; its methods, for options that are wrong.
 */
export function effect<State, Actions, K extends Kind>(
  definition: ActorDefinition<State, Actions, K>,
  ...name: InstanceName<K>
): EffectsOn<Actions>
/**
 * An effect by name: `effect('acc-1', 'deposit', { amount: 5 }, { ref: 'account' })`.
 *
 * @throws SpawnError INVALID_ARGUMENT for options that are wrong.
 */
export function effect(to: string, action: string, payload?: unknown, options?: NamedEffectOptions): Effect
export function effect(
  target: ActorDefinition | string,
  word?: string,
  payload?: unknown,
  options: NamedEffectOptions = NO_OPTIONS,
): unknown {
  if (typeof target !== 'string') {
    const { name, ref } = targetOf('an effect', target, word)
    const EffectsClass = classes.get(target) ?? classFor(target)
    return new EffectsClass(name, ref)
  }
  if (target === '') throw misuse('an effect needs the name of the actor that it is for')
  if (!isName(word)) throw misuse(`the effect on "${target}" names no action`)
  if (options !== NO_OPTIONS) checkNamedOptions(target, options)
  return new Effect(target, options.ref, word, payload, options)
}

class EffectsBase {
  readonly #to: string
  readonly #ref: string | undefined

  constructor(to: string, ref: string | undefined) {
    this.#to = to
    this.#ref = ref
  }

  static method(action: string, contract: ActionDefinition | undefined) {
    return function make(this: EffectsBase, payload?: unknown, options: EffectOptions = NO_OPTIONS): Effect {
      if (options !== NO_OPTIONS) checkEffectOptions(this.#to, options)
      return new Effect(this.#to, this.#ref, action, payload, options, contract)
    }
  }
}

const classes = new WeakMap<ActorDefinition, typeof EffectsBase>()

function classFor(definition: ActorDefinition): typeof EffectsBase {
  class EffectsOnDefinition extends EffectsBase {}
  for (const action of definition.actions.keys()) {
    const method = { value: EffectsBase.method(action, contractOf(definition, action)), enumerable: true }
    Object.defineProperty(EffectsOnDefinition.prototype, action, method)
  }
  classes.set(definition, EffectsOnDefinition)
  return EffectsOnDefinition
}
