// A SpawnError on its way between threads or processes: as plain data, and as an error again.

import { messageOf, SpawnError } from './errors.ts'

export interface Failure {
  readonly code: SpawnError['code']
  readonly message: string
  readonly retryable: boolean
  readonly details: SpawnError['details']
  /** What the cause said; null: there was none. */
  readonly cause: string | null
}

export function failureOf(error: SpawnError): Failure {
  const { code, message, retryable, details, cause } = error
  return { code, message, retryable, details, cause: cause === undefined ? null : messageOf(cause) }
}

/** The error on the caller's side. Made where the caller waits, so that its stack names the caller. */
export function errorOf({ code, message, retryable, details, cause }: Failure): SpawnError {
  return new SpawnError(code, message, {
    retryable,
    details,
    ...(cause !== null && { cause: new Error(cause) }),
  })
}
