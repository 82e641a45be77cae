// The composition root of the embedded case: the one file of the SDK that names concrete adapters. It makes the parts of a
// system, starts them in order and stops them in reverse.
//
// Invariant: when a part does not start, those before it are stopped, and its error is the one that is told.

import { type Clock, messageOf, systemClock, systemRandom } from '../base/index.ts'
import { Runtime } from '../actor/index.ts'
import { EmbeddedHost } from '../hosts/embedded/index.ts'
import type { Definition, Gateway, Host, Logger } from '../ports/index.ts'
import type { ClusterMember, MemberSurroundings } from '../proxy/cluster-member.ts'
import { makeStore, sealedStore } from '../stores/open.ts'
import { freezesStates } from './config.ts'
import { stderrLogger } from './stderr-logger.ts'
import type { SystemPlan } from './system-options.ts'
import { version } from './version.ts'

/** A system that runs. */
export interface Composition {
  readonly gateway: Gateway
  /** Null when it has no port. */
  readonly url: string | null
  stop(options: StopOptions): Promise<void>
}

export interface StopOptions {
  readonly drainMs: number | undefined
}

/** Anything that was started. */
interface Part {
  stop(options: StopOptions): Promise<void>
}

/** No member of a cluster. */
type Alone = { readonly [Part in keyof ClusterMember]: null }
const ALONE: Alone = Object.freeze({ mesh: null, exchange: null })

/** How long turns may take to end, and actors to move, unless it is said. */
const DRAIN_MS = 30_000

/** @throws SpawnError what the part that failed says: STORE_UNAVAILABLE, INVALID_ARGUMENT for a port that is taken. */
export async function compose(plan: SystemPlan): Promise<Composition> {
  const { clock = systemClock, limits, name: system, random = systemRandom } = plan
  const logger = plan.logger ?? stderrLogger(clock)
  const host = handlersHost(clock, logger)
  const definitions = plan.actors.map((definition): Definition => ({ ...definition, host }))
  const store =
    plan.store.kind === 'own'
      ? await sealedStore(plan.store.store, plan.sealing, { clock, logger, random })
      : await makeStore(plan.store, plan.sealing, { clock, logger, random })
  const { exchange, mesh } = await memberOf(plan, { system, clock, random, logger })
  const cluster = mesh?.of(system)
  const runtime = new Runtime({
    system,
    definitions,
    store,
    clock,
    random,
    logger,
    limits,
    cluster,
    systems: exchange,
  })
  if (runtime.tenant !== null) cluster?.attach(runtime.tenant)
  const parts: Part[] = [mesh, exchange, runtime].filter((part) => part !== null)
  let isLeaving = false
  const stop = async (options: StopOptions): Promise<void> => {
    isLeaving = true
    await exchange?.leave()
    // The doors stay open meanwhile, for what is brought on to other members.
    await mesh?.drain({ drainMs: options.drainMs ?? DRAIN_MS })
    await stopAll(parts, options)
  }
  try {
    await runtime.start()
    await mesh?.start()
    await exchange?.start()
    await exchange?.serve(runtime)
    if (plan.http === null) return { gateway: runtime, url: null, stop }
    const { HttpListener, oneSystem } = await import('../proxy/index.ts')
    const systems = oneSystem(runtime, () => isLeaving)
    const listener = new HttpListener({ systems, logger, clock, cluster: mesh, ...plan.http })
    parts.push(listener)
    await listener.start()
    return { gateway: runtime, url: listener.url, stop }
  } catch (error) {
    await stopAll(parts, { drainMs: undefined }).catch((thrown: unknown) => {
      logger.error('a system that did not start could not be stopped either', {
        system,
        error: messageOf(thrown),
      })
    })
    throw error
  }
}

/** Only who is a member pays for the loading of what makes one. */
async function memberOf(
  { cluster }: SystemPlan,
  surroundings: Omit<MemberSurroundings, 'version'>,
): Promise<ClusterMember | Alone> {
  if (cluster === null) return ALONE
  const { memberOf: made } = await import('../proxy/cluster-member.ts')
  return made(cluster, { ...surroundings, version: version() })
}

/** Runs the handlers of definitions in this process. */
export function handlersHost(clock: Clock, logger: Logger): Host {
  return new EmbeddedHost({ clock, logger, freezes: freezesStates })
}

/** In reverse order of start; one that fails does not keep the others running. */
async function stopAll(parts: readonly Part[], options: StopOptions): Promise<void> {
  const failures: unknown[] = []
  for (const part of parts.toReversed()) {
    try {
      await part.stop(options)
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
}
