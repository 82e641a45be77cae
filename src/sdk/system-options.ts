// The options of `system(name, options)`: what there is to choose, what is checked at once, and what it means when it is
// left out. Nothing is opened here.

import type { Clock, Limits, Random } from '../base/index.ts'
import { type ActorDefinition, isActorDefinition } from '../hosts/index.ts'
import type { ClusterPlan } from '../cluster/cluster-plan.ts'
import type { Logger, Statestore } from '../ports/index.ts'
import { checkName, systemFile } from '../protocol/index.ts'
import type { SealingPlan } from '../stores/state-keys.ts'
import type { StorePlan } from '../stores/store-plan.ts'
import { completed, readStoreUrl, STORE_FORMS } from '../stores/store-url.ts'
import { type ClusterSetting, clusterOf } from './cluster-setting.ts'
import { type EncryptionSetting, encryptionOf } from './encryption-setting.ts'
import { limitsOf, type LimitsSetting } from './limits-setting.ts'
import { Settings, shown } from './settings.ts'
import { workersOf, type WorkersSetting } from './workers-setting.ts'

/** Where a system listens for HTTP: a port, an address with a port, or `true` for the usual 127.0.0.1:9001. */
export type HttpSetting =
  | number
  | boolean
  | {
      readonly port?: number | undefined
      /** An address of this machine; default 127.0.0.1, which other machines cannot reach. */
      readonly host?: string | undefined
      /** Names that a reverse proxy on this machine passes on as `Host`; a loopback listener refuses all others. */
      readonly allowedHosts?: readonly string[] | undefined
    }

/**
 * `'memory'`, `'sqlite:<path>'`, the URL of a database (`postgres://user:password@host/database`, `mariadb://…`), or a
 * statestore of one's own. A URL may come from the environment, so any text is taken, and looked at when the system is made.
 */
export type StoreSetting =
  | 'memory'
  | `sqlite:${string}`
  | `postgres://${string}`
  | `mariadb://${string}`
  | (string & {})
  | Statestore

export interface SystemOptions {
  /** What `actor(...)` made. Each name once. */
  readonly actors: readonly ActorDefinition[]
  /**
   * Where states are kept. Default: the SQLite file `<name of the system>.db` in the working directory, which belongs to
   * one process at a time.
   */
  readonly store?: StoreSetting | undefined
  /**
   * What states, replies and messages are encrypted with where they rest. Default: what SPAWN_STATESTORE_KEY says, and with
   * nothing if it is not set; a statestore of one's own is encrypted only if it is said here. `false`: with nothing, in any
   * case.
   */
  readonly encryption?: EncryptionSetting | false | undefined
  /**
   * The URL of the NATS server that carries the cluster of which this process is a member (`nats://host:4222`), or that and
   * what it is in it. The store must be one that all members share. Default: none, it is alone.
   */
  readonly cluster?: ClusterSetting | undefined
  /**
   * Processes of this machine that run the system, this one included: `'auto'` for one on each core. The others run the same
   * program, up to its `start`. Default: 1.
   */
  readonly workers?: WorkersSetting | undefined
  /** Default: none, no port is opened. */
  readonly http?: HttpSetting | undefined
  /** Default: warnings and errors to standard error. */
  readonly logger?: Logger | undefined
  /** Overrides of the runtime's limits, such as `residentActors` and `residentBytes`. */
  readonly limits?: LimitsSetting | undefined
  /** Time, for tests. Default: the system's. */
  readonly clock?: Clock | undefined
  /** Randomness, for tests. Default: the system's. */
  readonly random?: Random | undefined
}

/** What the parts are made from. */
export interface SystemPlan {
  readonly name: string
  readonly actors: readonly ActorDefinition[]
  readonly store: StorePlan | OwnStore
  /** Null: nothing is encrypted. */
  readonly sealing: SealingPlan | null
  /** Null: it is alone. */
  readonly cluster: ClusterPlan | null
  /** Processes, this one included. */
  readonly workers: number
  /** Null: no port. */
  readonly http: HttpPlan | null
  readonly logger: Logger | undefined
  readonly limits: Partial<Limits>
  readonly clock: Clock | undefined
  readonly random: Random | undefined
}

/** One that the application made. */
export interface OwnStore {
  readonly kind: 'own'
  readonly store: Statestore
}

export interface HttpPlan {
  readonly port: number
  readonly host: string | undefined
  readonly allowedHosts: readonly string[]
}

const OPTIONS = [
  'actors',
  'store',
  'encryption',
  'cluster',
  'workers',
  'http',
  'logger',
  'limits',
  'clock',
  'random',
] as const
const DEFAULT_PORT = 9001
const USUAL_ADDRESS = { host: undefined, allowedHosts: [] }
const MAX_PORT = 65_535

