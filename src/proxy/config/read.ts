// From flags, environment and file to the configuration of a proxy: flags over environment over file over defaults. It
// decides which one counts and what cannot stand together; what a value may be is its form's.
//
// Invariant: all mistakes are told, or there is a configuration: never both, and never a part of them.

import { type ClusterPlan, USUAL_CLUSTER } from '../../cluster/cluster-plan.ts'
import { CLUSTER_VARIABLES } from '../../cluster/cluster-variables.ts'
import { systemFile } from '../../protocol/index.ts'
import type { SealingPlan } from '../../stores/state-keys.ts'
import type { StorePlan } from '../../stores/store-plan.ts'
import { completed } from '../../stores/store-url.ts'
import { type ConfigFile, type Mistake, readConfigFile } from './config-file.ts'
import { CONFIG_VARIABLE, type Environment, readEnvironment, type Variables } from './environment.ts'
import type { Form } from './form.ts'
import { backoffProblem, limitsFrom } from './limit-settings.ts'
import { DEFAULT_ADDRESS, DEFAULTS, type ListenConfig, type ProxyConfig } from './proxy-config.ts'
import { type Shown, shownOf } from './shown.ts'
import { type Given, SETTING_KEYS, type SettingKey, SETTINGS } from './settings.ts'

export interface ConfigSources {
  /** By the flag's name; what was not given is undefined. */
  readonly flags: Readonly<Record<string, string | undefined>>
  readonly env: Environment
  /** The path that a flag names; undefined: what the environment says. */
  readonly file: string | undefined
  /** What a module says that is run in the proxy; the least that counts. */
  readonly module?: { readonly system: string; readonly from: string } | undefined
}

export type ReadConfig =
  | { readonly mistakes: readonly Mistake[]; readonly config?: undefined }
  | {
      readonly mistakes?: undefined
      readonly config: ProxyConfig
      readonly shown: readonly Shown[]
      readonly unused: Variables['unused']
      readonly misspelt: Variables['misspelt']
    }

/** The later, the more it counts. */
const RANKS = { module: 0, file: 1, variable: 2, flag: 3 } as const

interface Origin {
  readonly from: string
  readonly rank: number
}

/** What counts, and where it came from. */
interface Layers {
  readonly values: Map<SettingKey, unknown>
  readonly origins: Map<SettingKey, Origin>
  readonly mistakes: Mistake[]
}

export function readProxyConfig({ env, file, flags, module }: ConfigSources): ReadConfig {
  const layers: Layers = { values: new Map(), origins: new Map(), mistakes: [] }
  if (module !== undefined) take(layers, 'system', module.system, { from: module.from, rank: RANKS.module })
  const path = file ?? env[CONFIG_VARIABLE] ?? ''
  if (path !== '') fromFile(readConfigFile(path), path, layers)
  const variables = readEnvironment(env, flags[SETTINGS.store.flag] !== undefined)
  fromEnvironment(variables, layers)
  fromFlags(flags, layers)
  const { mistakes, origins, values } = layers
  settleListen(layers)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each was read by the form of its setting
  const given = Object.fromEntries(values) as Given
  checkTogether(given, layers)
  const store = settleStore(given, variables, layers)
  const settled = settleCluster(given, store, layers)
  if (mistakes.length > 0) return { mistakes }
  const config = configOf(settled, store, variables.sealing)
  const shown = shownOf(config, (key) => origins.get(key)?.from)
  return { config, shown, unused: unusedOf(variables, config), misspelt: variables.misspelt }
}

function fromFile(file: ConfigFile, path: string, layers: Layers): void {
  layers.mistakes.push(...file.mistakes)
  for (const [key, json] of file.given) {
    const form: Form<unknown> = formOf(key)
    const reading = form.fromJson(json)
    if ('problem' in reading) layers.mistakes.push({ where: `${path} ${key}`, problem: reading.problem })
    else take(layers, key, reading.value, { from: path, rank: RANKS.file })
  }
}

