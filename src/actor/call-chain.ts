// Calls within calls: a turn that waits for a call which comes back to its own actor would wait for ever. Such a call is
// refused at once, with the path that it took.

import { LIMITS, SpawnError } from '../base/index.ts'
import { type ActorId, addressText, sameActor } from '../protocol/index.ts'
import type { Message } from './message.ts'

/** @throws SpawnError CALL_CYCLE when a turn in the chain of `cause` is one of `target`, or the chain is too deep. */
export function checkChain(target: ActorId, action: string, cause: Message): void {
  let depth = 1
  for (let link: Message | null = cause; link !== null; link = link.cause) {
    if (sameActor(link.self, target)) throw cycle(target, action, cause, link)
    depth += 1
  }
  if (depth > LIMITS.callDepth) {
    const message = `the call of ${cause.label} to "${addressText(target)}" is one of more than ${LIMITS.callDepth} nested calls`
    throw new SpawnError('CALL_CYCLE', message)
  }
}

function cycle(target: ActorId, action: string, cause: Message, first: Message): SpawnError {
  const path = [step(target, action)]
  for (let link: Message | null = cause; link !== null; link = link.cause) {
    path.unshift(step(link.self, link.action.name))
    if (link === first) break
  }
  const advice = 'each waits for the next; make one of the calls asynchronous'
  return new SpawnError('CALL_CYCLE', `the calls ${path.join(' → ')} form a cycle: ${advice}`, {
    details: { path },
  })
}

function step(actor: ActorId, action: string): string {
  return `${addressText(actor)}.${action}`
}