/** @throws SpawnError INVALID_ARGUMENT that names the system, the option, what is wrong and what is accepted. */
export function planOf(name: string, options: SystemOptions): SystemPlan {
  checkName('system', name)
  const settings = new Settings(`system "${name}"`, options, OPTIONS)
  const store = storeOf(settings, name)
  return {
    name,
    actors: actorsOf(settings),
    store,
    sealing: encryptionOf(settings, store.kind === 'own'),
    cluster: sharing(settings, clusterOf(settings), store),
    workers: workersOf(settings),
    http: httpOf(settings),
    logger: withMethods(settings, 'logger', options.logger, ['debug', 'info', 'warn', 'error']),
    limits: limitsOf(settings),
    clock: withMethods(settings, 'clock', options.clock, ['now', 'after', 'defer']),
    random: withMethods(settings, 'random', options.random, ['next']),
  }
}

function actorsOf(settings: Settings): readonly ActorDefinition[] {
  const given = settings.raw('actors')
  if (!Array.isArray(given))
    throw settings.fault('actors', `must be an array of definitions, not ${shown(given)}`)
  const names = new Set<string>()
  return given.map((definition: unknown, at) => {
    if (!isActorDefinition(definition)) {
      throw settings.fault(
        `actors[${at}]`,
        `must be a definition that actor(...) made, not ${shown(definition)}`,
      )
    }
    if (names.has(definition.name)) {
      throw settings.fault(
        `actors[${at}]`,
        `has the name "${definition.name}", which another one has already`,
      )
    }
    names.add(definition.name)
    return definition
  })
}

/** What is wrong with a URL is told without it: it may have a password in it. */
function storeOf(settings: Settings, name: string): StorePlan | OwnStore {
  const given = settings.raw('store')
  if (given === undefined) return { kind: 'sqlite', file: systemFile(name) }
  if (isStatestore(given)) return { kind: 'own', store: given }
  if (typeof given !== 'string')
    throw settings.fault('store', `must be ${STORE_FORMS} or a statestore, not ${shown(given)}`)
  const reading = readStoreUrl(given)
  const whole = 'plan' in reading ? completed(reading.plan, {}) : reading
  if ('plan' in whole) return whole.plan
  throw settings.fault('store', whole.problem)
}

/** What members share, a file of one of them is not. */
function sharing(
  settings: Settings,
  cluster: ClusterPlan | null,
  { kind }: StorePlan | OwnStore,
): ClusterPlan | null {
  if (cluster === null || (kind !== 'memory' && kind !== 'sqlite')) return cluster
  const problem = `needs a store that all members share, postgres://… or mariadb://…; this one is ${kind}`
  throw settings.fault('cluster', problem)
}

function httpOf(settings: Settings): HttpPlan | null {
  const given = settings.raw('http')
  if (given === undefined || given === false) return null
  if (given === true) return { ...USUAL_ADDRESS, port: DEFAULT_PORT }
  if (typeof given === 'number') return { ...USUAL_ADDRESS, port: portOf(settings, 'http', given) }
  if (typeof given !== 'object')
    throw settings.fault(
      'http',
      `must be a port, { port, host }, or true for ${DEFAULT_PORT}, not ${shown(given)}`,
    )
  const http = new Settings(`${settings.subject} http`, given, ['port', 'host', 'allowedHosts'])
  const host = http.raw('host')
  if (host !== undefined && (typeof host !== 'string' || host === '')) {
    throw http.fault('host', `must be an address of this machine, not ${shown(host)}`)
  }
  const allowedHosts = http.raw('allowedHosts') ?? []
  if (!isListOfNames(allowedHosts)) {
    throw http.fault('allowedHosts', `must be an array of host names, not ${shown(allowedHosts)}`)
  }
  return { port: portOf(http, 'port', http.raw('port') ?? DEFAULT_PORT), host, allowedHosts }
}

function isListOfNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string' && name !== '')
}

function portOf(settings: Settings, name: string, port: unknown): number {
  if (typeof port === 'number' && Number.isInteger(port) && port >= 0 && port <= MAX_PORT) return port
  throw settings.fault(name, `must be a port from 0 (any that is free) to ${MAX_PORT}, not ${shown(port)}`)
}

function withMethods<T extends object>(
  settings: Settings,
  name: string,
  given: T | undefined,
  methods: readonly (keyof T & string)[],
): T | undefined {
  if (given === undefined) return undefined
  const missing = methods.find((method) => typeof given[method] !== 'function')
  if (missing === undefined) return given
  throw settings.fault(name, `must have the methods ${methods.join(', ')}; "${missing}" is missing`)
}

function isStatestore(value: unknown): value is Statestore {
  if (typeof value !== 'object' || value === null) return false
  return ['start', 'stop', 'load', 'commit', 'list'].every(
    (method) => typeof Reflect.get(value, method) === 'function',
  )
}
