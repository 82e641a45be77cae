// Reads settings that an application wrote, one by one, and refuses what is wrong with them. Every message names the thing
// that was set up, the setting, what is wrong and what is accepted.
//
// Invariant: a setting that nobody reads is refused as unknown, so one that is misspelt is never left out silently.

import { didYouMean, LIMITS, SpawnError } from '../base/index.ts'
import { isPlainObject } from './plain-object.ts'

/** The longest time that a setting can say, in milliseconds: timers take no more. */
const MAX_MS = 2_147_483_647

/** The last time that a Date can say, in epoch milliseconds. */
const MAX_TIME_MS = 8_640_000_000_000_000

const NO_ENTRIES: Readonly<Record<string, string>> = Object.freeze({})

export class Settings {
  /** What the settings are of, for messages: `actor "cart"`. */
  readonly subject: string
  private readonly given: Readonly<Record<string, unknown>>

  /**
   * @param known all settings that there are.
   * @throws SpawnError INVALID_ARGUMENT when `given` is no object, or has a setting that is not known.
   */
  constructor(subject: string, given: unknown, known: readonly string[]) {
    this.subject = subject
    if (!isPlainObject(given)) throw this.error(`needs an object of settings, not ${kindOf(given)}`)
    this.given = given
    for (const name of Object.keys(given)) {
      if (known.includes(name)) continue
      throw this.error(
        `has an unknown setting "${name}"${didYouMean(name, known)}; known are ${known.join(', ')}`,
      )
    }
  }

  has(name: string): boolean {
    return this.given[name] !== undefined
  }

  raw(name: string): unknown {
    return this.given[name]
  }

  /** Settings that mean nothing under a condition: to accept them would hide a mistake. */
  excludes(condition: string, names: readonly string[]): void {
    const name = names.find((candidate) => this.has(candidate))
    if (name !== undefined) throw this.fault(name, `has no effect when ${condition}; leave it out`)
  }

  oneOf<const Choice extends string>(name: string, choices: readonly Choice[], fallback: Choice): Choice {
    const value = this.given[name]
    if (value === undefined) return fallback
    const choice = choices.find((candidate) => candidate === value)
    if (choice !== undefined) return choice
    throw this.fault(
      name,
      `must be one of ${choices.map((one) => `'${one}'`).join(', ')}, not ${shown(value)}`,
    )
  }

  boolean(name: string, fallback: boolean): boolean {
    const value = this.given[name]
    if (value === undefined) return fallback
    if (typeof value === 'boolean') return value
    throw this.fault(name, `must be true or false, not ${shown(value)}`)
  }

  /** A whole number. */
  count(name: string, least: number, fallback: number, most = Number.MAX_SAFE_INTEGER): number {
    const value = this.given[name]
    if (value === undefined) return fallback
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most)
      return value
    const range = most === Number.MAX_SAFE_INTEGER ? `${least}` : `${least} to ${most}`
    throw this.fault(name, `must be a whole number from ${range}, not ${shown(value)}`)
  }

  milliseconds(name: string, fallback: number): number
  milliseconds(name: string, fallback: null): number | null
  milliseconds(name: string, fallback: number | null): number | null {
    const value = this.given[name]
    if (value === undefined) return fallback
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= MAX_MS)
      return value
    throw this.fault(name, `must be a whole number of milliseconds from 1 to ${MAX_MS}, not ${shown(value)}`)
  }

  /** A Date or epoch milliseconds; undefined: it is not given. Parts of a millisecond are dropped. */
  time(name: string): number | undefined {
    const value = this.given[name]
    if (value === undefined) return undefined
    const time = value instanceof Date ? value.getTime() : value
    if (typeof time === 'number' && Math.abs(time) <= MAX_TIME_MS) return Math.floor(time)
    throw this.fault(name, 'must be a valid Date, or epoch milliseconds')
  }

  /** Text by name, at most LIMITS.entries of them, of LIMITS.entriesBytes. */
  entries(name: string): Readonly<Record<string, string>> {
    const value = this.given[name]
    if (value === undefined) return NO_ENTRIES
    if (!isPlainObject(value)) throw this.fault(name, `must be an object of strings, not ${shown(value)}`)
    const entries: Record<string, string> = {}
    for (const [key, text] of Object.entries(value)) {
      if (typeof text !== 'string') throw this.fault(`${name}.${key}`, `must be a string, not ${shown(text)}`)
      entries[key] = text
    }
    const count = Object.keys(entries).length
    if (count > LIMITS.entries)
      throw this.fault(name, `has ${count} entries; at most ${LIMITS.entries} are taken`)
    const bytes = Buffer.byteLength(Object.entries(entries).flat().join(''))
    if (bytes > LIMITS.entriesBytes)
      throw this.fault(name, `has ${bytes} bytes; at most ${LIMITS.entriesBytes} are taken`)
    return Object.freeze(entries)
  }

  /** An error about one setting. */
  fault(name: string, problem: string, cause?: unknown): SpawnError {
    return this.error(`has a bad setting: ${name} ${problem}`, cause)
  }

  /** An error about the whole. */
  error(problem: string, cause?: unknown): SpawnError {
    return new SpawnError('INVALID_ARGUMENT', `${this.subject} ${problem}`, { cause })
  }
}

/** A value for messages: numbers, booleans and short texts as they are, else only its kind. */
export function shown(value: unknown): string {
  if (typeof value === 'string' && value.length <= 40) return JSON.stringify(value)
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return kindOf(value)
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
