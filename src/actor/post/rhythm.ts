// When something that comes again comes next. Pure: the present is handed in.
//
// Invariant: the next time is after the present, so whatever was missed while nobody was there comes once, not in a burst.
// A period keeps its beat: all its times are the first one and a whole number of periods.

import { Cron } from 'croner'
import { messageOf, SpawnError } from '../../base/index.ts'

export type Rhythm =
  | {
      readonly everyMs: number
      /** What the definition said when this timer was set: if it says something else now, that counts. */
      readonly declaredMs: number
    }
  | { readonly cron: string; readonly timeZone: string }

/** The due time of a timer that was stopped: it stands, so that nobody sets it again, and never comes. */
export const NEVER_MS = Number.MAX_SAFE_INTEGER

/**
 * @param dueMs when it was due the last time.
 * @returns epoch milliseconds; null: it never comes again.
 */
export function nextDueMs(rhythm: Rhythm, dueMs: number, nowMs: number): number | null {
  if ('cron' in rhythm) return nextByCron(rhythm.cron, rhythm.timeZone, Math.max(dueMs, nowMs))
  const missed = Math.max(0, Math.floor((nowMs - dueMs) / rhythm.everyMs))
  return dueMs + (missed + 1) * rhythm.everyMs
}

/**
 * The first time of a cron expression after `afterMs`.
 *
 * @throws SpawnError INVALID_ARGUMENT for an expression or a time zone that there is not.
 */
export function nextByCron(expression: string, timeZone: string, afterMs: number): number | null {
  try {
    return (
      new Cron(expression, { timezone: timeZone, fixedTimeRule: 'no-wildcard' })
        .nextRun(new Date(afterMs))
        ?.getTime() ?? null
    )
  } catch (cause) {
    throw new SpawnError('INVALID_ARGUMENT', faultOf(expression, timeZone, cause), { cause })
  }
}

function faultOf(expression: string, timeZone: string, cause: unknown): string {
  if (!isTimeZone(timeZone)) {
    return `there is no time zone "${timeZone}": it must be a name such as Europe/Berlin, or UTC`
  }
  // Without its own words for where it was thrown.
  const why = messageOf(cause)
    .replace(/^Cron\w*: /, '')
    .replace(/\.$/, '')
  const example = 'five to seven fields, such as "0 9 * * 1-5" for nine o’clock on weekdays'
  return `the cron expression "${expression}" cannot be used; it must be ${example} (${why})`
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name }).format(0)
    return true
  } catch {
    return false
  }
}
