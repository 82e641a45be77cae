// A copy of a small JSON value, for who would else write its text and read that again. It decides of which values there is
// one: plain data of which no more than a few dozen parts have to be copied.
//
// Invariant: a copy is what JSON.parse makes of the text that JSON.stringify writes of the value, and shares nothing with
// the value that can be changed.

/** More texts, numbers and objects than this are not copied. */
const PARTS = 64

/** Stands for a part of which there is no copy. */
const NONE: unique symbol = Symbol('no copy')

/** Undefined: there is none. */
export function copyOfJson(value: unknown): unknown {
  const copy = new Copy().of(value)
  return copy === NONE ? undefined : copy
}

class Copy {
  private left = PARTS

  of(value: unknown): unknown {
    this.left -= 1
    if (this.left < 0) return NONE
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value
      case 'number':
        return Number.isFinite(value) && !Object.is(value, -0) ? value : NONE
      case 'object':
        if (value === null) return null
        return Array.isArray(value) ? this.ofArray(value) : this.ofObject(value)
      default:
        return NONE
    }
  }

  private ofArray(values: readonly unknown[]): unknown {
    if (Object.getPrototypeOf(values) !== Array.prototype || 'toJSON' in values) return NONE
    const copies: unknown[] = []
    for (let at = 0; at < values.length; at += 1) {
      const copy = this.of(values[at])
      if (copy === NONE) return NONE
      copies.push(copy)
    }
    return copies
  }

  private ofObject(value: object): unknown {
    // A method that says what JSON an object is would be found among its properties, and has no copy.
    if (Object.getPrototypeOf(value) !== Object.prototype) return NONE
    const copies: Record<string, unknown> = {}
    for (const key in value) {
      if (key === '__proto__' || !Object.hasOwn(value, key)) return NONE
      const copy = this.of((value as Readonly<Record<string, unknown>>)[key])
      if (copy === NONE) return NONE
      copies[key] = copy
    }
    return copies
  }
}
