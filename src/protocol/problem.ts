// An error as an RFC 9457 problem document (`application/problem+json`), and back. It decides the members of the document;
// the statuses are status.ts's.
//
// Invariant: a problem that was read gives an error with the code, message, retryability and details of the one that was
// written, a defect's excepted, which tells nothing but its code.

import { type ErrorCode, SpawnError } from '../base/index.ts'
import { CODE_STATUS, httpStatusOf, isErrorCode, publicMessageOf } from './status.ts'

export const PROBLEM_CONTENT_TYPE = 'application/problem+json'

const TYPE_PREFIX = 'urn:spawn:error:'

export interface Problem {
  /** `urn:spawn:error:` and the code: a name, not an address. */
  readonly type: string
  readonly title: string
  /** The HTTP status. */
  readonly status: number
  readonly detail: string
  readonly code: ErrorCode
  /** Whether the same call, sent again later without a change, may succeed. */
  readonly retryable: boolean
  /** Facts for programs; absent when there are none. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** @param status where HTTP has a status of its own for it (405, 415, …); default: the code's. */
export function toProblem(error: SpawnError, status: number = httpStatusOf(error)): Problem {
  const { code, retryable, details } = error
  return {
    type: TYPE_PREFIX + code,
    title: CODE_STATUS[code].title,
    status,
    detail: publicMessageOf(error),
    code,
    retryable,
    ...(code !== 'DEFECT' && Object.keys(details).length > 0 && { details }),
  }
}

/**
 * The error that an HTTP answer tells of.
 *
 * @param status the HTTP status of the answer, which decides when the body is no problem of ours: a proxy on the way may
 * have answered.
 * @param body the parsed JSON body; anything, when it was not JSON.
 */
export function fromProblem(status: number, body: unknown): SpawnError {
  if (!isRecord(body) || !isErrorCode(body['code'])) {
    return new SpawnError(codeOfHttp(status), `the server answered ${status} without saying why`, {
      details: { status },
    })
  }
  const { code, detail, retryable, details } = body
  return new SpawnError(code, typeof detail === 'string' ? detail : CODE_STATUS[code].title, {
    ...(typeof retryable === 'boolean' && { retryable }),
    ...(isRecord(details) && { details }),
  })
}

function codeOfHttp(status: number): ErrorCode {
  switch (status) {
    case 401:
    case 407:
      return 'UNAUTHENTICATED'
    case 403:
      return 'PERMISSION_DENIED'
    case 408:
    case 504:
      return 'DEADLINE_EXCEEDED'
    case 429:
      return 'MAILBOX_FULL'
    default:
      return status >= 500 ? 'MEMBER_UNAVAILABLE' : 'INVALID_ARGUMENT'
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
