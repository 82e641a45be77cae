// How the keys of a store are written, in SPAWN_STATESTORE_KEY and elsewhere: one key in base64, or several with ids, of
// which the first seals and the others only open; and `plain` behind them, while what was never sealed is still to be read.
// Decides what is accepted; what is wrong with a key is told without any of it.

import type { KeyService, StateKey } from '../ports/index.ts'
import type { StorePlan } from './store-plan.ts'

export const KEY_BYTES = 32
const ID = /^[A-Za-z0-9._-]{1,32}$/
/** Standard or URL-safe, padded or not. */
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/
const ADVICE = '`openssl rand -base64 32` makes one'

/** What a store is sealed with. */
export interface SealingPlan {
  /** The first seals, unless a service is there; then there may be none. */
  readonly keys: readonly StateKey[]
  /** Absent: all keys are given. */
  readonly service?: KeyService | undefined
  /** Whether what was stored before there was a key is read as it is. */
  readonly readsPlain: boolean
  /** Where the keys of actors' own are kept; absent: beside the states. */
  readonly actorKeys?: StorePlan | undefined
}

export type SealingReading = { readonly plan: SealingPlan } | { readonly problem: string }

/** The variable of Spawn's own proxy. */
export const STATE_KEY_VARIABLE = 'SPAWN_STATESTORE_KEY'

const PLAIN = 'plain'

/** What the environment says; null: nothing. */
export function sealingIn(set: ReadonlyMap<string, string>): SealingReading | null {
  const text = set.get(STATE_KEY_VARIABLE)
  return text === undefined ? null : readStateKeys(text)
}

export function readStateKeys(text: string): SealingReading {
  const all = text.split(',').map((part) => part.trim())
  const readsPlain = all.at(-1) === PLAIN
  const parts = readsPlain ? all.slice(0, -1) : all
  if (parts.length === 0 || parts.includes(PLAIN))
    return { problem: `"${PLAIN}" seals nothing: it comes last, behind the keys` }
  const keys: StateKey[] = []
  for (const [at, part] of parts.entries()) {
    const reading = readKey(part, parts.length === 1)
    const which = parts.length === 1 ? '' : `key ${at + 1} of ${parts.length} `
    if ('problem' in reading) return { problem: `${which}${reading.problem}` }
    if (keys.some(({ id }) => id === reading.key.id))
      return { problem: `${which}has the id "${reading.key.id}", which another one has already` }
    keys.push(reading.key)
  }
  return { plan: { keys, readsPlain } }
}

function readKey(part: string, alone: boolean): { readonly key: StateKey } | { readonly problem: string } {
  const colon = part.indexOf(':')
  const base64 = part.slice(colon + 1).trim()
  const id = colon === -1 ? null : part.slice(0, colon).trim()
  if (id !== null && !isKeyId(id)) {
    return { problem: 'has an id that is not 1 to 32 letters, digits, dots, underscores or hyphens' }
  }
  const named = id === null ? '' : `("${id}") `
  if (base64 === '')
    return { problem: `${named}is empty; it must be ${KEY_BYTES} bytes in base64: ${ADVICE}` }
  if (!BASE64.test(base64)) {
    const format = alone ? '<base64> or <id>:<base64>' : '<id>:<base64>'
    return { problem: `${named}is no base64; it must be ${format} of ${KEY_BYTES} bytes: ${ADVICE}` }
  }
  const secret = Buffer.from(base64, 'base64')
  if (secret.length !== KEY_BYTES) {
    return { problem: `${named}has ${secret.length} bytes; it must have ${KEY_BYTES}: ${ADVICE}` }
  }
  if (secret.every((byte) => byte === secret[0])) {
    return { problem: `${named}is the same byte over and over, which anybody can guess: ${ADVICE}` }
  }
  return { key: { id: id ?? keyIdOf(secret), secret: new Uint8Array(secret) } }
}

export function isKeyId(text: string): boolean {
  return ID.test(text)
}

/** The id of a key that was given none. It tells keys apart and nothing about them. */
export function keyIdOf(secret: Uint8Array): string {
  // Loaded where there are keys: it takes as long as twenty of our modules.
  const { createHash } = process.getBuiltinModule('node:crypto')
  const hash = createHash('sha256').update('spawn state key ').update(secret)
  return hash.digest('hex').slice(0, 8)
}
