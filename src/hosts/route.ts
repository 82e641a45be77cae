// Where a pipe or a forward goes: by the name of an actor, or by its definition.

import type { Route } from '../ports/index.ts'
import type { ActorDefinition } from './actor-definition.ts'
import { contractOf } from './contract.ts'
import { isName } from './effect.ts'
import { misuse } from './misuse.ts'
import { targetOf } from './target.ts'

/** Where a pipe or forward by name goes. */
export interface RouteOptions {
  /** The unnamed definition that the target is an instance of. */
  readonly ref?: string | undefined
}

/**
 * @param where beside a name, its options; beside a definition, the name of the instance.
 * @throws SpawnError INVALID_ARGUMENT
 */
export function routeTo(
  kind: 'pipe' | 'forward',
  target: ActorDefinition | string,
  action: string,
  where: RouteOptions | string | undefined,
): Route {
  const { name: to, ref } =
    typeof target === 'string' ? named(kind, target, where) : defined(kind, target, where)
  if (!isName(action)) throw misuse(`the ${kind} to "${to}" names no action`)
  const contract = typeof target === 'string' ? undefined : contractOf(target, action)
  const route = ref === undefined ? { kind, to, action } : { kind, to, ref, action }
  return contract === undefined ? route : { ...route, contract }
}

function defined(kind: string, definition: ActorDefinition, name: unknown) {
  if (name === undefined || isName(name)) return targetOf(`a ${kind}`, definition, name)
  throw misuse(
    `a ${kind} to an instance of "${definition.name}" takes its name last, a text that is not empty`,
  )
}

function named(kind: string, to: string, options: unknown) {
  if (to === '') throw misuse(`a ${kind} needs the name of an actor, or its definition`)
  if (options === undefined) return { name: to, ref: undefined }
  if (typeof options !== 'object' || options === null) {
    throw misuse(`the ${kind} to "${to}" needs an object of options`)
  }
  const unknown = Object.keys(options).find((key) => key !== 'ref')
  if (unknown !== undefined) {
    throw misuse(`the ${kind} to "${to}" has an unknown option "${unknown}"; known is ref`)
  }
  const ref: unknown = Reflect.get(options, 'ref')
  if (ref === undefined || isName(ref)) return { name: to, ref }
  throw misuse(`the ${kind} to "${to}" has a bad \`ref\`: it must be the name of an unnamed definition`)
}
