// Freezes a state at any depth, so that a handler that changes it in place hears of it at once. Only data is frozen: plain
// objects, arrays and Protobuf messages; what belongs to a class of its own stays as it is.
//
// Invariant: what is frozen here is frozen at every depth, so a frozen object is not looked into again. That makes it
// cheap: of a next state that shares parts with the one before, only the new parts are walked.

/** Freezes `value` in place and answers with it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) freezeObject(value)
  return value
}

function freezeObject(value: object): void {
  if (Array.isArray(value)) {
    // Before what is in it, so that a cycle ends.
    Object.freeze(value)
    for (const item of value) deepFreeze<unknown>(item)
    return
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null && !('$typeName' in value)) return
  Object.freeze(value)
  // Not Object.values: this loop runs for each new state, and makes no arrays.
  for (const key in value) deepFreeze(Reflect.get(value, key))
}
