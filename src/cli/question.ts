// How what is asked is written as HTTP: the address, the query, headers. Decides how a text that a person gave becomes bytes
// that the server reads as the same text.

import { LIMITS } from '../base/index.ts'
import type { Question } from './exchange.ts'
import { usageFailure } from './failure.ts'

export type Metadata = Readonly<Record<string, string>>
/** Undefined: not given. */
export type QueryValues = Readonly<Record<string, string | undefined>>

/** A request that changes nothing. */
export function reading(target: string): Question {
  return { method: 'GET', target, timeoutMs: LIMITS.callTimeoutMs }
}

/** Where a server is, as a person says it: a port alone is one of this machine. @throws Failure USAGE */
export function urlOf(text: string): URL {
  const [, port] = /^:?(\d+)$/.exec(text) ?? []
  const host = port === undefined ? text : `127.0.0.1:${port}`
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `http://${host}`)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw usageFailure(
      `the server's url is an address such as http://127.0.0.1:9001, not ${JSON.stringify(text)}`,
    )
  }
  return url
}

/** With its `?`; empty when no value is given. */
export function queryOf(values: QueryValues): string {
  const given = Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`
}

export function metadataHeaders(metadata: Metadata): Record<string, string> {
  const headers = Object.entries(metadata).map(
    ([key, value]) => [`spawn-metadata-${key}`, headerText(value)] as const,
  )
  return Object.fromEntries(headers)
}

/** Headers carry bytes, which node:http takes as Latin-1; the server reads them as UTF-8. */
export function headerText(value: string): string {
  return Buffer.from(value, 'utf8').toString('latin1')
}
