// The question before something that cannot be undone. Nobody to ask is no yes: then the command needs --yes.

import { EXIT } from './exit-codes.ts'
import { Failure, usageFailure } from './failure.ts'
import type { Terminal } from './terminal.ts'

/**
 * Returns after a yes.
 *
 * @param deed what the question is about, for the hint and the failure: `deleted`.
 * @throws Failure USAGE where nobody can be asked, CANCELLED when the answer is anything but yes.
 */
export async function confirm(
  question: string,
  deed: 'deleted' | 'discarded',
  terminal: Terminal,
): Promise<void> {
  const verb = deed === 'deleted' ? 'delete' : 'discard'
  if (!terminal.interactive) {
    throw usageFailure('nobody can be asked here', `to ${verb} without a question, add --yes`)
  }
  const answer = await terminal.ask(`${question} [y/N] `)
  if (!/^y(es)?$/i.test(answer.trim()))
    throw new Failure(`nothing was ${deed}`, { exit: EXIT.failed, code: 'CANCELLED' })
}
