// Calls within calls: a turn that waits for a call which comes back to its own actor would wait for ever. Such a call is
// refused at once, with the path that it took, unless the actor's definition lets it in (reentry.ts). A query that comes
// back waits for no turn, so it is let in anyway; except for the init action's, before which nothing is seen of the actor.
// A query that waits stands in nobody's way, either.

import { LIMITS, SpawnError } from '../base/index.ts'
import { type ActorId, addressText, sameActor } from '../protocol/index.ts'
import type { Activation } from './activation.ts'
import type { Message } from './message.ts'

/**
 * @param aside whether it would run beside the turns of its actor.
 * @returns the turn that waits for it and lets it in; null: it is like any other call.
 * @throws SpawnError CALL_CYCLE when a turn in the chain of `cause` has to end first, or the chain is too deep.
 */
export function checkChain(
  target: Activation,
  action: string,
  aside: boolean,
  cause: Message,
): Message | null {
  const { definition, pool } = target.residents
  let within: Message | null = null
  // A pool is all in the chain when each of its workers is.
  let others = pool === null ? 0 : pool.size.max - 1
  let depth = 1
  for (let link: Message | null = cause; link !== null; link = link.cause) {
    if (blocks(link, aside) && sameActor(link.self, target.id)) {
      within ??= link
      if (others === 0 && (aside || definition.reentrancy === 'none'))
        throw cycle(target.id, action, cause, link)
      others -= 1
    }
    depth += 1
  }
  if (depth > LIMITS.callDepth) {
    const actor = addressText(target.id)
    const text = `the call of ${cause.label} to "${actor}" is one of more than ${LIMITS.callDepth} nested calls`
    throw new SpawnError('CALL_CYCLE', text)
  }
  return others < 0 && within?.stage === 'running' ? within : null
}

/** Whether a turn keeps another of its own actor waiting. */
function blocks(link: Message, aside: boolean): boolean {
  return aside ? link.starts : !link.aside
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

/** A step of a path, for messages. */
export function step(actor: ActorId, action: string): string {
  return `${addressText(actor)}.${action}`
}
