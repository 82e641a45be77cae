// A point in time as people write it, and as it is shown to them. It decides which writings mean exactly one time; whether
// the time suits is the reader's business. A text that could mean two times, or none that the calendar has, is refused.

import { millisecondsOf } from '../base/index.ts'

/** What a refusal says of a time that cannot be read. */
export const TIME_WRITINGS =
  'must be ISO 8601 with a time and an offset, such as 2026-12-01T09:00:00Z, or epoch milliseconds'

/** The same for a time that may be said by how long ago it was. */
export const PAST_TIME_WRITINGS =
  'must be a span such as 90s, 30m or 7d, meaning so long ago, or a time: ISO 8601 with an offset, such as 2026-12-01T09:00:00Z, or epoch milliseconds'

/** The last time that a Date can say, in epoch milliseconds. */
export const MAX_TIME_MS = 8_640_000_000_000_000

/** Numbers below it are taken for the seconds that they most likely are, and refused: March 1973, in epoch milliseconds. */
const LEAST_EPOCH_MS = 100_000_000_000

const ISO = /^(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/

/** Epoch milliseconds; null when the text does not say a time. Parts of a millisecond are dropped. */
export function timeOf(text: string): number | null {
  if (/^\d{1,16}$/.test(text)) {
    const number = Number(text)
    return number >= LEAST_EPOCH_MS && number <= MAX_TIME_MS ? number : null
  }
  const iso = text.toUpperCase()
  const [, year, month, day] = ISO.exec(iso) ?? []
  if (day === undefined) return null
  // Date.parse takes February 30 for March 2.
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)))
  if (date.getUTCDate() !== Number(day)) return null
  const time = Date.parse(iso)
  return Number.isNaN(time) ? null : time
}

/** A time as `timeOf` reads it, or a span with its unit, which means so long before `nowMs`; null when it is neither. */
export function pastTimeOf(text: string, nowMs: number): number | null {
  const spanMs = /[a-z]$/.test(text) ? millisecondsOf(text) : null
  return spanMs === null ? timeOf(text) : Math.max(0, nowMs - spanMs)
}

/** ISO 8601 in UTC; of a time beyond the last one that there is, that one. */
export function isoTime(epochMs: number): string {
  return new Date(Math.min(epochMs, MAX_TIME_MS)).toISOString()
}
