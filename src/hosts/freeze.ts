// Freezes a state at any depth, so that a handler that changes it in place hears of it at once. Only data is frozen: plain
// objects, arrays and Protobuf messages; what belongs to a class of its own stays as it is.
//
// Invariant: what is frozen here is frozen at every depth, so a frozen object is not looked into again. That makes it
// cheap: of a next state that shares parts with the one before, only the new parts are walked.

/** Freezes `value` in place and answers with it. */
export function deepFreeze<T>(value: T): T {
  if (!isData(value) || Object.isFrozen(value)) return value
  // Before what is in it, so that a cycle ends.
  Object.freeze(value)
  for (const key of Reflect.ownKeys(value)) deepFreeze(Reflect.get(value, key))
  return value
}

function isData(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return true
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null || '$typeName' in value
}
