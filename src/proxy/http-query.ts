// The query of a request: names and values, decoded, each name at most once and only those that the route knows. A name
// that is misspelt or given twice is refused rather than ignored, because either answer to it would be a guess.

import { LIMITS, SpawnError } from '../base/index.ts'
import type { PageRequest } from '../ports/index.ts'
import { PAST_TIME_WRITINGS, pastTimeOf } from './time-text.ts'

export type Query = ReadonlyMap<string, string>

const NO_QUERY: Query = new Map()

/**
 * Parses what stands behind the `?`, as a form writes it: `+` and `%20` are spaces.
 *
 * @param known the names that the route takes; one that ends in a dot stands for all names that begin with it.
 * @throws SpawnError INVALID_ARGUMENT
 */
export function parseQuery(text: string, known: readonly string[]): Query {
  if (text === '') return NO_QUERY
  const query = new Map<string, string>()
  for (const part of text.split('&')) {
    if (part === '') continue
    const equals = part.indexOf('=')
    const name = decode(equals === -1 ? part : part.slice(0, equals), 'name')
    const value = equals === -1 ? '' : decode(part.slice(equals + 1), 'value')
    if (!known.some((one) => (one.endsWith('.') ? name.startsWith(one) : name === one))) {
      const names = known.map((one) => (one.endsWith('.') ? `${one}<key>` : one)).join(', ')
      const takes = names === '' ? 'takes none' : `takes ${names}`
      throw new SpawnError('INVALID_ARGUMENT', `unknown query parameter "${name}"; this path ${takes}`)
    }
    if (query.has(name)) {
      throw new SpawnError('INVALID_ARGUMENT', `the query parameter "${name}" is given more than once`)
    }
    query.set(name, value)
  }
  return query
}

/** A switch: `?async`, `?async=true`, `?async=1`; absent, `false` and `0` are off. */
export function flagOf(query: Query, name: string): boolean {
  const value = query.get(name)
  if (value === undefined || value === 'false' || value === '0') return false
  if (value === '' || value === 'true' || value === '1') return true
  throw new SpawnError('INVALID_ARGUMENT', `the query parameter "${name}" must be true or false`)
}

/** A whole number from 1 to `most`; undefined when it is not given. */
export function numberOf(query: Query, name: string, most: number): number | undefined {
  const value = query.get(name)
  return value === undefined ? undefined : wholeNumber(value, `the query parameter "${name}"`, most)
}

/** A time of the past, or how long ago it was; undefined when it is not given. */
export function pastTimeParameter(query: Query, name: string, nowMs: number): number | undefined {
  const value = query.get(name)
  if (value === undefined) return undefined
  const time = pastTimeOf(withPlus(value), nowMs)
  if (time !== null) return time
  throw new SpawnError('INVALID_ARGUMENT', `the query parameter "${name}" ${PAST_TIME_WRITINGS}`)
}

/** A time as it was written: a bare plus in a query is a space; before an offset it cannot have been one. */
export function withPlus(time: string): string {
  return time.replace(/ (?=\d\d:\d\d$)/, '+')
}

/** The page that a listing is asked for: `limit`, 1 to LIMITS.pageSize, and `after`. */
export function pageOf(query: Query): PageRequest {
  const after = query.get('after')
  const limit = numberOf(query, 'limit', LIMITS.pageSize) ?? LIMITS.defaultPageSize
  return { limit, ...(after !== undefined && { after }) }
}

/**
 * Reads a whole number, written in digits only.
 *
 * @param what how the message calls it.
 * @throws SpawnError INVALID_ARGUMENT when `text` is anything but a whole number from `least` to `most`.
 */
export function wholeNumber(text: string, what: string, most: number, least = 1): number {
  const number = /^[0-9]{1,16}$/.test(text) ? Number(text) : -1
  if (number >= least && number <= most) return number
  throw new SpawnError('INVALID_ARGUMENT', `${what} must be a whole number from ${least} to ${most}`)
}

function decode(text: string, what: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text
  if (!spaced.includes('%')) return spaced
  try {
    return decodeURIComponent(spaced)
  } catch {
    throw new SpawnError(
      'INVALID_ARGUMENT',
      `the ${what} of a query parameter is not valid percent-encoded UTF-8`,
    )
  }
}
