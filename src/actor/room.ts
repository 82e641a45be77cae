// Whether one more message may wait for an actor. Each kind of waiting has the bound of the mailbox: messages in it,
// queries that run or wait, and calls that came back. Before a pool wait as many as before all its workers together.

import { SpawnError } from '../base/index.ts'
import { addressText } from '../protocol/index.ts'
import type { Activation } from './life/activation.ts'
import type { Message } from './message.ts'

/**
 * @param within the turn that a call came back to.
 * @throws SpawnError MAILBOX_FULL
 */
export function checkRoom(activation: Activation, query: boolean, within: Message | null): void {
  const { beside, residents, waiting } = activation
  const ahead = query ? activation.readers : within === null ? waiting : (beside?.waiting ?? 0)
  if (ahead >= residents.room) throw mailboxFull(activation)
}

export function mailboxFull({ id, residents }: Activation): SpawnError {
  const { room: limit } = residents
  const text = `the mailbox of "${addressText(id)}" is full: ${limit} messages wait; call again later`
  return new SpawnError('MAILBOX_FULL', text, { details: { limit } })
}
