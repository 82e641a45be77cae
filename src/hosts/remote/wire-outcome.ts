// What a host process answered, as the engine takes it: an ActorInvocationResponse to an Outcome. It decides what counts as
// changed and what follows from a turn; whether it can be kept and sent is the engine's business.
//
// Invariant: an outcome is whole, or there is none: an answer with any part that cannot be meant is HOST_MALFORMED.

import type { Effect, Outcome, Route, Tags, Turn, Workflow } from '../../ports/index.ts'
import { Packed } from '../../protocol/index.ts'
import {
  type ActorInvocationResponse,
  packedOf,
  readHostAnswer,
  type WireEffect,
  type WireWorkflow,
} from '../../protocol/protobuf/index.ts'
import { type Culprit, malformed } from './failure.ts'

/**
 * @param hint what else is known of a body that cannot be read.
 * @throws SpawnError HOST_MALFORMED
 */
export function outcomeOf(turn: Turn, body: Uint8Array, who: Culprit, hint: string): Outcome {
  const { actorName, checkpoint, payload, updatedContext: context, workflow } = decoded(turn, body, who, hint)
  if (context === undefined) throw malformed(turn, who, `answered without updated_context${hint}`)
  // One that answers twice on a connection would have its second answer taken for that of the next turn.
  if (actorName !== '' && actorName !== turn.self.name && actorName !== turn.self.parent)
    throw malformed(turn, who, 'answered for another actor')
  const state = packedOf(context.state)
  return {
    changed: state !== undefined && turn.definition.state !== null && !isSame(turn, state),
    state,
    tags: tagsOf(turn, context.tags),
    response: payload.case === 'value' ? packedOf(payload.value) : undefined,
    checkpoint,
    workflow: workflow === undefined ? null : workflowOf(turn, workflow, who),
  }
}

function decoded(turn: Turn, body: Uint8Array, who: Culprit, hint: string): ActorInvocationResponse {
  try {
    return readHostAnswer(body)
  } catch (cause) {
    const what = `answered ${body.length} bytes${hint} that are no ActorInvocationResponse`
    throw malformed(turn, who, what, { cause })
  }
}

/** Hosts echo the state that they got. The first one is kept even so: it makes the actor exist. */
function isSame({ revision, state }: Turn, next: Packed): boolean {
  if (revision === 0 || !(state instanceof Packed) || state.typeUrl !== next.typeUrl) return false
  return Buffer.compare(state.value, next.value) === 0
}

/** Null when they stay: none say nothing, since some hosts never echo them. */
function tagsOf(turn: Turn, given: Readonly<Record<string, string>>): Tags | null {
  const names = Object.keys(given)
  if (names.length === 0) return null
  const isEqual =
    names.length === Object.keys(turn.tags).length && names.every((name) => given[name] === turn.tags[name])
  return isEqual ? null : given
}

/** Null when nothing follows. */
function workflowOf(
  turn: Turn,
  { broadcast, effects, routing }: WireWorkflow,
  who: Culprit,
): Workflow | null {
  const route = routing.value === undefined ? null : routeOf(turn, routing.case, routing.value, who)
  const broadcasts = broadcast === undefined ? [] : broadcastOf(turn, broadcast, who)
  if (route === null && broadcasts.length === 0 && effects.length === 0) return null
  return {
    effects: effects.map((effect, at) => effectOf(turn, effect, at, who)),
    broadcasts,
    route,
    timers: null,
  }
}

function routeOf(
  turn: Turn,
  kind: 'pipe' | 'forward',
  { actionName: action, actor: to, registerRef }: { actor: string; actionName: string; registerRef: string },
  who: Culprit,
): Route {
  if (to === '' || action === '')
    throw malformed(turn, who, `answered a ${kind} without an actor or an action`)
  return registerRef === '' ? { kind, to, action } : { kind, to, ref: registerRef, action }
}

function broadcastOf(
  turn: Turn,
  { channelGroup: channel, payload }: NonNullable<WireWorkflow['broadcast']>,
  who: Culprit,
): Workflow['broadcasts'] {
  const value = payload.case === 'value' ? packedOf(payload.value) : undefined
  if (channel !== '') return [value === undefined ? { channel } : { channel, payload: value }]
  // Some libraries send the message with nothing in it.
  if (value === undefined) return []
  throw malformed(turn, who, 'answered a broadcast without a channel')
}

function effectOf(turn: Turn, { request }: WireEffect, at: number, who: Culprit): Effect {
  const id = request?.actor?.id
  if (request === undefined || id === undefined || id.name === '' || request.actionName === '') {
    throw malformed(turn, who, `answered effects[${at}] without an actor or an action`)
  }
  const { actionName: action, metadata, payload, registerRef, scheduledTo } = request
  const system = request.system?.name || id.system
  const ref = registerRef || id.parent
  return {
    to: id.name,
    action,
    system: system === '' || system === turn.self.system ? undefined : system,
    ref: ref === '' ? undefined : ref,
    payload: payload.case === 'value' ? packedOf(payload.value) : undefined,
    metadata,
    // What is no time that can be told is long past, or never comes; 0 is none.
    scheduledToMs: scheduledTo === 0n ? undefined : Number(scheduledTo),
  }
}
