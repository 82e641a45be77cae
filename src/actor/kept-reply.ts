// What is kept of a turn under an idempotency key: its reply, and of which action that is. The action stands in front of the
// type URL, as the version of a state does: stores carry it without looking.
//
// A reply is often what the state says: then both have the same bytes, which are written once.
//
// Invariant: a kept reply is the answer of the action that gave it, and of no other.

import { SpawnError } from '../base/index.ts'
import type { ActionDefinition } from '../ports/index.ts'
import { isSealed, JSON_TYPE_URL, Packed } from '../protocol/index.ts'

const MARK = 'spawn.of.'
const NOTHING = new Uint8Array(0)
/** Of one action, at most: a host in another language may name a type for each reply. */
const TYPES_KNOWN = 16

/** The type URLs of an action's replies as they are kept: made once, and not for each call. */
const marked = new WeakMap<ActionDefinition, Map<string, string>>()
/** The one that was asked for last. */
let last: { readonly action: ActionDefinition; readonly typeUrl: string; readonly type: string } | null = null

/** @param reply null: the turn replied with nothing. */
export function markReply(action: ActionDefinition, reply: Packed | null): Packed {
  return reply === null
    ? new Packed(markedType(action, ''), NOTHING)
    : new Packed(markedType(action, reply.typeUrl), reply.value)
}

/** One that the plain codec of JSON has written. */
export function markJson(action: ActionDefinition, value: Uint8Array): Packed {
  return new Packed(markedType(action, JSON_TYPE_URL), value)
}

export interface KeptReply {
  /** Null: an earlier release has kept it, and did not say. */
  readonly action: string | null
  readonly reply: Packed | null
}

/** @throws SpawnError STATE_UNREADABLE when it is encrypted still. */
export function keptReply(kept: Packed | null): KeptReply {
  // A store with keys has opened it by now. Not every codec would notice: a host's reply goes to its caller as it is.
  if (kept !== null && isSealed(kept)) {
    const advice = 'give the system the keys (SPAWN_STATESTORE_KEY, or the option `encryption`)'
    const text = `the reply that is kept under this idempotency key is encrypted, and there is no key: ${advice}`
    throw new SpawnError('STATE_UNREADABLE', text)
  }
  const [mark, length] = /^spawn\.of\.(\d+)\//.exec(kept?.typeUrl ?? '') ?? []
  if (kept === null || mark === undefined) return { action: null, reply: kept }
  const end = mark.length + Number(length)
  const typeUrl = kept.typeUrl.slice(end)
  const reply = typeUrl === '' ? null : new Packed(typeUrl, kept.value)
  return { action: kept.typeUrl.slice(mark.length, end), reply }
}

/** A key says which call is meant; under one that another action was called with, nobody knows what the caller wants. */
export function usedForAnother(label: string, action: string): SpawnError {
  const text = `${label} did not run: its idempotency key was used for the action "${action}"; a key is for one call`
  return new SpawnError('INVALID_ARGUMENT', text)
}

/**
 * Whether two values are one JSON text. Plain objects are compared by what they hold, one level deep; it may say no of others
 * that are alike.
 */
export function areAlike(first: unknown, second: unknown): boolean {
  if (!isPlain(first) || !isPlain(second)) return false
  if (first === second) return true
  const names = Object.keys(second)
  let at = 0
  for (const name in first) {
    const value = first[name]
    // In the same order, too. Zeros of both signs have one text; what has a form of its own may look at who it belongs to.
    if (name !== names[at] || value !== second[name] || typeof value === 'function') return false
    at += 1
  }
  return at === names.length
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

function markedType(action: ActionDefinition, typeUrl: string): string {
  if (last === null || last.action !== action || last.typeUrl !== typeUrl)
    last = { action, typeUrl, type: knownType(action, typeUrl) }
  return last.type
}

function knownType(action: ActionDefinition, typeUrl: string): string {
  let known = marked.get(action)
  if (known === undefined) marked.set(action, (known = new Map<string, string>()))
  let type = known.get(typeUrl)
  if (type === undefined) {
    type = `${MARK}${action.name.length}/${action.name}${typeUrl}`
    if (known.size < TYPES_KNOWN) known.set(typeUrl, type)
  }
  return type
}
