// Fresh identifiers.

import { randomUUID } from 'node:crypto'

/** A random identifier, unique for all practical purposes. */
export function newId(): string {
  return randomUUID()
}
