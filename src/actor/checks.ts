// What callers and actions may hand in: names, metadata, tags, times. Checked once, at the gateway or at the outcome.

import { LIMITS, SpawnError } from '../base/index.ts'
import type { ActorFilter, Call } from '../ports/index.ts'
import type { Terms } from './terms.ts'

/** Metadata or tags: at most LIMITS.entries text values, and LIMITS.entriesBytes of them. */
export function checkEntries(what: 'metadata' | 'tags', entries: Readonly<Record<string, unknown>>): void {
  let count = 0
  let length = 0
  for (const key in entries) {
    const text = entries[key]
    if (typeof text !== 'string') throw new SpawnError('INVALID_ARGUMENT', `${what}.${key} must be a string`)
    count += 1
    length += key.length + text.length
  }
  if (count > LIMITS.entries) {
    throw new SpawnError(
      'INVALID_ARGUMENT',
      `${what} has ${count} entries; at most ${LIMITS.entries} are taken`,
    )
  }
  checkBytes(what, entries, length)
}

/** Counted only where it may be too much: a UTF-16 unit takes at most three bytes. */
function checkBytes(what: string, entries: Readonly<Record<string, unknown>>, length: number): void {
  if (length * 3 <= LIMITS.entriesBytes) return
  const bytes = Object.entries(entries).reduce((sum, entry) => sum + Buffer.byteLength(entry.join('')), 0)
  if (bytes <= LIMITS.entriesBytes) return
  const text = `${what} has ${bytes} bytes; at most ${LIMITS.entriesBytes} are taken`
  throw new SpawnError('INVALID_ARGUMENT', text)
}

/** How long a call may take, in milliseconds: what it asks for, else what its metadata does, else the default. */
export function timeoutOf(call: Terms, defaultMs: number): number {
  const asked = call.timeoutMs ?? fromMetadata(call)
  if (asked === undefined) return defaultMs
  if (!(asked > 0 && asked <= LIMITS.maxCallTimeoutMs)) {
    const range = `more than 0 and at most ${LIMITS.maxCallTimeoutMs} ms`
    throw new SpawnError('INVALID_ARGUMENT', `a timeout must be ${range}, not ${asked}`)
  }
  return asked
}

function fromMetadata(call: Terms): number | undefined {
  const text = call.metadata?.['request-timeout']
  return text === undefined ? undefined : Number(text)
}

/** Checks what a call brings beside its target and payload. */
export function checkCall(call: Call): void {
  if (typeof call.action !== 'string' || call.action === '') {
    throw new SpawnError('INVALID_ARGUMENT', 'a call must name its action')
  }
  if (call.metadata !== undefined) checkEntries('metadata', call.metadata)
  if (call.idempotencyKey !== undefined) checkKey(call.idempotencyKey)
}

/** A store keeps keys as UTF-8, in which all halves of surrogate pairs are one: two keys with one would be the same. */
function checkKey(key: unknown): void {
  if (typeof key !== 'string' || key === '' || utf8Bytes(key) > LIMITS.nameBytes) {
    throw new SpawnError(
      'INVALID_ARGUMENT',
      `an idempotency key must have 1 to ${LIMITS.nameBytes} bytes of UTF-8`,
    )
  }
  if (!key.isWellFormed()) {
    const fault = 'has half a surrogate pair and is no valid text'
    throw new SpawnError('INVALID_ARGUMENT', `the idempotency key ${fault}`)
  }
}

/** The times of a filter: whole numbers of epoch milliseconds. */
export function checkTimes(filter: Omit<ActorFilter, 'system'>): void {
  for (const name of ['committedFromMs', 'committedBeforeMs'] as const) {
    const time = filter[name]
    if (time === undefined || Number.isSafeInteger(time)) continue
    throw new SpawnError('INVALID_ARGUMENT', `${name} must be a whole number of epoch milliseconds`)
  }
}

/** At most: what cannot be too long is not encoded to be counted. */
function utf8Bytes(text: string): number {
  const most = text.length * 3
  return most <= LIMITS.nameBytes ? most : Buffer.byteLength(text)
}
