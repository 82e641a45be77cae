// The environment as an operator of Spawn knows it: which variables say a setting, which are for what is not there yet,
// and which are probably misspelt. It reads no values of the latter, so none of them is ever told.

import { suggestionFor } from '../../base/index.ts'
import type { NatsPlan } from '../../cluster/cluster-plan.ts'
import { CLUSTER_VARIABLES, readClusterVariables } from '../../cluster/cluster-variables.ts'
import { sealingIn, type SealingPlan, STATE_KEY_VARIABLE } from '../../stores/state-keys.ts'
import type { StorePlan } from '../../stores/store-plan.ts'
import {
  type Credentials,
  credentialsIn,
  readStoreVariables,
  STORE_VARIABLES,
} from '../../stores/store-variables.ts'
import { onOff } from './form.ts'
import { SETTING_KEYS, type SettingKey, SETTINGS } from './settings.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** The variable with the path of the configuration file. */
export const CONFIG_VARIABLE = 'PROXY_CONFIG'

const DEFAULT_SOCKET = '/var/run/spawn.sock'

/** Of settings that say where something is in another way than by their own variable. */
const OTHERS = ['PROXY_UDS_ENABLED', ...STORE_VARIABLES, ...CLUSTER_VARIABLES]

/** For what is not there yet: a manifest that has them starts all the same. */
const LATER: readonly RegExp[] = [
  /^PROXY_GRPC_/,
  /^SPAWN_PUBSUB_/,
  /^SPAWN_(DELAYED_INVOKES|PROXY_TASK_CONFIG)$/,
  /^ACTORS_GLOBAL_BACKPRESSURE_ENABLED$/,
  /^OTEL_/,
]

/** Examples of the above, for suggestions, and what is read elsewhere. */
const ALSO_KNOWN = [
  'PROXY_GRPC_PORT',
  'PROXY_GRPC_SERVER_ENABLED',
  'PROXY_GRPC_REFLECTION_ENABLED',
  'PROXY_GRPC_HTTP_TRANSCODING_ENABLED',
  'PROXY_GRPC_INCLUDE_PROTOS_PATH',
  STATE_KEY_VARIABLE,
  'SPAWN_PUBSUB_ADAPTER',
  'SPAWN_URL',
  'SPAWN_SYSTEM',
]

/** Edits between a name that is set and the one that may be meant. */
const CLOSE = 2

/** What a variable gives to a setting: a text to be read, or what several variables say together. */
export type FromVariable = ({ readonly text: string } | { readonly value: StorePlan | NatsPlan }) & {
  /** The variable. */
  readonly from: string
}

export interface Variables {
  readonly given: ReadonlyMap<SettingKey, FromVariable>
  readonly mistakes: readonly { readonly where: string; readonly problem: string }[]
  /** Set, known, and without effect. */
  readonly unused: readonly string[]
  readonly misspelt: readonly { readonly name: string; readonly meant: string }[]
  /** Who connects to a store, where its URL does not say it. */
  readonly credentials: Credentials
  /** What states are encrypted with; null: they are not. */
  readonly sealing: SealingPlan | null
}

/** @param hasStore whether a flag says where states are kept: then no variable has to. */
export function readEnvironment(env: Environment, hasStore: boolean): Variables {
  const set = valuesIn(env)
  const given = new Map<SettingKey, FromVariable>()
  const mistakes: { where: string; problem: string }[] = []
  const unused = [...set.keys()].filter((name) => LATER.some((pattern) => pattern.test(name)))
  for (const key of SETTING_KEYS) {
    const { variable } = SETTINGS[key]
    const text = set.get(variable)
    if (text !== undefined) given.set(key, { text, from: variable })
  }
  socketFrom(set, given, mistakes, unused)
  const credentials = credentialsIn(set)
  const sealing = sealingIn(set)
  if (sealing !== null && 'problem' in sealing)
    mistakes.push({ where: STATE_KEY_VARIABLE, problem: sealing.problem })
  storeFrom(set, hasStore, given, mistakes, unused)
  clusterFrom(set, given, mistakes, unused)
  return {
    given,
    mistakes,
    unused: unused.toSorted(),
    misspelt: misspelt(set),
    credentials,
    sealing: sealing !== null && 'plan' in sealing ? sealing.plan : null,
  }
}

/** What is set. A manifest often sets a variable to nothing where it means none. */
export function valuesIn(env: Environment): ReadonlyMap<string, string> {
  return new Map(Object.entries(env).filter((entry): entry is [string, string] => (entry[1] ?? '') !== ''))
}

/** A socket is on when its switch is, and then goes before a port: manifests set the port in any case. */
function socketFrom(
  set: ReadonlyMap<string, string>,
  given: Map<SettingKey, FromVariable>,
  mistakes: { where: string; problem: string }[],
  unused: string[],
): void {
  const where = 'PROXY_UDS_ENABLED'
  const reading = onOff.fromText(set.get(where) ?? 'off')
  if ('problem' in reading) mistakes.push({ where, problem: reading.problem })
  if ('value' in reading && reading.value) {
    if (!given.has('listen.socket')) given.set('listen.socket', { text: DEFAULT_SOCKET, from: where })
    for (const key of ['listen.host', 'listen.port', 'listen.allowedHosts'] as const) {
      if (given.delete(key)) unused.push(SETTINGS[key].variable)
    }
  } else if (given.delete('listen.socket')) {
    unused.push(SETTINGS['listen.socket'].variable)
  }
}

/** The variables of a database count where no URL of a store is given that goes before them. */
function storeFrom(
  set: ReadonlyMap<string, string>,
  hasStore: boolean,
  given: Map<SettingKey, FromVariable>,
  mistakes: { where: string; problem: string }[],
  unused: string[],
): void {
  const variables = readStoreVariables(set)
  if (hasStore || given.has('store')) {
    unused.push(...STORE_VARIABLES.filter((name) => set.has(name)))
    return
  }
  const { from, plan } = variables
  if (plan !== null) given.set('store', { value: plan, from })
  mistakes.push(...variables.mistakes)
  unused.push(...variables.unused)
}

/** The variables of Spawn's own proxy count where no URL of a cluster is given that goes before them. */
function clusterFrom(
  set: ReadonlyMap<string, string>,
  given: Map<SettingKey, FromVariable>,
  mistakes: { where: string; problem: string }[],
  unused: string[],
): void {
  if (given.has('cluster.url')) {
    unused.push(...CLUSTER_VARIABLES.filter((name) => set.has(name)))
    return
  }
  const variables = readClusterVariables(set)
  const { from, nats } = variables
  if (nats !== null) given.set('cluster.url', { value: nats, from })
  mistakes.push(...variables.mistakes)
  unused.push(...variables.unused)
}

function misspelt(set: ReadonlyMap<string, string>): { name: string; meant: string }[] {
  const known = [
    ...SETTING_KEYS.map((key) => SETTINGS[key].variable),
    CONFIG_VARIABLE,
    ...OTHERS,
    ...ALSO_KNOWN,
  ]
  const found: { name: string; meant: string }[] = []
  for (const name of set.keys()) {
    if (!/^(PROXY|SPAWN|USER_FUNCTION)_/.test(name)) continue
    if (known.includes(name) || LATER.some((pattern) => pattern.test(name))) continue
    const meant = suggestionFor(name, known, CLOSE)
    if (meant !== undefined) found.push({ name, meant })
  }
  return found
}
