// A request that HTTP itself has a word for: 405, 413, 415 and their like. The codes of base/errors.ts do not know them;
// to a program such a refusal is a SpawnError like any other, and its status and headers are for HTTP alone.

import { type ErrorCode, SpawnError, type SpawnErrorOptions } from '../base/index.ts'

interface RefusalOptions extends SpawnErrorOptions {
  /** Default: INVALID_ARGUMENT. */
  readonly code?: ErrorCode
  /** Names and values in turn. */
  readonly headers?: readonly string[]
  /** Whether the connection ends with the reply, because the rest of what was sent cannot be read or is not wanted. */
  readonly closes?: boolean
}

export class HttpRefusal extends SpawnError {
  readonly status: number
  readonly headers: readonly string[]
  readonly closes: boolean

  constructor(status: number, message: string, options: RefusalOptions = {}) {
    super(options.code ?? 'INVALID_ARGUMENT', message, options)
    this.status = status
    this.headers = options.headers ?? []
    this.closes = options.closes ?? false
  }
}
