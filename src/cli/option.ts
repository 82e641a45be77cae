// The options of a command as values: how one looks in the help and how its text becomes a typed value. What a wrong
// value is called is decided here; which options a command has, in commands/; where they stand on the line, in arguments.ts.

import { usageFailure } from './failure.ts'
import { didYouMean, millisecondsOf, systemClock } from '../base/index.ts'
import { PAST_TIME_WRITINGS, pastTimeOf, TIME_WRITINGS, timeOf } from '../proxy/time-text.ts'

export interface Option<T> {
  /** One letter, for `-p`. */
  readonly short?: string | undefined
  /** What stands for the value in the help: `<port>`. Null: a flag without a value. */
  readonly value: string | null
  readonly help: string
  readonly many: boolean
  /** @throws Failure USAGE that names the option. */
  read(texts: readonly string[], name: string): T
}

// The type of an option's value does not matter where options are listed.
export type Options = Readonly<Record<string, Option<unknown>>>

export type ValuesOf<O extends Options> = {
  readonly [Name in keyof O]: O[Name] extends Option<infer T> ? T : never
}

export function flag(help: string, short?: string): Option<boolean> {
  return { short, value: null, help, many: false, read: (texts) => texts.length > 0 }
}

export function text(value: string, help: string, short?: string): Option<string | undefined> {
  return { short, value, help, many: false, read: ([given]) => given }
}

/** One of a few words. */
export function choice<const Word extends string>(
  words: readonly Word[],
  help: string,
): Option<Word | undefined> {
  const read = ([given]: readonly string[], name: string): Word | undefined => {
    const found = words.find((word) => word === given)
    if (found !== undefined || given === undefined) return found
    throw usageFailure(
      `--${name} takes ${words.join(', ')}, not ${JSON.stringify(given)}${didYouMean(given, words)}`,
    )
  }
  return { value: words.join('|'), help, many: false, read }
}

export function whole(
  value: string,
  help: string,
  range: { least: number; most: number },
): Option<number | undefined> {
  const read = ([given]: readonly string[], name: string): number | undefined =>
    given === undefined ? undefined : wholeNumber(given, `--${name}`, range)
  return { value, help, many: false, read }
}

/** A whole number, or one word that stands for one. */
export function wholeOr<const Word extends string>(
  word: Word,
  value: string,
  help: string,
  range: { least: number; most: number },
): Option<number | Word | undefined> {
  const read = ([given]: readonly string[], name: string): number | Word | undefined => {
    if (given === undefined) return undefined
    if (given === word) return word
    const count = /^\d{1,9}$/.test(given) ? Number(given) : Number.NaN
    if (count >= range.least && count <= range.most) return count
    const counts = `a whole number from ${range.least} to ${range.most}`
    throw usageFailure(`--${name} takes ${word} or ${counts}, not ${JSON.stringify(given)}`)
  }
  return { value: `${value}|${word}`, help, many: false, read }
}

/** `--tag color=red --tag size=5`. The value may contain further equal signs. */
export function entries(value: string, help: string): Option<Readonly<Record<string, string>>> {
  const read = (texts: readonly string[], name: string): Readonly<Record<string, string>> => {
    const found = new Map<string, string>()
    for (const given of texts) {
      const at = given.indexOf('=')
      if (at < 1) throw usageFailure(`--${name} takes key=value, not ${JSON.stringify(given)}`)
      const key = given.slice(0, at)
      if (found.has(key)) throw usageFailure(`--${name} gives ${JSON.stringify(key)} twice`)
      found.set(key, given.slice(at + 1))
    }
    return Object.fromEntries(found)
  }
  return { value, help, many: true, read }
}

/** A time span in milliseconds: `500`, `500ms`, `30s`, `5m`, `1h`, `2d`. */
export function duration(help: string, range: { least: number; most: number }): Option<number | undefined> {
  const read = ([given]: readonly string[], name: string): number | undefined => {
    if (given === undefined) return undefined
    const spanMs = millisecondsOf(given)
    if (spanMs === null)
      throw usageFailure(`--${name} takes a time such as 500ms, 30s or 5m, not ${JSON.stringify(given)}`)
    return within(spanMs, `--${name}`, range, ' ms')
  }
  return { value: 'time', help, many: false, read }
}

/** A point in time, as it was written: ISO 8601 with an offset, or epoch milliseconds. */
export function time(help: string): Option<string | undefined> {
  const read = ([given]: readonly string[], name: string): string | undefined => {
    if (given === undefined || timeOf(given) !== null) return given
    throw usageFailure(`--${name} ${TIME_WRITINGS}, not ${JSON.stringify(given)}`)
  }
  return { value: 'time', help, many: false, read }
}

/** A point in the past, as it was written: how long ago, ISO 8601 with an offset, or epoch milliseconds. */
export function pastTime(help: string): Option<string | undefined> {
  const read = ([given]: readonly string[], name: string): string | undefined => {
    if (given === undefined || pastTimeOf(given, systemClock.now()) !== null) return given
    throw usageFailure(`--${name} ${PAST_TIME_WRITINGS}, not ${JSON.stringify(given)}`)
  }
  return { value: 'time', help, many: false, read }
}

/** A revision, or a point in the past, as it was written. */
export function moment(help: string): Option<string | undefined> {
  const read = ([given]: readonly string[], name: string): string | undefined => {
    if (given === undefined || /^[1-9]\d{0,14}$/.test(given)) return given
    if (pastTimeOf(given, systemClock.now()) !== null) return given
    const time = `a time (a span such as 30m or 7d ago, or ISO 8601 with an offset)`
    throw usageFailure(`--${name} takes a revision from 1, or ${time}, not ${JSON.stringify(given)}`)
  }
  return { value: 'revision|time', help, many: false, read }
}

function wholeNumber(given: string, name: string, range: { least: number; most: number }): number {
  if (!/^\d{1,15}$/.test(given))
    throw usageFailure(`${name} takes a whole number, not ${JSON.stringify(given)}`)
  return within(Number(given), name, range)
}

function within(value: number, name: string, range: { least: number; most: number }, unit = ''): number {
  if (value >= range.least && value <= range.most) return value
  throw usageFailure(`${name} takes ${range.least}${unit} to ${range.most}${unit}, not ${value}${unit}`)
}
