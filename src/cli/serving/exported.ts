// What of a module's exports is served. One system that is not started wins over actors; actors alone become a system. A
// module that leaves a choice, or exports neither, is told what to export. Values are known by their marks, not by their
// class: the module may have a copy of this package of its own.

import { EXIT } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import {
  type ActorDefinition,
  isActorDefinition,
  isSystemBuilder,
  type SystemBuilder,
} from '../../sdk/index.ts'
import type { Exports } from './module.ts'

export type Exported =
  | { readonly kind: 'system'; readonly builder: SystemBuilder }
  | { readonly kind: 'actors'; readonly actors: readonly ActorDefinition[] }

/**
 * @param module how the module is called in messages.
 * @throws Failure MODULE
 */
export function exportedBy(exports: Exports, module: string): Exported {
  const values = new Set(
    Object.values(exports).flatMap((value): unknown[] => (Array.isArray(value) ? value : [value])),
  )
  const builders = [...values].filter(isSystemBuilder)
  const actors = [...values].filter(isActorDefinition)
  const [builder, another] = builders
  if (builder !== undefined && another !== undefined) {
    const names = builders.map(({ name }) => name).join(', ')
    throw moduleFailure(
      `${module} exports ${builders.length} systems (${names})`,
      'export the one to be served',
    )
  }
  if (builder !== undefined) return { kind: 'system', builder }
  if (actors.length > 0) return { kind: 'actors', actors }
  if ([...values].some(isRunningSystem)) {
    throw moduleFailure(
      `${module} exports a system that is started already`,
      'export what system(…) answers, without .start()',
    )
  }
  throw moduleFailure(
    `${module} exports no actors and no system`,
    "export what actor(…) answers, such as: export const counter = actor('counter', { … })",
  )
}

function isRunningSystem(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return ['invoke', 'ref', 'stop'].every((method) => typeof Reflect.get(value, method) === 'function')
}

function moduleFailure(message: string, hint: string): Failure {
  return new Failure(message, { exit: EXIT.failed, code: 'MODULE', hint })
}
