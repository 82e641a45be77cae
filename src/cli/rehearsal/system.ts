// Which system of a store a module is rehearsed on.

import type { Statestore } from '../../ports/index.ts'
import { EXIT } from '../exit-codes.ts'
import { Failure, usageFailure } from '../failure.ts'
import type { Exported } from '../serving/exported.ts'

/** @throws Failure USAGE when it has to be said, STORE when nothing is stored. */
export async function rehearsedSystem(
  exported: Exported,
  given: string | undefined,
  store: Statestore,
): Promise<string> {
  const own = exported.kind === 'system' ? exported.builder.name : undefined
  if (given !== undefined || own !== undefined) return given ?? own ?? ''
  // What stands in brackets is the proxy's own.
  const systems = (await store.systems()).filter((name) => !/^\(.*\)$/s.test(name))
  const [system, ...more] = systems
  if (system === undefined) {
    throw new Failure('nothing is stored there', {
      exit: EXIT.failed,
      code: 'STORE',
      hint: 'is it the right store?',
    })
  }
  if (more.length === 0) return system
  throw usageFailure(
    `the store has ${systems.length} systems: ${systems.join(', ')}`,
    'say which with --system <name>',
  )
}
