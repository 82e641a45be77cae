// What JSON can carry. JSON.stringify turns a Map into {} and NaN into null without a word, and a state that was kept so
// would come back as another one after the next load; so a value is looked through before it is written.
//
// Invariant: a value that passes comes back from JSON equal to itself, except that properties that are undefined are left
// out, -0 becomes 0, and an object with a toJSON method or a class of its own comes back as its plain data.

import { LONG_TEXT } from './long-json.ts'

/** Deeper than this, JSON.stringify may run out of stack; a cycle ends here too. */
const DEPTH_LIMIT = 1_000

export interface JsonFault {
  readonly path: readonly PropertyKey[]
  /** What stands there: `an instance of Map`, `NaN`, … */
  readonly what: string
}

/** Nothing is wrong, and somewhere is a text that is long: see long-json.ts. */
export const HAS_LONG_TEXT = 'a long text'

/** The first thing in `value` that JSON would drop or change; else whether there are long texts, or null. */
export function lookThrough(value: unknown): JsonFault | typeof HAS_LONG_TEXT | null {
  return look(value, 0, null)
}

interface Found extends JsonFault {
  readonly path: PropertyKey[]
}

type Seen = Found | typeof HAS_LONG_TEXT | null

function look(value: unknown, depth: number, holder: object | null): Seen {
  switch (typeof value) {
    case 'string':
      return value.length < LONG_TEXT ? null : HAS_LONG_TEXT
    case 'boolean':
      return null
    case 'number':
      return Number.isFinite(value) ? null : found(String(value))
    case 'undefined':
      return holder === null || Array.isArray(holder) ? found('undefined') : null
    case 'object':
      return isObject(value) ? lookInto(value, depth) : null
    default:
      return found(`a ${typeof value}`)
  }
}

function lookInto(value: Readonly<Record<string, unknown>>, depth: number): Seen {
  if (depth >= DEPTH_LIMIT) return found(`a cycle, or more than ${DEPTH_LIMIT} levels`)
  let whole: Seen = null
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at += 1) {
      const seen = look(value[at], depth + 1, value)
      if (seen === null) continue
      if (seen !== HAS_LONG_TEXT) return under(at, seen)
      whole = seen
    }
    return whole
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) {
    if (hasOwnForm(value)) return null
    // A tag of its own (Map, Set, Promise, Error, Uint8Array, …) means content that is not in properties.
    const tag = Object.prototype.toString.call(value).slice(8, -1)
    if (tag !== 'Object') return found(`an instance of ${tag}`)
  }
  // Not Object.entries: this loop is on the path of every durable turn, and makes no arrays.
  for (const key in value) {
    const seen = look(value[key], depth + 1, value)
    if (seen === null || !Object.hasOwn(value, key)) continue
    if (seen === HAS_LONG_TEXT) whole = seen
    else return hasOwnForm(value) ? null : under(key, seen)
  }
  return whole
}

/** An object that says itself what JSON it is. */
function hasOwnForm(value: Readonly<Record<string, unknown>>): boolean {
  return typeof value['toJSON'] === 'function'
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function found(what: string): Found {
  return { path: [], what }
}

function under(key: PropertyKey, fault: Found): Found {
  fault.path.unshift(key)
  return fault
}
