// How a failure is told: one line that says what was wrong and one that says what to do, or one JSON document with
// --json, on stderr. An expected failure never shows a stack; a defect always does, because only we can act on it.

import { messageOf } from '../base/index.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { Failure } from './failure.ts'
import { printable, type Terminal } from './terminal.ts'

export function reportFailure(thrown: unknown, terminal: Terminal, json: boolean): ExitCode {
  const failure = thrown instanceof Failure ? thrown : defect(thrown)
  const { message, text, hint, code, details } = failure
  if (json) {
    terminal.note(JSON.stringify({ error: { code, message, hint, details } }))
    return failure.exit
  }
  terminal.note(`${terminal.style('red', 'error:', 'stderr')} ${printable(text)}`)
  for (const line of failure.lines) terminal.note(`       ${printable(line)}`)
  if (hint !== undefined) terminal.note(`       ${printable(hint)}`)
  if (failure.cause instanceof Error && failure.exit === EXIT.defect) terminal.note(failure.cause.stack ?? '')
  return failure.exit
}

function defect(thrown: unknown): Failure {
  return new Failure(`this is a defect of spawn: ${messageOf(thrown)}`, {
    exit: EXIT.defect,
    code: 'DEFECT',
    hint: 'please report it with the lines below',
    cause: thrown,
  })
}