function fromEnvironment({ given, mistakes }: Variables, layers: Layers): void {
  layers.mistakes.push(...mistakes)
  for (const [key, variable] of given) {
    const { from } = variable
    const reading = 'text' in variable ? formOf(key).fromText(variable.text) : variable
    if ('problem' in reading) layers.mistakes.push({ where: from, problem: reading.problem })
    else {
      const { opposite = false } = SETTINGS[key]
      take(layers, key, opposite ? reading.value !== true : reading.value, { from, rank: RANKS.variable })
    }
  }
}

function fromFlags(flags: ConfigSources['flags'], layers: Layers): void {
  for (const key of SETTING_KEYS) {
    const { flag } = SETTINGS[key]
    const text = flags[flag]
    if (text === undefined) continue
    const from = key === 'module' ? 'argument' : `--${flag}`
    const reading = formOf(key).fromText(text)
    if ('problem' in reading) layers.mistakes.push({ where: from, problem: reading.problem })
    else take(layers, key, reading.value, { from, rank: RANKS.flag })
  }
}

function take({ origins, values }: Layers, key: SettingKey, value: unknown, origin: Origin): void {
  values.set(key, value)
  origins.set(key, origin)
}

/** A socket or a port: the one that counts more. From one source both are a mistake. */
function settleListen({ mistakes, origins, values }: Layers): void {
  const socket = origins.get('listen.socket')
  if (socket === undefined) return
  for (const key of ['listen.host', 'listen.port', 'listen.allowedHosts'] as const) {
    const origin = origins.get(key)
    if (origin === undefined) continue
    if (origin.rank === socket.rank) {
      mistakes.push({
        where: whereOf(origin, key),
        problem: `has no effect beside ${whereOf(socket, 'listen.socket')}`,
      })
    }
    const loser = origin.rank > socket.rank ? 'listen.socket' : key
    values.delete(loser)
    origins.delete(loser)
  }
}

/** The store that counts: its URL may leave it to variables who connects. */
function settleStore(given: Given, { credentials }: Variables, { mistakes, origins }: Layers): StorePlan {
  const plan = given.store ?? { kind: 'sqlite', file: systemFile(given.system ?? DEFAULTS.system) }
  const reading = completed(plan, credentials)
  if ('plan' in reading) return reading.plan
  const origin = origins.get('store')
  mistakes.push({
    where: origin === undefined ? 'store' : whereOf(origin, 'store'),
    problem: reading.problem,
  })
  return plan
}

/** Who connects is of use to every database. */
function unusedOf(
  { credentials, given, unused }: Variables,
  { cluster, store }: ProxyConfig,
): readonly string[] {
  const isDatabase = store.kind === 'postgres' || store.kind === 'mariadb'
  const names = isDatabase ? unused.filter((name) => !credentials.from.includes(name)) : unused
  const nats = given.get('cluster.url')?.from
  return cluster === null && nats !== undefined ? [...names, nats].toSorted() : names
}

function checkTogether(given: Given, { mistakes, origins }: Layers): void {
  const interval = origins.get('snapshotInterval')
  if (interval !== undefined && (given.durability ?? DEFAULTS.durability) === 'turn') {
    const problem = 'has no effect while durability is turn: every turn is durable before its reply'
    mistakes.push({ where: whereOf(interval, 'snapshotInterval'), problem })
  }
  const backoff = origins.get('limits.deliveryBackoff')
  const problem = backoffProblem(given)
  if (backoff !== undefined && problem !== null)
    mistakes.push({ where: whereOf(backoff, 'limits.deliveryBackoff'), problem })
}

/**
 * Members share what they keep. A manifest of Spawn may say NATS and mean no more than that other systems can be called: with
 * a store of its own, such a proxy is alone.
 */
