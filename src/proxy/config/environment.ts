// The environment as an operator of Spawn knows it: which variables say a setting, which are for what is not there yet,
// and which are probably misspelt. It reads no values of the latter, so none of them is ever told.

import { suggestionFor } from '../../base/index.ts'
import { isLaterStore, LATER_STORE, onOff } from './form.ts'
import { SETTING_KEYS, type SettingKey, SETTINGS } from './settings.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** The variable with the path of the configuration file. */
export const CONFIG_VARIABLE = 'PROXY_CONFIG'

export const STATE_KEY_VARIABLE = 'SPAWN_STATESTORE_KEY'

const DEFAULT_SOCKET = '/var/run/spawn.sock'

/** Of settings that say where something is in another way than by their own variable. */
const OTHERS = ['PROXY_UDS_ENABLED', 'PROXY_DATABASE_TYPE', 'PROXY_DATABASE_NAME'] as const

/** For what is not there yet: a manifest that has them starts all the same. */
const LATER: readonly RegExp[] = [
  /^PROXY_GRPC_/,
  /^PROXY_DATABASE_(USERNAME|SECRET|HOST|PORT|POOL_SIZE|SSL|SSL_VERIFY)$/,
  /^SPAWN_(USE_INTERNAL_NATS$|INTERNAL_NATS_|PUBSUB_)/,
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
  'PROXY_DATABASE_SECRET',
  'PROXY_DATABASE_USERNAME',
  'PROXY_DATABASE_HOST',
  'PROXY_DATABASE_PORT',
  'PROXY_DATABASE_POOL_SIZE',
  STATE_KEY_VARIABLE,
  'SPAWN_USE_INTERNAL_NATS',
  'SPAWN_INTERNAL_NATS_HOSTS',
  'SPAWN_PUBSUB_ADAPTER',
  'SPAWN_URL',
  'SPAWN_SYSTEM',
]

/** Edits between a name that is set and the one that may be meant. */
const CLOSE = 2

/** A text that a variable gives to a setting. */
export interface FromVariable {
  readonly text: string
  /** The variable. */
  readonly from: string
}

export interface Variables {
  readonly given: ReadonlyMap<SettingKey, FromVariable>
  readonly mistakes: readonly { readonly where: string; readonly problem: string }[]
  /** Set, known, and without effect. */
  readonly unused: readonly string[]
  readonly misspelt: readonly { readonly name: string; readonly meant: string }[]
  /** There is a key to encrypt states with. */
  readonly hasStateKey: boolean
}

/** @param hasStore whether a flag says where states are kept: then no variable has to. */
export function readEnvironment(env: Environment, hasStore: boolean): Variables {
  // A manifest often sets a variable to nothing where it means none.
  const set = new Map(
    Object.entries(env).filter((entry): entry is [string, string] => (entry[1] ?? '') !== ''),
  )
  const given = new Map<SettingKey, FromVariable>()
  const mistakes: { where: string; problem: string }[] = []
  const unused = [...set.keys()].filter((name) => LATER.some((pattern) => pattern.test(name)))
  for (const key of SETTING_KEYS) {
    const { variable } = SETTINGS[key]
    const text = set.get(variable)
    if (text !== undefined) given.set(key, { text, from: variable })
  }
  socketFrom(set, given, mistakes, unused)
  if (hasStore || given.has('store')) {
    unused.push(...['PROXY_DATABASE_TYPE', 'PROXY_DATABASE_NAME'].filter((name) => set.has(name)))
  } else {
    databaseFrom(set, given, mistakes, unused)
  }
  return {
    given,
    mistakes,
    unused: unused.toSorted(),
    misspelt: misspelt(set),
    hasStateKey: set.has(STATE_KEY_VARIABLE),
  }
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

function databaseFrom(
  set: ReadonlyMap<string, string>,
  given: Map<SettingKey, FromVariable>,
  mistakes: { where: string; problem: string }[],
  unused: string[],
): void {
  const where = 'PROXY_DATABASE_TYPE'
  const kind = set.get(where)?.toLowerCase()
  const file = set.get('PROXY_DATABASE_NAME')
  if (file !== undefined && kind !== 'sqlite') unused.push('PROXY_DATABASE_NAME')
  if (kind === 'memory') given.set('store', { text: 'memory', from: where })
  else if (kind === 'sqlite') {
    if (file !== undefined) given.set('store', { text: `sqlite:${file}`, from: 'PROXY_DATABASE_NAME' })
  } else if (kind !== undefined) {
    mistakes.push({ where, problem: isLaterStore(kind) ? LATER_STORE : 'must be memory or sqlite' })
  }
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
