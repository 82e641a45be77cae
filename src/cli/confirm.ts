// The question before something that cannot be undone. Nobody to ask is no yes: then the command needs --yes.

import { EXIT } from './exit-codes.ts'
import { Failure, usageFailure } from './failure.ts'
import type { Terminal } from './terminal.ts'

/** What the question is about, for the hint and the failure, with how one says to do it. */
const VERBS = {
  deleted: 'delete',
  discarded: 'discard',
  drained: 'drain',
  erased: 'erase',
  restored: 'restore',
} as const

export type Deed = keyof typeof VERBS

/** @throws Failure USAGE where nobody can be asked. */
export function checkAskable(deed: Deed, { interactive }: Terminal): void {
  if (interactive) return
  throw usageFailure('nobody can be asked here', `to ${VERBS[deed]} without a question, add --yes`)
}

/**
 * Returns after a yes.
 *
 * @throws Failure USAGE where nobody can be asked, CANCELLED when the answer is anything but yes.
 */
export async function confirm(question: string, deed: Deed, terminal: Terminal): Promise<void> {
  checkAskable(deed, terminal)
  const answer = await terminal.ask(`${question} [y/N] `)
  if (!/^y(es)?$/i.test(answer.trim()))
    throw new Failure(`nothing was ${deed}`, { exit: EXIT.failed, code: 'CANCELLED' })
}
