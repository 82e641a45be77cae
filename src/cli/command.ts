// What a command is: a plain value with its help, its options and the function that does the work. Declaring one costs
// nothing; what the work needs is imported inside `run`, so that `spawn --help` stays fast.

import type { ExitCode } from './exit-codes.ts'
import type { Options, ValuesOf } from './option.ts'
import type { Terminal } from './terminal.ts'

export interface Argument {
  readonly name: string
  readonly help: string
  readonly optional?: boolean
}

export interface Example {
  readonly line: string
  readonly what: string
}

export interface Input<O extends Options> {
  /** As given, in order; optional ones may be missing at the end. */
  readonly args: readonly string[]
  readonly options: ValuesOf<O>
  /** All that followed the command's name, as it was written. */
  readonly words: readonly string[]
  readonly json: boolean
}

export interface Command<O extends Options = Options> {
  /** The words that call it: `start`, `actors list`. */
  readonly name: string
  readonly summary: string
  /** Paragraphs for the command's own help. */
  readonly about: string
  readonly args: readonly Argument[]
  readonly options: O
  readonly examples: readonly Example[]
  /** @throws Failure for everything that is expected to go wrong. */
  run(input: Input<O>, terminal: Terminal): Promise<ExitCode>
}

/** Ties the type of `run`'s options to the declared ones. */
export function command<const O extends Options>(declared: Command<O>): Command {
  // Sound because a command is only ever run with the options that arguments.ts read by its own declaration.
  return declared
}
