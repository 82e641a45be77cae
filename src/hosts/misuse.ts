// The errors of code that used this package wrongly: a misspelt option, two routes in one Value. They are INVALID_ARGUMENT
// where an application calls; within a turn it is the handler who is wrong, and not the caller of its action, so the host
// must be able to tell them from a refusal that a handler throws on purpose.

import { SpawnError } from '../base/index.ts'

/** The same in every copy of this package that a process may have loaded. */
const MARK = Symbol.for('spawn-mesh.misuse')

export function misuse(message: string, cause?: unknown): SpawnError {
  const error = new SpawnError('INVALID_ARGUMENT', message, { cause })
  return Object.defineProperty(error, MARK, { value: true })
}

export function isMisuse(error: SpawnError): boolean {
  return MARK in error
}
