// The outcome of a turn as a proxy gets it. It decides how each part reads on the wire, and refuses what the wire cannot
// say: a turn fails rather than losing a part of what it asked for.
//
// Invariant: a state that was not changed is left out, and the proxy keeps what it has.

import { isSpawnError, SpawnError } from '../../base/index.ts'
import type { Outcome, Tags, Workflow } from '../../ports/index.ts'
import { addressText, anyCodec, type Packed } from '../../protocol/index.ts'
import type { HostAnswer, HostWorkflow } from '../../protocol/protobuf/index.ts'
import { type ProxyCalls, unsayable } from './proxy-calls.ts'
import type { WireTurn } from './wire-turn.ts'

/** @throws SpawnError ACTION_FAILED */
export function answerOf(turn: WireTurn, outcome: Outcome, calls: ProxyCalls): HostAnswer {
  const { caller, metadata, self } = turn
  try {
    const { changed, checkpoint, workflow } = outcome
    return {
      self,
      caller,
      metadata,
      state: changed ? turn.definition.state?.stored.pack(outcome.state) : undefined,
      tags: tagsOf(turn, outcome.tags),
      response: responseOf(turn, outcome),
      checkpoint,
      workflow: workflow === null ? null : workflowOf(turn, workflow, calls),
    }
  } catch (cause) {
    if (!isSpawnError(cause)) throw cause
    throw new SpawnError('ACTION_FAILED', `${labelOf(turn)} failed: ${cause.message}`, { cause })
  }
}

function tagsOf(turn: WireTurn, next: Tags | null): Tags {
  if (next === null) return turn.tags
  if (Object.keys(next).length === 0 && Object.keys(turn.tags).length > 0) {
    throw new SpawnError(
      'INVALID_ARGUMENT',
      'it takes all tags away, which cannot be said to a proxy: keep one',
    )
  }
  return next
}

/** Of a forward, another actor's is the answer. */
function responseOf({ action }: WireTurn, { response, workflow }: Outcome): Packed | undefined {
  if (response === undefined || workflow?.route?.kind === 'forward') return undefined
  return action.response.pack(response)
}

function workflowOf(turn: WireTurn, workflow: Workflow, calls: ProxyCalls): HostWorkflow {
  const { broadcasts, effects, route, timers } = workflow
  if (timers !== null) throw unsayable('it', 'a timer that changes')
  const [broadcast, another] = broadcasts
  if (another !== undefined) throw unsayable('it', 'more than one broadcast')
  return {
    effects: effects.map((effect) => {
      const label = `its effect on "${effect.to}"`
      if (effect.reply !== undefined) throw unsayable(label, 'a reply')
      return calls.effect(label, turn.self, effect.to, effect, { ...turn.metadata, ...effect.metadata })
    }),
    broadcast:
      broadcast === undefined
        ? null
        : { channel: broadcast.channel, payload: anyCodec.accept(broadcast.payload) },
    route:
      route === null ? null : { kind: route.kind, to: route.to, ref: route.ref ?? '', action: route.action },
  }
}

function labelOf({ action, self }: WireTurn): string {
  return `"${addressText(self)}" action "${action.name}"`
}
