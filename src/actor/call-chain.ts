// Calls within calls: a turn that waits for a call which comes back to its own actor would wait for ever. Such a call is
// refused at once, with the path that it took, unless the actor's definition lets it in (reentry.ts). A query that comes
// back waits for no turn, so it is let in anyway; except for the init action's, before which nothing is seen of the actor.
// A query that waits stands in nobody's way, either. The chain goes over members; of a pool, only workers of this one count.

import { LIMITS, SpawnError } from '../base/index.ts'
import { type ActorId, addressText, sameActor } from '../protocol/index.ts'
import type { Activation } from './life/activation.ts'
import { type Cause, ForeignTurn } from './away/foreign-turn.ts'
import type { Message } from './message.ts'

/**
 * @param aside whether it would run beside the turns of its actor.
 * @returns the turn that waits for it and lets it in; null: it is like any other call.
 * @throws SpawnError CALL_CYCLE when a turn in the chain of `cause` has to end first, or the chain is too deep.
 */
export function checkChain(
  target: Pick<Activation, 'id' | 'residents'>,
  action: string,
  aside: boolean,
  cause: Cause,
): Message | null {
  const { definition, pool } = target.residents
  let within: Cause | null = null
  // A pool is all in the chain when each of its workers is.
  let others = pool === null ? 0 : pool.size.max - 1
  let depth = 1
  for (let link: Cause | null = cause; link !== null; link = link.cause) {
    if (
      blocks(link, aside) &&
      sameActor(link.self, target.id) &&
      !(pool !== null && link instanceof ForeignTurn)
    ) {
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
  if (others >= 0 || within === null || within instanceof ForeignTurn) return null
  return within.stage === 'running' ? within : null
}

/** Whether a turn keeps another of its own actor waiting. */
function blocks(link: Cause, aside: boolean): boolean {
  return aside ? link.starts : !link.aside
}

function cycle(target: ActorId, action: string, cause: Cause, first: Cause): SpawnError {
  const path = [step(target, action)]
  for (let link: Cause | null = cause; link !== null; link = link.cause) {
    path.unshift(step(link.self, link.action.name))
    if (link === first) break
  }
  const advice = 'each waits for the next; make one of the calls asynchronous'
  return new SpawnError('CALL_CYCLE', `the calls ${path.join(' → ')} form a cycle: ${advice}`, {
    details: { path },
  })
}

/** A step of a path, for messages. */
export function step(actor: Pick<ActorId, 'parent' | 'name'>, action: string): string {
  return `${addressText(actor)}.${action}`
}
