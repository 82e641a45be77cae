// Whether two values are the same JSON: one that was stored and read again, and one that a caller gave just now.

import { isDeepStrictEqual } from 'node:util'

/** Undefined is the same as undefined only. Neither the order of properties nor those that are undefined count. */
export function sameJson(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(asStored(one), asStored(other))
}

function asStored(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}
