// The option `encryption` of a system: with which keys its store is encrypted, from the option or from the environment.
// Nothing is opened here, and nothing of a key is in a message.

import { SpawnError } from '../base/index.ts'
import type { KeyService, StateKey } from '../ports/index.ts'
import {
  isKeyId,
  KEY_BYTES,
  readStateKeys,
  type SealingPlan,
  STATE_KEY_VARIABLE,
} from '../stores/state-keys.ts'
import type { StorePlan } from '../stores/store-plan.ts'
import { completed, readStoreUrl, STORE_FORMS } from '../stores/store-url.ts'
import { surroundingKeys } from './config.ts'
import { Settings, shown } from './settings.ts'

/** With which keys: the first one encrypts, all of them decrypt. */
export interface EncryptionSetting {
  /** As in SPAWN_STATESTORE_KEY: `<base64>`, or `<id>:<base64>,<id>:<base64>`; or keys with 32 bytes each. */
  readonly keys?: string | readonly StateKey[] | undefined
  /**
   * A service that wraps the store's data keys, in place of `keys`; these then only decrypt what was encrypted with them
   * before. It is asked when a system starts, and never for a call.
   */
  readonly service?: KeyService | undefined
  /** Whether what was stored before there was a key is read as it is. Default false; `,plain` at the end of a text says it, too. */
  readonly readsPlain?: boolean | undefined
  /**
   * Where the keys of `erasable` actors and the proofs of erasures are kept: the URL of another store. Default: beside the
   * states, so that backups of these have the keys, too.
   */
  readonly actorKeys?: string | undefined
}

/**
 * @param ownsStore whether the store is the application's own: the environment has no say in it.
 * @throws SpawnError INVALID_ARGUMENT that names what is wrong with a key without any of it.
 */
export function encryptionOf(settings: Settings, ownsStore: boolean): SealingPlan | null {
  const given = settings.raw('encryption')
  if (given === false) return null
  if (given === undefined) return ownsStore ? null : surroundingSealing(settings)
  const encryption = new Settings(`${settings.subject} encryption`, given, [
    'keys',
    'service',
    'readsPlain',
    'actorKeys',
  ])
  const readsPlain = encryption.boolean('readsPlain', false)
  const keys = encryption.raw('keys')
  const service = serviceOf(encryption)
  const rest = { service, actorKeys: actorKeysOf(encryption) }
  if (keys === undefined && service !== undefined) return { keys: [], readsPlain, ...rest }
  if (typeof keys === 'string') {
    const reading = readStateKeys(keys)
    if ('problem' in reading) throw encryption.fault('keys', reading.problem)
    return { keys: reading.plan.keys, readsPlain: readsPlain || reading.plan.readsPlain, ...rest }
  }
  if (Array.isArray(keys) && keys.length > 0 && keys.every(isStateKey)) return { keys, readsPlain, ...rest }
  const forms = 'a text such as SPAWN_STATESTORE_KEY, or keys: { id, secret: 32 bytes }'
  throw encryption.fault('keys', `must be ${forms}`)
}

function serviceOf(encryption: Settings): KeyService | undefined {
  const given = encryption.raw('service')
  if (given === undefined) return undefined
  if (isKeyService(given)) return given
  throw encryption.fault('service', 'must have a name and the methods wrap and unwrap')
}

function isKeyService(value: unknown): value is KeyService {
  if (typeof value !== 'object' || value === null) return false
  const { name, unwrap, wrap }: { name?: unknown; wrap?: unknown; unwrap?: unknown } = value
  return typeof name === 'string' && typeof wrap === 'function' && typeof unwrap === 'function'
}

/** What is wrong with a URL is told without it: it may have a password in it. */
function actorKeysOf(encryption: Settings): StorePlan | undefined {
  const given = encryption.raw('actorKeys')
  if (given === undefined) return undefined
  if (typeof given !== 'string')
    throw encryption.fault('actorKeys', `must be ${STORE_FORMS}, not ${shown(given)}`)
  const reading = readStoreUrl(given)
  const whole = 'plan' in reading ? completed(reading.plan, {}) : reading
  if ('plan' in whole) return whole.plan
  throw encryption.fault('actorKeys', whole.problem)
}

function surroundingSealing(settings: Settings): SealingPlan | null {
  const reading = surroundingKeys()
  if (reading === null) return null
  if ('plan' in reading) return reading.plan
  throw new SpawnError('INVALID_ARGUMENT', `${settings.subject}: ${STATE_KEY_VARIABLE} ${reading.problem}`)
}

function isStateKey(value: unknown): value is StateKey {
  if (typeof value !== 'object' || value === null) return false
  const { id, secret }: { id?: unknown; secret?: unknown } = value
  return typeof id === 'string' && isKeyId(id) && secret instanceof Uint8Array && secret.length === KEY_BYTES
}
