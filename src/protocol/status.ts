// How an error looks on each border: its HTTP status and its gRPC status; on Spawn's wire it is wire-status.ts's. The codes
// themselves, and whether they are retryable, are base/errors.ts's; docs/errors.md says the same for people. Commands that
// only ask a server read this, too: nothing of Protobuf is needed here, which would double their start.
//
// Invariant: every code has one row, and the message of a defect stays inside: callers learn only that there was one.

import { ERROR_CODES, type ErrorCode, isSpawnError, messageOf, SpawnError } from '../base/index.ts'

/** The gRPC statuses that we answer with. */
const GRPC = {
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const

export interface CodeStatus {
  /** What the code is called for people; the same for every error of the code. */
  readonly title: string
  readonly http: number
  readonly grpc: number
}

export const CODE_STATUS = {
  INVALID_ARGUMENT: { title: 'Invalid argument', http: 400, grpc: GRPC.INVALID_ARGUMENT },
  ACTOR_NOT_FOUND: { title: 'No such actor', http: 404, grpc: GRPC.NOT_FOUND },
  ACTION_NOT_FOUND: { title: 'No such action', http: 404, grpc: GRPC.UNIMPLEMENTED },
  UNAUTHENTICATED: { title: 'Not authenticated', http: 401, grpc: GRPC.UNAUTHENTICATED },
  PERMISSION_DENIED: { title: 'Not permitted', http: 403, grpc: GRPC.PERMISSION_DENIED },
  // In conflict with the caller's own turn; FAILED_PRECONDITION tells clients not to try again.
  CALL_CYCLE: { title: 'Call cycle', http: 409, grpc: GRPC.FAILED_PRECONDITION },
  ACTION_FAILED: { title: 'The action failed', http: 500, grpc: GRPC.UNKNOWN },
  HOST_UNREACHABLE: { title: 'The host is unreachable', http: 503, grpc: GRPC.UNAVAILABLE },
  // Not 502: intermediaries run a call again on that, and the action may have run.
  HOST_MALFORMED: { title: 'The host answered nonsense', http: 500, grpc: GRPC.INTERNAL },
  MAILBOX_FULL: { title: 'The mailbox is full', http: 429, grpc: GRPC.RESOURCE_EXHAUSTED },
  DEADLINE_EXCEEDED: { title: 'Out of time', http: 504, grpc: GRPC.DEADLINE_EXCEEDED },
  // Not 408, which browsers take for an invitation to send again. Whoever cancelled seldom reads it.
  CANCELLED: { title: 'Cancelled by the caller', http: 499, grpc: GRPC.CANCELLED },
  DRAINING: { title: 'Shutting down', http: 503, grpc: GRPC.UNAVAILABLE },
  NOT_OWNER: { title: 'The actor lives elsewhere', http: 503, grpc: GRPC.UNAVAILABLE },
  MEMBER_UNAVAILABLE: { title: 'The member is unavailable', http: 503, grpc: GRPC.UNAVAILABLE },
  LEASE_LOST: { title: 'The lease was lost', http: 503, grpc: GRPC.UNAVAILABLE },
  STATE_CONFLICT: { title: 'Conflicting state', http: 409, grpc: GRPC.ABORTED },
  STORE_UNAVAILABLE: { title: 'The store is unavailable', http: 503, grpc: GRPC.UNAVAILABLE },
  STATE_UNREADABLE: { title: 'The state is unreadable', http: 500, grpc: GRPC.DATA_LOSS },
  DEFECT: { title: 'Internal error', http: 500, grpc: GRPC.INTERNAL },
} as const satisfies Record<ErrorCode, CodeStatus>

const DEFECT_TEXT = 'an internal error; the log of the runtime says more'

export function isErrorCode(text: unknown): text is ErrorCode {
  return typeof text === 'string' && Object.hasOwn(ERROR_CODES, text)
}

/** Anything thrown, as an error with a code: what is none of ours is a defect. */
export function asSpawnError(thrown: unknown): SpawnError {
  return isSpawnError(thrown) ? thrown : new SpawnError('DEFECT', messageOf(thrown), { cause: thrown })
}

/** The message as a caller may see it. */
export function publicMessageOf(error: SpawnError): string {
  return error.code === 'DEFECT' ? DEFECT_TEXT : error.message
}

/** The HTTP status; 413 for a value that is over the payload limit, else the code's own. */
export function httpStatusOf(error: SpawnError): number {
  if (error.code === 'INVALID_ARGUMENT' && error.details['limit'] === 'payloadBytes') return 413
  return CODE_STATUS[error.code].http
}

export function grpcStatusOf(error: SpawnError): number {
  return CODE_STATUS[error.code].grpc
}