function settleCluster(given: Given, { kind }: StorePlan, { mistakes, origins }: Layers): Given {
  const url = origins.get('cluster.url')
  const { 'cluster.url': nats, ...rest } = given
  const isShared = kind === 'postgres' || kind === 'mariadb'
  if (url !== undefined && !isShared && !CLUSTER_VARIABLES.includes(url.from)) {
    const problem = `needs a store that all members share, postgres://… or mariadb://…; this one is ${kind}`
    mistakes.push({ where: whereOf(url, 'cluster.url'), problem })
  }
  if (nats !== undefined && isShared) return given
  if (url === undefined) {
    for (const key of CLUSTER_KEYS) {
      const origin = origins.get(key)
      if (origin === undefined) continue
      const problem = `has no effect without --${SETTINGS['cluster.url'].flag}`
      mistakes.push({ where: whereOf(origin, key), problem })
    }
  }
  return rest
}

const CLUSTER_KEYS = [
  'cluster.name',
  'cluster.node',
  'cluster.zone',
  'cluster.labels',
  'cluster.capacity',
  'cluster.lease',
] as const

function whereOf({ from, rank }: Origin, key: SettingKey): string {
  return rank === RANKS.file ? `${from} ${key}` : from
}

function configOf(given: Given, store: StorePlan, sealing: SealingPlan | null): ProxyConfig {
  const { hosts, userFunction } = DEFAULTS
  const system = given.system ?? DEFAULTS.system
  return {
    system,
    appName: given.appName ?? DEFAULTS.appName,
    listen: listenOf(given),
    userFunction: {
      host: given['userFunction.host'] ?? userFunction.host,
      port: given['userFunction.port'] ?? userFunction.port,
    },
    store,
    sealing,
    cluster: clusterOf(given),
    durability: given.durability ?? DEFAULTS.durability,
    snapshotTimeoutMs: given.snapshotInterval ?? DEFAULTS.snapshotTimeoutMs,
    historyRevisions: given.historyRevisions ?? DEFAULTS.historyRevisions,
    historyDurationMs: given.historyDuration ?? DEFAULTS.historyDurationMs,
    hosts: {
      whenNone: given['hosts.whenNone'] ?? hosts.whenNone,
      concurrency: given['hosts.concurrency'] ?? hosts.concurrency,
      queue: given['hosts.queue'] ?? hosts.queue,
      timeoutMs: given['hosts.timeout'] ?? hosts.timeoutMs,
      connectTimeoutMs: given['hosts.connectTimeout'] ?? hosts.connectTimeoutMs,
      probeEveryMs: given['hosts.probeEvery'] ?? hosts.probeEveryMs,
    },
    limits: limitsFrom(given),
    bodyBytes: given.bodyLimit ?? DEFAULTS.bodyBytes,
    drainMs: given.drain ?? DEFAULTS.drainMs,
    metrics: given.metrics ?? DEFAULTS.metrics,
    logLevel: given.logLevel ?? DEFAULTS.logLevel,
    module: given.module ?? DEFAULTS.module,
  }
}

function clusterOf(given: Given): ClusterPlan | null {
  const nats = given['cluster.url']
  if (nats === undefined) return null
  return {
    nats,
    name: given['cluster.name'] ?? USUAL_CLUSTER.name,
    node: given['cluster.node'] ?? USUAL_CLUSTER.node,
    zone: given['cluster.zone'] ?? USUAL_CLUSTER.zone,
    labels: given['cluster.labels'] ?? USUAL_CLUSTER.labels,
    capacity: given['cluster.capacity'] ?? USUAL_CLUSTER.capacity,
    leaseMs: given['cluster.lease'] ?? USUAL_CLUSTER.leaseMs,
  }
}

function listenOf(given: Given): ListenConfig {
  if (given['listen.socket'] !== undefined) return { socket: given['listen.socket'] }
  return {
    host: given['listen.host'] ?? DEFAULT_ADDRESS.host,
    port: given['listen.port'] ?? DEFAULT_ADDRESS.port,
    allowedHosts: given['listen.allowedHosts'] ?? DEFAULT_ADDRESS.allowedHosts,
  }
}

function formOf(key: SettingKey): Form<unknown> {
  return SETTINGS[key].form
}
