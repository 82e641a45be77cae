// The composition root of a proxy: the one file of this room that names concrete adapters. It makes the parts, starts them
// in order (store, systems, the hosts that it had, listener) and stops them in the order that loses nothing.
//
// How it stops: readiness goes down; in a cluster its actors move to other members, and calls are brought on to them; then new
// calls get 503; what runs goes on, and the listener stays open for the calls that
// running actions make; then states are committed and the store closes; then the listener, and the connections to hosts.

import { type Clock, messageOf, type Random } from '../base/index.ts'
import { nodeOf } from '../cluster/cluster-plan.ts'
import { EmbeddedHost } from '../hosts/embedded/index.ts'
import type { ActorDefinition } from '../hosts/index.ts'
import { RemoteHosts } from '../hosts/remote/index.ts'
import type { Mesh } from '../mesh/index.ts'
import type { ClusterView, Definition, Gateway, Logger, Statestore, SystemExchange } from '../ports/index.ts'
import { registeredBytes } from '../protocol/protobuf/index.ts'
import { makeStore } from '../stores/open.ts'
import type { ClusterMember } from './cluster-member.ts'
import type { ProxyConfig } from './config/proxy-config.ts'
import { checkFree } from './http-address.ts'
import { HttpListener } from './http-listener.ts'
import { Metrics } from './metrics.ts'
import { proxyMetrics } from './proxy-metrics.ts'
import { RegistrationLog } from './registration-log.ts'
import { Registrations } from './registrations.ts'
import { OpenSystems } from './systems.ts'
import { wireCounts } from './wire-counts.ts'
import { WireRoutes } from './wire-routes.ts'

export interface ProxyParts {
  readonly logger: Logger
  readonly clock: Clock
  readonly random: Random
  /** Of this package: told to hosts. */
  readonly version: string
  /** Actors of the configured system whose handlers run in this process. Default: none. */
  readonly actors?: readonly ActorDefinition[] | undefined
  /** In place of the configured store; for tests. */
  readonly store?: Statestore | undefined
  /** In place of the configured cluster, for those who look at it; for tests. */
  readonly cluster?: ClusterView | undefined
}

/** A proxy that runs. */
export interface Proxy {
  /** Where it is reached, such as `http://127.0.0.1:9001`, or `unix:` and a path. */
  readonly url: string
  /** Whether it takes calls. */
  readonly ready: boolean
  /** A system by its name; null: no host has registered it. */
  system(name: string): Gateway | null
  /** @param options `drainMs`: how long running actions may take to finish, in milliseconds; default: as configured. */
  stop(options?: { readonly drainMs?: number | undefined }): Promise<void>
}

/** How long definitions of a system may come after its beginning, in milliseconds: hosts register again in their own time. */
const LATE_DEFINITIONS_MS = 300_000

/** How long the last replies may take to leave, in milliseconds, when all that they answer is done. */
const LAST_REPLIES_MS = 2_000

/** @throws SpawnError what the part that failed says: STORE_UNAVAILABLE, INVALID_ARGUMENT for a port that is taken. */
export async function composeProxy(config: ProxyConfig, parts: ProxyParts): Promise<Proxy> {
  const { clock, logger, random } = parts
  // A store may have to be waited for.
  await checkFree(config.listen)
  const store = parts.store ?? (await makeStore(config.store, config.sealing, { clock, logger, random }))
  const { exchange, mesh } = await memberOf(config, parts)
  const systems = new OpenSystems({
    main: config.system,
    store,
    cluster: mesh,
    exchange,
    clock,
    random,
    logger,
    limits: config.limits,
    lateDefinitionsMs: LATE_DEFINITIONS_MS,
  })
  const hosts = hostsOf(config, parts, systems)
  const registrations = new Registrations({
    systems,
    hosts,
    log: new RegistrationLog({
      store,
      node: config.cluster && nodeOf(config.cluster),
      clock,
      random,
      logger,
    }),
    clock,
    logger,
    userFunction: config.userFunction,
    embedded: { system: config.system, names: new Set(parts.actors?.map(({ name }) => name)) },
  })
  const listener = listenerOf(config, parts, { hosts, mesh, registrations, systems })
  const stop = (drainMs: number): Promise<void> =>
    stopAll({ exchange, hosts, listener, mesh, systems }, drainMs)
  try {
    await systems.start()
    await systems.define(config.system, embedded(parts), [])
    await registrations.restore()
    await mesh?.start()
    await exchange?.start()
    await systems.meet()
    await listener.start()
  } catch (error) {
    await stop(0).catch((thrown: unknown) => {
      logger.error('a proxy that did not start could not be stopped either', { error: messageOf(thrown) })
    })
    throw error
  }
  let stopped: Promise<void> | null = null
  return {
    url: listener.url,
    get ready() {
      return systems.ready
    },
    system: (name) => systems.find(name),
    stop: ({ drainMs = config.drainMs } = {}) => (stopped ??= stop(drainMs)),
  }
}

