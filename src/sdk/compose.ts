// The composition root of the embedded case: the one file of the SDK that names concrete adapters. It makes the parts of a
// system, starts them in order and stops them in reverse.
//
// Invariant: when a part does not start, those before it are stopped, and its error is the one that is told.

import { type Clock, messageOf, systemClock, systemRandom } from '../base/index.ts'
import type { Runtime } from '../actor/index.ts'
import { EmbeddedHost } from '../hosts/embedded/index.ts'
import type { Definition, Gateway, Host, Logger, Statestore } from '../ports/index.ts'
import type { ClusterMember } from '../proxy/cluster-member.ts'
import type * as Doors from '../proxy/index.ts'
import { makeStore, sealedStore } from '../stores/open.ts'
import type { Company, Surroundings } from './company.ts'
import { freezesStates, mayBeWorker } from './config.ts'
import { stderrLogger } from './stderr-logger.ts'
import type { HttpPlan, SystemPlan } from './system-options.ts'
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
  const { clock = systemClock, random = systemRandom } = plan
  const surroundings = { clock, random, logger: plan.logger ?? stderrLogger(clock) }
  if (plan.http !== null && !mayBeWorker) await checkPort(plan.http)
  const company = await companyOf(plan, surroundings)
  try {
    return await composed(plan, { ...surroundings, ...(company && { logger: company.logger }) }, company)
  } catch (thrown) {
    await company?.fail(thrown)
    throw thrown
  }
}

async function composed(
  plan: SystemPlan,
  surroundings: Surroundings,
  company: Company | null,
): Promise<Composition> {
  const { clock, logger } = surroundings
  const { doors, exchange, mesh, runtime } = await made(plan, surroundings, company)
  const dispersal = company && { stop: (options: StopOptions) => company.disperse(options) }
  const parts: Part[] = [company, mesh, exchange, runtime, dispersal].filter((part) => part !== null)
  let isLeaving = false
  const stop = async (options: StopOptions): Promise<void> => {
    isLeaving = true
    // The doors stay open meanwhile, for what is brought on to other members.
    await company?.disperse(options)
    await exchange?.leave()
    if (company?.drains !== false) await mesh?.drain({ drainMs: options.drainMs ?? DRAIN_MS })
    await stopAll(parts, options)
  }
  try {
    await runtime.start()
    await company?.open()
    // Others begin while this one joins: until then they have nothing to do with each other.
    await Promise.all([mesh?.start(), company?.gather()])
    await exchange?.start()
    await exchange?.serve(runtime)
    const listener = plan.http && doors && (await listenerOf(doors, plan.http))
    await company?.serve({ listener, stop })
    return { gateway: runtime, url: listener?.url ?? null, stop }
  } catch (error) {
    await giveUp(parts, plan, surroundings)
    throw error
  }

  async function listenerOf(
    { clusterText, HttpListener: Listener, oneSystem }: typeof Doors,
    http: HttpPlan,
  ): Promise<Doors.HttpListener> {
    const systems = oneSystem(runtime, () => isLeaving)
    const shared = company && sharedBy(company, clusterText)
    const listener = new Listener({ systems, logger, clock, cluster: mesh, ...shared, ...http })
    parts.push(listener)
    await listener.start()
    return listener
  }
}

interface Made extends Pick<ClusterMember | Alone, 'exchange' | 'mesh'> {
  readonly runtime: Runtime
  /** Null: there is no port. */
  readonly doors: typeof Doors | null
}

/** Loads and makes the parts while the store opens, which most stores do in another thread, or in a server. */
async function made(plan: SystemPlan, surroundings: Surroundings, company: Company | null): Promise<Made> {
  const store = company?.store ?? (await storeOf(plan, surroundings))
  const opening = store.start()
  try {
    const [{ Runtime: Engine }, doors, { exchange, mesh }] = await Promise.all([
      import('../actor/index.ts'),
      plan.http && import('../proxy/index.ts'),
      company?.member ?? memberOf(plan, surroundings),
      opening,
    ])
    const { actors, limits, name: system } = plan
    const host = handlersHost(surroundings.clock, surroundings.logger)
    const definitions = actors.map((definition): Definition => ({ ...definition, host }))
    const cluster = mesh?.of(system)
    const others = { cluster, systems: exchange }
    const runtime = new Engine({ system, definitions, store, opening, limits, ...others, ...surroundings })
    if (runtime.tenant !== null) cluster?.attach(runtime.tenant)
    return { doors, exchange, mesh, runtime }
  } catch (thrown) {
    await Promise.allSettled([opening])
    await giveUp(company === null ? [store] : [company, store], plan, surroundings)
    throw thrown
  }
}

/** What the listeners of several processes have together. */
function sharedBy(
  company: Company,
  clusterText: (typeof Doors)['clusterText'],
): Pick<Doors.HttpListenerOptions, 'metrics' | 'sharing'> {
  return { sharing: company.sharing, metrics: company.metrics(clusterText(company.member.mesh)) }
}

/** A store may have to be waited for: it is said before that the port is not to be had. */
async function checkPort(http: HttpPlan): Promise<void> {
  const { checkFree } = await import('../proxy/http-address.ts')
  await checkFree(http)
}

/** Only a system of several processes pays for the loading of what that takes. */
async function companyOf(plan: SystemPlan, surroundings: Surroundings): Promise<Company | null> {
  if (plan.workers === 1 && !mayBeWorker) return null
  const workers = await import('./compose-workers.ts')
  return workers.companyOf(plan, surroundings)
}

function storeOf({ sealing, store }: SystemPlan, surroundings: Surroundings): Promise<Statestore> {
  return store.kind === 'own'
    ? sealedStore(store.store, sealing, surroundings)
    : makeStore(store, sealing, surroundings)
}

/** Only who is a member pays for the loading of what makes one. */
async function memberOf(
  { cluster, name: system }: SystemPlan,
  surroundings: Surroundings,
): Promise<ClusterMember | Alone> {
  if (cluster === null) return ALONE
  const { memberOf: made } = await import('../proxy/cluster-member.ts')
  return made(cluster, { ...surroundings, system, version: version() })
}

/** Runs the handlers of definitions in this process. */
export function handlersHost(clock: Clock, logger: Logger): Host {
  return new EmbeddedHost({ clock, logger, freezes: freezesStates })
}

/** Why it did not start is the caller's to tell. */
async function giveUp(parts: readonly Part[], { name }: SystemPlan, { logger }: Surroundings): Promise<void> {
  await stopAll(parts, { drainMs: undefined }).catch((thrown: unknown) => {
    const error = messageOf(thrown)
    logger.error('a system that did not start could not be stopped either', { system: name, error })
  })
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
