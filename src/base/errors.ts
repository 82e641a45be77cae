// The one error class and the one table of codes. A code says who must act; how a code looks on a border
// (HTTP, gRPC, the wire) is decided in protocol/status.ts. Messages name the actor and the action, never the payload.

/** Who must act on an error: see docs/errors.md. */
export type ErrorGroup = 'caller' | 'host' | 'busy' | 'mesh' | 'store' | 'defect'

interface CodeFacts {
  readonly group: ErrorGroup
  /** Whether the same call, sent again later without a change, may succeed. */
  readonly retryable: boolean
}

export const ERROR_CODES = {
  INVALID_ARGUMENT: { group: 'caller', retryable: false },
  ACTOR_NOT_FOUND: { group: 'caller', retryable: false },
  ACTION_NOT_FOUND: { group: 'caller', retryable: false },
  UNAUTHENTICATED: { group: 'caller', retryable: false },
  PERMISSION_DENIED: { group: 'caller', retryable: false },
  CALL_CYCLE: { group: 'caller', retryable: false },
  ACTION_FAILED: { group: 'host', retryable: false },
  HOST_UNREACHABLE: { group: 'host', retryable: true },
  HOST_MALFORMED: { group: 'host', retryable: false },
  MAILBOX_FULL: { group: 'busy', retryable: true },
  DEADLINE_EXCEEDED: { group: 'busy', retryable: true },
  CANCELLED: { group: 'busy', retryable: false },
  DRAINING: { group: 'busy', retryable: true },
  NOT_OWNER: { group: 'mesh', retryable: true },
  MEMBER_UNAVAILABLE: { group: 'mesh', retryable: true },
  LEASE_LOST: { group: 'mesh', retryable: true },
  STATE_CONFLICT: { group: 'store', retryable: true },
  STORE_UNAVAILABLE: { group: 'store', retryable: true },
  STATE_UNREADABLE: { group: 'store', retryable: false },
  DEFECT: { group: 'defect', retryable: false },
} as const satisfies Record<string, CodeFacts>

export type ErrorCode = keyof typeof ERROR_CODES

export interface SpawnErrorOptions {
  readonly cause?: unknown
  /** Facts for programs: JSON values only, never a payload or a state. */
  readonly details?: Readonly<Record<string, unknown>>
  /** Overrides the code's default, e.g. for a failure that is known to be final. */
  readonly retryable?: boolean
}

/** The same in every copy of this package that a process may have loaded. */
const MARK = Symbol.for('spawn-mesh.error')

/** Every expected failure of the runtime. Anything else that is thrown is a defect of ours or of a handler. */
export class SpawnError extends Error {
  override readonly name = 'SpawnError'
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, message: string, options: SpawnErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    // Programs without types have codes of their own in mind.
    const facts: CodeFacts | undefined = ERROR_CODES[code]
    if (facts === undefined) throw new TypeError(unknownCode(code))
    this.code = code
    this.retryable = options.retryable ?? facts.retryable
    this.details = options.details ?? {}
  }

  get group(): ErrorGroup {
    return ERROR_CODES[this.code].group
  }
}

function unknownCode(code: string): string {
  const known = Object.keys(ERROR_CODES).join(', ')
  return `there is no error code "${code}": an error of your own goes into details, under one of ${known}`
}

// On the prototype: it costs an error nothing.
Object.defineProperty(SpawnError.prototype, MARK, { value: true })

/** Also one that was made by another copy of this package, unless its code is none that is known here. */
export function isSpawnError(value: unknown): value is SpawnError {
  if (value instanceof SpawnError) return true
  if (!(value instanceof Error) || !(MARK in value)) return false
  return 'code' in value && typeof value.code === 'string' && Object.hasOwn(ERROR_CODES, value.code)
}

/** The text of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
