// What JSON can carry. JSON.stringify turns a Map into {} and NaN into null without a word, and a state that was kept so
// would come back as another one after the next load; so a value is looked through before it is written.
//
// Invariant: a value that passes comes back from JSON equal to itself, except that properties that are undefined are left
// out, -0 becomes 0, and an object with a toJSON method or a class of its own comes back as its plain data.

/** Deeper than this, JSON.stringify may run out of stack; a cycle ends here too. */
const DEPTH_LIMIT = 1_000

export interface JsonFault {
  readonly path: readonly PropertyKey[]
  /** What stands there: `an instance of Map`, `NaN`, … */
  readonly what: string
}

/** The first thing in `value` that JSON would drop or change; null when there is none. */
export function jsonFault(value: unknown): JsonFault | null {
  return look(value, 0, null)
}

interface Found extends JsonFault {
  readonly path: PropertyKey[]
}

function look(value: unknown, depth: number, holder: object | null): Found | null {
  switch (typeof value) {
    case 'string':
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

function lookInto(value: Readonly<Record<string, unknown>>, depth: number): Found | null {
  if (depth >= DEPTH_LIMIT) return found(`a cycle, or more than ${DEPTH_LIMIT} levels`)
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at += 1) {
      const fault = look(value[at], depth + 1, value)
      if (fault !== null) return under(at, fault)
    }
    return null
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
    const fault = look(value[key], depth + 1, value)
    if (fault !== null && Object.hasOwn(value, key)) return hasOwnForm(value) ? null : under(key, fault)
  }
  return null
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
