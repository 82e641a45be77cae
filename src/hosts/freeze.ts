// Freezes a state at any depth, so that a handler that changes it in place hears of it at once. Only data is frozen: plain
// objects, arrays and Protobuf messages; what belongs to a class of its own stays as it is.
//
// Invariant: what is frozen here is frozen at every depth that JSON can have, so a frozen object is not looked into again. That makes it
// cheap: of a next state that shares parts with the one before, only the new parts are walked.

/** Deeper than this no state can be kept (json-value.ts), and the stack would end somewhere. */
const DEPTH_LIMIT = 1_000

/** Freezes `value` in place and answers with it. */
export function deepFreeze<T>(value: T): T {
  freeze(value, 0)
  return value
}

function freeze(value: unknown, depth: number): void {
  if (typeof value === 'object' && value !== null && depth < DEPTH_LIMIT && !Object.isFrozen(value))
    freezeObject(value, depth + 1)
}

function freezeObject(value: object, depth: number): void {
  if (Array.isArray(value)) {
    // Before what is in it, so that a cycle ends.
    Object.freeze(value)
    for (const item of value) freeze(item, depth)
    return
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null && !('$typeName' in value)) return
  Object.freeze(value)
  // Not Object.values: this loop runs for each new state, and makes no arrays.
  for (const key in value) freeze(Reflect.get(value, key), depth)
}
