// A real runtime as what runs on a simulated member, with a link of its own to the store that all share. Decides what of the
// store reaches a process that is frozen or dead: what it had asked for is done, or not; its answers come when it wakes.

import { Runtime } from '../../../src/actor/index.ts'
import type { Limits } from '../../../src/base/index.ts'
import type { SystemCluster } from '../../../src/mesh/index.ts'
import type { Definition, Statestore, Tenant } from '../../../src/ports/index.ts'
import { FaultyStore, type StoreFaults } from '../../../src/testing/index.ts'
import type { Machine } from './machine.ts'
import type { MemberOptions } from './member.ts'

export interface RuntimeMemberOptions {
  readonly system: string
  readonly definitions: readonly Definition[]
  /** That of all. */
  readonly store: Statestore
  readonly faults: Partial<StoreFaults>
  readonly limits?: Partial<Limits>
  /** Plants a bug between the runtime and its store. */
  readonly fitted?: ((store: Statestore) => Statestore) | undefined
}

export interface RuntimeMember {
  readonly runtime: Runtime
  readonly tenant: Tenant
  readonly link: FaultyStore
}

export function runtimeMember(
  cluster: SystemCluster,
  machine: Machine,
  { clock, logger, random, seeded }: MemberOptions,
  { definitions, faults, fitted, limits, store, system }: RuntimeMemberOptions,
): RuntimeMember {
  const link = new FaultyStore(store, { clock, random, faults, name: cluster.self })
  const near = awake(link, machine)
  const runtime = new Runtime({
    system,
    definitions,
    store: fitted?.(near) ?? near,
    clock: machine.clock,
    random: seeded,
    logger,
    cluster,
    sharesStore: true,
    limits,
  })
  if (runtime.tenant === null) throw new Error('a runtime in a cluster is a tenant')
  return { runtime, tenant: runtime.tenant, link }
}

/** What comes to a frozen process comes when it wakes. */
function awake(store: Statestore, machine: Machine): Statestore {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      return (...more: unknown[]): unknown => {
        const answer: unknown = Reflect.apply(value, target, more)
        if (!(answer instanceof Promise)) return answer
        return new Promise((resolve, reject) => {
          answer.then(
            (settled) => machine.enter(() => resolve(settled)),
            (error: unknown) => machine.enter(() => reject(error)),
          )
        })
      }
    },
  })
}
