// The forms that the value of a setting can have: how each is read from a flag's or a variable's text and from JSON, and
// how it is shown. Which setting has which form is settings.ts's.
//
// Invariant: a problem says what is accepted. It quotes a value only where no secret can stand.

import { bytesOf, isSpawnError, millisecondsOf, sizeText, spanText, truthOf } from '../../base/index.ts'
// Not by the index: a help is made from this table, and needs nothing else of that room.
import { checkName } from '../../protocol/address.ts'
import type { NatsPlan } from '../../cluster/cluster-plan.ts'
import { CLUSTER_FORMS, clusterText, readClusterUrl } from '../../cluster/cluster-url.ts'
import type { Tags } from '../../ports/index.ts'
import type { StorePlan } from '../../stores/store-plan.ts'
import { readStoreUrl, STORE_FORMS, storeText } from '../../stores/store-url.ts'

export type Reading<T> = { readonly value: T } | { readonly problem: string }

export interface Form<T> {
  /** What stands for the value in a help: `<port>`. */
  readonly placeholder: string
  fromText(text: string): Reading<T>
  /** From a configuration file. */
  fromJson(json: unknown): Reading<T>
  /** As it could be written. */
  show(value: T): string
}

interface Range {
  readonly least: number
  readonly most: number
}

/** Text without a form of its own. */
export function text(placeholder: string): Form<string> {
  return {
    placeholder,
    fromText: (given) => ({ value: given }),
    fromJson: (given) =>
      typeof given === 'string' && given !== ''
        ? { value: given }
        : mustBe('a text that is not empty', given),
    show: (value) => value,
  }
}

/** A name as the wire takes it. */
export function name(what: string): Form<string> {
  const checked = (given: string): Reading<string> => {
    try {
      checkName(what, given)
      return { value: given }
    } catch (thrown) {
      if (isSpawnError(thrown)) return { problem: thrown.message }
      throw thrown
    }
  }
  return {
    placeholder: 'name',
    fromText: checked,
    fromJson: (given) => (typeof given === 'string' ? checked(given) : mustBe('a name', given)),
    show: (value) => value,
  }
}

/** One of a few words. @param also other words for them. */
export function choice<const Word extends string>(
  words: readonly Word[],
  also: Readonly<Record<string, Word>> = {},
): Form<Word> {
  const known = new Map<string, Word>([
    ...words.map((word) => [word, word] as const),
    ...Object.entries(also),
  ])
  const read = (given: unknown): Reading<Word> => {
    const value = typeof given === 'string' ? known.get(given) : undefined
    return value === undefined ? mustBe(words.join(' or '), given) : { value }
  }
  return { placeholder: words.join('|'), fromText: read, fromJson: read, show: (value) => value }
}

export const onOff: Form<boolean> = {
  placeholder: 'on|off',
  fromText(given) {
    const value = truthOf(given)
    return value === null ? mustBe('on or off (or true or false)', given) : { value }
  },
  fromJson: (given) => (typeof given === 'boolean' ? { value: given } : mustBe('true or false', given)),
  show: (value) => (value ? 'on' : 'off'),
}

export function whole(placeholder: string, { least, most }: Range): Form<number> {
  const rule = `a whole number from ${least} to ${most}`
  const fits = (value: number): boolean => Number.isSafeInteger(value) && value >= least && value <= most
  return {
    placeholder,
    fromText: (given) =>
      /^\d{1,15}$/.test(given) && fits(Number(given)) ? { value: Number(given) } : mustBe(rule, given),
    fromJson: (given) => (typeof given === 'number' && fits(given) ? { value: given } : mustBe(rule, given)),
    show: String,
  }
}

/** A span of time, in milliseconds. */
export function span(range: Range): Form<number> {
  const rule = `a time from ${spanText(range.least)} to ${spanText(range.most)}, such as 500ms, 30s or 5m`
  return amount('time', rule, range, millisecondsOf, spanText)
}

/** A size, in bytes. */
export function size(range: Range): Form<number> {
  const rule = `a size from ${sizeText(range.least)} to ${sizeText(range.most)}, such as 512KiB or 8MiB`
  return amount('size', rule, range, bytesOf, sizeText)
}

function amount(
  placeholder: string,
  rule: string,
  { least, most }: Range,
  read: (text: string) => number | null,
  show: (value: number) => string,
): Form<number> {
  const checked = (value: number | null, given: unknown): Reading<number> =>
    value !== null && Number.isSafeInteger(value) && value >= least && value <= most
      ? { value }
      : mustBe(rule, given)
  return {
    placeholder,
    fromText: (given) => checked(read(given), given),
    fromJson: (given) =>
      checked(typeof given === 'number' ? given : typeof given === 'string' ? read(given) : null, given),
    show,
  }
}

/** Host names, without ports. */
export const hostNames: Form<readonly string[]> = {
  placeholder: 'name,…',
  fromText: (given) => listOf(given.split(',').map((part) => part.trim())),
  fromJson: (given) => (Array.isArray(given) ? listOf(given) : mustBe('an array of host names', given)),
  show: (value) => (value.length === 0 ? 'none' : value.join(',')),
}

function listOf(given: readonly unknown[]): Reading<readonly string[]> {
  const names: string[] = []
  for (const one of given) {
    if (typeof one !== 'string' || !/^[\w.-]+$/.test(one)) return mustBe('host names without a port', one)
    names.push(one)
  }
  return { value: names }
}

/** A URL that is never quoted: it may have a password in it. */
function secretUrl<T>(
  forms: string,
  read: (given: string) => Reading<T>,
  show: (value: T) => string,
): Form<T> {
  return {
    placeholder: 'url',
    fromText: read,
    fromJson: (given) =>
      typeof given === 'string' ? read(given) : { problem: `must be ${forms}, as a text` },
    show,
  }
}

export const store: Form<StorePlan> = secretUrl(
  STORE_FORMS,
  (given) => {
    const reading = readStoreUrl(given)
    return 'plan' in reading ? { value: reading.plan } : reading
  },
  storeText,
)

export const cluster: Form<NatsPlan> = secretUrl(
  CLUSTER_FORMS,
  (given) => {
    const reading = readClusterUrl(given)
    return 'nats' in reading ? { value: reading.nats } : reading
  },
  clusterText,
)

/** Texts by name. */
export const labels: Form<Tags> = {
  placeholder: 'name=text,…',
  fromText: (given) => labelsOf(given.split(',').map((part) => part.trim().split(/=(.*)/s, 2))),
  fromJson: (given) =>
    typeof given === 'object' && given !== null && !Array.isArray(given)
      ? labelsOf(Object.entries(given))
      : mustBe('an object of texts', given),
  show: (value) =>
    Object.entries(value)
      .map(([key, text]) => `${key}=${text}`)
      .join(','),
}

function labelsOf(given: readonly (readonly unknown[])[]): Reading<Tags> {
  const found: Record<string, string> = {}
  for (const [key, text] of given) {
    if (typeof key !== 'string' || typeof text !== 'string' || key === '' || text === '')
      return mustBe('labels, such as disk=fast,gpu=none', key)
    found[key] = text
  }
  return { value: found }
}

function mustBe(rule: string, given: unknown): { readonly problem: string } {
  return { problem: `must be ${rule}, not ${shown(given)}` }
}

/** Short texts, numbers and booleans as they are, else the kind. */
function shown(given: unknown): string {
  if (typeof given === 'string') return given.length <= 40 ? JSON.stringify(given) : 'a longer text'
  if (typeof given === 'number' || typeof given === 'boolean' || given === null) return String(given)
  return Array.isArray(given) ? 'an array' : 'an object'
}
