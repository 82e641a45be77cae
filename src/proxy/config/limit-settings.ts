// The settings that are limits of the runtime: those that a system may set in code, for all systems of a proxy.

import { LIMITS, type Limits, SETTABLE_LIMITS, spanText } from '../../base/index.ts'
import { type Form, size, span, whole } from './form.ts'
import type { Setting } from './settings.ts'

/** More of anything than a process has memory for. */
const MOST = 1_000_000_000
const MOST_BYTES = 1_099_511_627_776
const DAY_MS = 86_400_000
const CENTURY_MS = 36_525 * DAY_MS

const count = (most: number = MOST): Form<number> => whole('count', { least: 1, most })
const bytes = (most: number = MOST_BYTES): Form<number> => size({ least: 1, most })
const time = (most: number = DAY_MS): Form<number> => span({ least: 1, most })

const KEYS = {
  callTimeoutMs: 'limits.callTimeout',
  residentActors: 'limits.residentActors',
  residentBytes: 'limits.residentBytes',
  commitGroup: 'limits.commitGroup',
  commitGroupBytes: 'limits.commitGroupBytes',
  loadGroup: 'limits.loadGroup',
  turnSends: 'limits.turnSends',
  turnSendBytes: 'limits.turnSendBytes',
  hops: 'limits.hops',
  deliveries: 'limits.deliveries',
  deliveryBytes: 'limits.deliveryBytes',
  deliveryAttempts: 'limits.deliveryAttempts',
  deliveryBackoffMs: 'limits.deliveryBackoff',
  maxDeliveryBackoffMs: 'limits.maxDeliveryBackoff',
  outcomeRetentionMs: 'limits.outcomeRetention',
} as const satisfies { readonly [Name in keyof Limits]: string }

export type LimitKey = (typeof KEYS)[keyof Limits]
export type GivenLimits = { readonly [Key in LimitKey]?: number }

export const LIMIT_SETTINGS: { readonly [Key in LimitKey]: Setting<number> } = {
  'limits.callTimeout': {
    flag: 'call-timeout',
    variable: 'PROXY_LIMITS_CALL_TIMEOUT',
    form: time(LIMITS.maxCallTimeoutMs),
    help: 'How long a call may take that does not say so itself',
  },
  'limits.residentActors': {
    flag: 'resident-actors',
    variable: 'PROXY_LIMITS_RESIDENT_ACTORS',
    form: count(),
    help: 'Actors of a system in memory at once; beyond, the least recently used idle ones leave it',
  },
  'limits.residentBytes': {
    flag: 'resident-bytes',
    variable: 'PROXY_LIMITS_RESIDENT_BYTES',
    form: bytes(),
    help: 'Likewise the bytes of their states',
  },
  'limits.commitGroup': {
    flag: 'commit-group',
    variable: 'PROXY_LIMITS_COMMIT_GROUP',
    form: count(LIMITS.commitGroup),
    help: 'Actors that are committed together, at most',
  },
  'limits.commitGroupBytes': {
    flag: 'commit-group-bytes',
    variable: 'PROXY_LIMITS_COMMIT_GROUP_BYTES',
    form: bytes(SETTABLE_LIMITS.commitGroupBytes),
    help: 'Likewise the bytes of what they commit; a larger commit goes alone',
  },
  'limits.loadGroup': {
    flag: 'load-group',
    variable: 'PROXY_LIMITS_LOAD_GROUP',
    form: count(LIMITS.loadGroup),
    help: 'Actors that are loaded together, at most',
  },
  'limits.turnSends': {
    flag: 'turn-sends',
    variable: 'PROXY_LIMITS_TURN_SENDS',
    form: count(),
    help: 'Effects and broadcast receivers of one turn',
  },
  'limits.turnSendBytes': {
    flag: 'turn-send-bytes',
    variable: 'PROXY_LIMITS_TURN_SEND_BYTES',
    // The reply of a host has no room for more.
    form: bytes(LIMITS.turnSendBytes),
    help: 'Bytes of all payloads that one turn sends',
  },
  'limits.hops': {
    flag: 'hops',
    variable: 'PROXY_LIMITS_HOPS',
    form: count(),
    help: 'Hops of one call through pipes and forwards',
  },
  'limits.deliveries': {
    flag: 'deliveries',
    variable: 'PROXY_LIMITS_DELIVERIES',
    form: count(),
    help: 'Messages of a system in memory for delivery; more wait in the store',
  },
  'limits.deliveryBytes': {
    flag: 'delivery-bytes',
    variable: 'PROXY_LIMITS_DELIVERY_BYTES',
    form: bytes(),
    help: 'Likewise the bytes of their payloads',
  },
  'limits.deliveryAttempts': {
    flag: 'delivery-attempts',
    variable: 'PROXY_LIMITS_DELIVERY_ATTEMPTS',
    form: count(),
    help: 'Deliveries of a message before it becomes a dead letter',
  },
  'limits.deliveryBackoff': {
    flag: 'delivery-backoff',
    variable: 'PROXY_LIMITS_DELIVERY_BACKOFF',
    form: time(),
    help: 'How long the second delivery waits; each later one twice as long',
  },
  'limits.maxDeliveryBackoff': {
    flag: 'max-delivery-backoff',
    variable: 'PROXY_LIMITS_MAX_DELIVERY_BACKOFF',
    form: time(),
    help: 'How long a delivery waits at most',
  },
  'limits.outcomeRetention': {
    flag: 'outcome-retention',
    variable: 'PROXY_LIMITS_OUTCOME_RETENTION',
    form: time(CENTURY_MS),
    help: 'How long replies are kept under idempotency keys',
  },
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the names of the constant above
const NAMES = Object.keys(KEYS) as (keyof Limits)[]

/** What was given of them. */
export function limitsFrom(given: GivenLimits): Partial<Limits> {
  const said = NAMES.filter((name) => given[KEYS[name]] !== undefined)
  return Object.fromEntries(said.map((name) => [name, given[KEYS[name]]]))
}

/** What counts, as settings. */
export function limitValues(limits: Partial<Limits>): GivenLimits {
  return Object.fromEntries(NAMES.map((name) => [KEYS[name], limits[name] ?? LIMITS[name]]))
}

/** What is wrong with them together; null: nothing. Who only says the longest means that the first is no longer either. */
export function backoffProblem(given: GivenLimits): string | null {
  const firstMs = given['limits.deliveryBackoff']
  const longestMs = given['limits.maxDeliveryBackoff'] ?? LIMITS.maxDeliveryBackoffMs
  if (firstMs === undefined || firstMs <= longestMs) return null
  return `must be no longer than limits.maxDeliveryBackoff, which is ${spanText(longestMs)}`
}
