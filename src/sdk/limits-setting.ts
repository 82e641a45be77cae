// The option `limits` of a system: which bounds of the runtime it sets, and how far.
//
// Invariant: a limit that is taken counts; one that could not is refused, with where it is said instead.

import { LIMITS, type Limits, SETTABLE_LIMITS } from '../base/index.ts'
import { isPlainObject } from './plain-object.ts'
import { Settings } from './settings.ts'

/** Limits by name. */
export type LimitsSetting = { readonly [Name in keyof Limits]?: number | undefined }

/** What is each definition's own, and what it is called there. */
const BY_DEFINITION: Partial<Record<keyof typeof LIMITS, string>> = {
  mailbox: 'mailbox',
  idleTimeoutMs: 'deactivateTimeout',
  snapshotTimeoutMs: 'snapshotTimeout',
}

/** @throws SpawnError INVALID_ARGUMENT */
export function limitsOf(settings: Settings): Partial<Limits> {
  const given = settings.raw('limits')
  if (given === undefined) return {}
  if (isPlainObject(given)) for (const name of Object.keys(given)) refuseFixed(settings, name)
  const limits = new Settings(`${settings.subject} limits`, given, Object.keys(SETTABLE_LIMITS))
  const chosen = settable().filter((name) => limits.has(name))
  const values: Partial<Limits> = Object.fromEntries(
    chosen.map((name) => [name, limits.count(name, 1, LIMITS[name], SETTABLE_LIMITS[name])]),
  )
  const { deliveryBackoffMs: firstMs, maxDeliveryBackoffMs: longestMs } = { ...LIMITS, ...values }
  // Who only says the longest means that the first is no longer than it either.
  if (!limits.has('deliveryBackoffMs') || firstMs <= longestMs) return values
  const problem = `is ${firstMs}, longer than maxDeliveryBackoffMs, which is ${longestMs}`
  throw limits.fault('deliveryBackoffMs', problem)
}

function settable(): (keyof Limits)[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a constant has no other keys than its type's
  return Object.keys(SETTABLE_LIMITS) as (keyof Limits)[]
}

function refuseFixed(settings: Settings, name: string): void {
  if (Object.hasOwn(SETTABLE_LIMITS, name) || !isLimit(name)) return
  const own = BY_DEFINITION[name]
  const why =
    own === undefined
      ? `is ${LIMITS[name]} for everyone, since members, hosts and stores rely on it; leave it out`
      : `is each definition's own: actor(name, { ${own} })`
  throw settings.fault(`limits.${name}`, why)
}

function isLimit(name: string): name is keyof typeof LIMITS {
  return Object.hasOwn(LIMITS, name)
}