/** No member of a cluster. */
type Alone = { readonly [Part in keyof ClusterMember]: null }
const ALONE: Alone = Object.freeze({ mesh: null, exchange: null })

interface Running {
  readonly exchange: SystemExchange | null
  readonly hosts: RemoteHosts
  readonly listener: HttpListener
  readonly mesh: Mesh | null
  readonly systems: OpenSystems
}

/** One that fails does not keep the others running. */
async function stopAll(running: Running, drainMs: number): Promise<void> {
  const { exchange, hosts, listener, mesh, systems } = running
  const failures: unknown[] = []
  const failed = (thrown: unknown): void => void failures.push(thrown)
  systems.leave()
  await exchange?.leave().catch(failed)
  // The doors stay open meanwhile, for what is brought on to other members.
  await mesh?.drain({ drainMs }).catch(failed)
  await systems.stop({ drainMs }).catch(failed)
  await exchange?.stop().catch(failed)
  await mesh?.stop().catch(failed)
  await listener.stop({ drainMs: LAST_REPLIES_MS }).catch(failed)
  await hosts.stop().catch(failed)
  if (failures.length > 0) throw failures[0]
}

/** Only who is a member pays for the loading of what makes one. */
async function memberOf({ cluster, system }: ProxyConfig, parts: ProxyParts): Promise<ClusterMember | Alone> {
  if (cluster === null) return ALONE
  const { clock, logger, random, version } = parts
  const { memberOf: made } = await import('./cluster-member.ts')
  return made(cluster, { system, version, clock, random, logger })
}

function listenerOf(
  config: ProxyConfig,
  { clock, cluster: shown, logger, version }: ProxyParts,
  made: {
    readonly hosts: RemoteHosts
    readonly mesh: Mesh | null
    readonly registrations: Registrations
    readonly systems: OpenSystems
  },
): HttpListener {
  const { hosts, mesh, registrations, systems } = made
  const cluster: ClusterView | null = mesh ?? shown ?? null
  const metrics = new Metrics()
  const counts = wireCounts(metrics)
  const registered = registeredBytes(config.appName, version)
  const listener = new HttpListener({
    systems,
    logger,
    clock,
    ...config.listen,
    limits: { bodyBytes: config.bodyBytes },
    wire: (room) => new WireRoutes({ systems, registrations, clock, counts, registered }, room),
    cluster,
    metrics: config.metrics ? () => metrics.text() : null,
  })
  proxyMetrics(metrics, { cluster, hosts, listener, systems, version })
  return listener
}

function hostsOf(
  config: ProxyConfig,
  { clock, logger, random }: ProxyParts,
  systems: OpenSystems,
): RemoteHosts {
  return new RemoteHosts({
    clock,
    random,
    logger,
    settings: settingsOf(config),
    isElsewhere: (system, definition) => systems.isReachedElsewhere(system, definition),
    onReach: (system) => systems.reachChanged(system),
  })
}

function settingsOf(config: ProxyConfig) {
  const { durability, historyDurationMs, historyRevisions, hosts, snapshotTimeoutMs } = config
  return {
    whenNoHost: hosts.whenNone,
    concurrencyPerHost: hosts.concurrency,
    queuePerHost: hosts.queue,
    hostTimeoutMs: hosts.timeoutMs,
    connectTimeoutMs: hosts.connectTimeoutMs,
    probeEveryMs: hosts.probeEveryMs,
    durability,
    snapshotTimeoutMs,
    history: { revisions: historyRevisions, durationMs: historyDurationMs },
  }
}

function embedded({ actors = [], clock, logger }: ProxyParts): readonly Definition[] {
  if (actors.length === 0) return []
  const host = new EmbeddedHost({ clock, logger, freezes: false })
  return actors.map((definition): Definition => ({ ...definition, host }))
}
