// Assertions that stay on in production: a broken invariant is a defect, and stopping beats guessing.

import { SpawnError } from './errors.ts'

/** @throws SpawnError DEFECT when `condition` does not hold. */
export function assert(condition: unknown, invariant: string): asserts condition {
  if (!condition) throw new SpawnError('DEFECT', `invariant broken: ${invariant}`)
}
