// When a call or an effect is to come, as user code says it, and its form as the engine takes it. It decides which ways of
// saying it there are and that only one is used; what a cron expression and a time zone mean is the engine's business.

import type { SpawnError } from '../base/index.ts'
import type { Timing } from '../ports/index.ts'
import { misuse } from './misuse.ts'

/** When something is to happen, if not at once: one of `delay`, `scheduledTo` and `cron`. */
export interface TimingOptions {
  /** Milliseconds from now, from 0. */
  readonly delay?: number | undefined
  /** A time, or its epoch milliseconds. One that has passed means at once. */
  readonly scheduledTo?: Date | number | undefined
  /** Again and again, by a cron expression of five to seven fields. */
  readonly cron?: string | undefined
  /** The IANA time zone of `cron`, such as `Europe/Berlin`; default UTC. */
  readonly timeZone?: string | undefined
}

/** In the types: no timing. */
export interface AtOnce {
  readonly delay?: undefined
  readonly scheduledTo?: undefined
  readonly cron?: undefined
  readonly timeZone?: undefined
}

/** In the types: some timing. */
export type Later =
  | { readonly delay: number; readonly scheduledTo?: undefined; readonly cron?: undefined }
  | { readonly scheduledTo: Date | number; readonly delay?: undefined; readonly cron?: undefined }
  | {
      readonly cron: string
      readonly timeZone?: string | undefined
      readonly delay?: undefined
      readonly scheduledTo?: undefined
    }

export const TIMING_OPTIONS = ['delay', 'scheduledTo', 'cron', 'timeZone'] as const

/** The shortest period of a timer, in milliseconds: each tick is a turn, and a commit. */
export const MIN_TIMER_MS = 10

/** The longest one: what recurs less often is for cron. */
export const MAX_TIMER_MS = 2_147_483_647

/** The last time that a Date can say, in epoch milliseconds. */
const MAX_TIME_MS = 8_640_000_000_000_000

/** Whose timing it is, for messages: `the call of` and `user-1`. Joined for a fault only. */
type Subject = readonly [what: string, name: string]

/** @throws SpawnError INVALID_ARGUMENT that says which option is wrong, and what is accepted. Undefined: at once. */
export function timingOf(subject: Subject, options: TimingOptions): Timing | undefined {
  const { cron, delay, scheduledTo, timeZone } = options
  const ways = Number(delay !== undefined) + Number(scheduledTo !== undefined) + Number(cron !== undefined)
  if (ways > 1) {
    const named = TIMING_OPTIONS.filter((name) => name !== 'timeZone' && options[name] !== undefined)
    throw fault(subject, `has ${named.map((name) => `\`${name}\``).join(' and ')}; only one can be meant`)
  }
  if (timeZone !== undefined && cron === undefined) {
    throw fault(subject, 'has a `timeZone`, which is that of a `cron` expression, and no `cron`')
  }
  if (delay !== undefined) return { delayMs: delayOf(subject, delay) }
  if (scheduledTo !== undefined) return { scheduledToMs: timeOf(subject, scheduledTo) }
  if (cron === undefined) return undefined
  checkText(subject, 'cron', cron)
  if (timeZone === undefined) return { cron }
  checkText(subject, 'timeZone', timeZone)
  return { cron, timeZone }
}

/** Whether a timer may have this period. */
export function isTimerPeriod(ms: unknown): ms is number {
  return typeof ms === 'number' && Number.isInteger(ms) && ms >= MIN_TIMER_MS && ms <= MAX_TIMER_MS
}

/** A part of a millisecond waits for the whole one: nothing comes early. */
function delayOf(subject: Subject, delay: unknown): number {
  if (typeof delay === 'number' && delay >= 0 && delay <= MAX_TIME_MS) return Math.ceil(delay)
  throw fault(subject, 'has a bad `delay`: it must be a number of milliseconds from 0')
}

function timeOf(subject: Subject, scheduledTo: unknown): number {
  const time = scheduledTo instanceof Date ? scheduledTo.getTime() : scheduledTo
  if (typeof time === 'number' && Math.abs(time) <= MAX_TIME_MS) return Math.ceil(time)
  throw fault(subject, 'has a bad `scheduledTo`: it must be a valid Date, or epoch milliseconds')
}

function checkText(subject: Subject, name: string, text: unknown): void {
  if (typeof text === 'string' && text !== '') return
  throw fault(subject, `has a bad \`${name}\`: it must be a text that is not empty`)
}

function fault([what, name]: Subject, problem: string): SpawnError {
  return misuse(`${what} "${name}" ${problem}`)
}
