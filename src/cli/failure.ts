// The failures that `spawn` expects. Each is one line for people, a hint that says what to do, and an exit code.
// Anything else that is thrown is a defect and is printed with its stack (report.ts).

import { EXIT, type ExitCode } from './exit-codes.ts'

export interface FailureOptions {
  readonly exit: ExitCode
  /** For programs: one of the codes of docs/errors.md, or one of ours: docs/cli.md. */
  readonly code: string
  /** Whether people read the code, too, because it is the server's word for what went wrong. Default: they do not. */
  readonly showsCode?: boolean
  /** What to do, as a sentence without its full stop. */
  readonly hint?: string | undefined
  /** What belongs to the message, one by one. */
  readonly lines?: readonly string[] | undefined
  readonly details?: Readonly<Record<string, unknown>> | undefined
  readonly cause?: unknown
}

export class Failure extends Error {
  override readonly name = 'Failure'
  readonly exit: ExitCode
  readonly code: string
  readonly hint: string | undefined
  readonly #showsCode: boolean
  readonly lines: readonly string[]
  readonly details: Readonly<Record<string, unknown>> | undefined

  constructor(message: string, options: FailureOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.exit = options.exit
    this.code = options.code
    this.#showsCode = options.showsCode ?? false
    this.hint = options.hint
    this.lines = options.lines ?? []
    this.details = options.details
  }

  /** Its message, as people read it. */
  get text(): string {
    return this.#showsCode ? `${this.code}: ${this.message}` : this.message
  }

  /** The same, with some of it said in another way. */
  with(more: Partial<Pick<Failure, 'message' | 'hint' | 'details' | 'cause'>>): Failure {
    const { cause, code, details, exit, hint, lines, message } = this
    const { message: text = message, ...others } = more
    const showsCode = this.#showsCode
    return new Failure(text, { exit, code, showsCode, hint, lines, details, cause, ...others })
  }
}

/** The command line is wrong. */
export function usageFailure(message: string, hint?: string): Failure {
  return new Failure(message, { exit: EXIT.usage, code: 'USAGE', hint })
}
