// The actions that every actor has without writing them: the default `get` ones of the wire contract, and those that the
// gateway needs (inspect, start, spawn; others are in restore.ts and deletion.ts). They run as turns, in order with all others, and under their rules.

import { isSpawnError, SpawnError } from '../base/index.ts'
import type { ActionDefinition, Definition, Host, Inspection, Outcome, Turn } from '../ports/index.ts'
import { addressText, type Codec, jsonCodec } from '../protocol/index.ts'

/** Answered with the state, unless the definition has an action of any of these names. */
export const GET_ACTIONS = ['get', 'Get', 'get_state', 'getState', 'GetState'] as const

/** An action whose code is the engine's own. */
export class BuiltinAction implements ActionDefinition, Host {
  readonly name: string
  readonly timeoutMs = null
  readonly timerMs = null
  readonly query = false
  readonly payload = jsonCodec
  readonly response: Codec
  /** Whether the actor is gone when it has succeeded. */
  readonly ends: boolean
  readonly run: (turn: Turn) => Outcome | Promise<Outcome>

  constructor(
    name: string,
    run: (turn: Turn) => Outcome | Promise<Outcome>,
    response: Codec = jsonCodec,
    ends = false,
  ) {
    this.name = name
    this.run = run
    this.response = response
    this.ends = ends
  }
}

export function answer(response: unknown): Outcome {
  return { changed: false, state: undefined, tags: null, response, checkpoint: false, workflow: null }
}

function become(state: unknown, tags: Turn['tags']): Outcome {
  return { changed: true, state, tags, response: undefined, checkpoint: true, workflow: null }
}

/** The actions of a definition, with the default ones. */
export function withDefaultActions(definition: Definition): ReadonlyMap<string, ActionDefinition> {
  if (GET_ACTIONS.some((name) => definition.actions.has(name))) return definition.actions
  const codec = definition.state?.codec ?? jsonCodec
  const actions = new Map(definition.actions)
  for (const name of GET_ACTIONS) {
    actions.set(name, new BuiltinAction(name, (turn) => answer(turn.state), codec))
  }
  return actions
}

/** Answers with an Inspection. */
export const inspectAction = new BuiltinAction('(inspect)', (turn) => {
  const { definition, revision, self, state, tags } = turn
  if (revision === 0 && definition.kind === 'unnamed' && definition.stateful) {
    throw new SpawnError(
      'ACTOR_NOT_FOUND',
      `"${addressText(self)}" does not exist: it was never spawned or changed`,
    )
  }
  const stateJson = state === undefined ? undefined : definition.state?.codec.toJson(state)
  const { kind, stateful } = definition
  // What another release has stored of one that keeps nothing is not what it is now.
  const shown: Inspection = { id: self, kind, revision: stateful ? revision : 0, tags, state, stateJson }
  return answer(shown)
})

/** Does nothing: the actor is in memory then. */
export const startAction = new BuiltinAction('(start)', () => answer(undefined))

/** Makes the actor exist in the store. */
export const spawnAction = new BuiltinAction('(spawn)', (turn) =>
  turn.revision === 0 && turn.definition.stateful ? become(turn.state, turn.tags) : answer(undefined),
)

/**
 * Whether the actor itself is why a turn of it never began, and not that it is busy or the store away: its state cannot be
 * read, its init action fails, its host is not there.
 */
export function doesNotStart(thrown: unknown): thrown is SpawnError {
  return isSpawnError(thrown) && thrown.group !== 'busy' && thrown.code !== 'STORE_UNAVAILABLE'
}
