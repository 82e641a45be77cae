// Handlers without a runtime: a context to call one with, and a way to run an action of a definition as its host would,
// schemas and all.

import { SpawnError } from '../base/index.ts'
import { EmbeddedHost } from '../hosts/embedded/index.ts'
import { TurnContext } from '../hosts/embedded/turn-context.ts'
import type { ActorDefinition, Context, PayloadOf, ReplyOf } from '../hosts/index.ts'
import { type Definition, silentLogger, type Tags, type Workflow } from '../ports/index.ts'
import { jsonCodec } from '../protocol/index.ts'
import { actor } from '../sdk/index.ts'
import { STANDING_CLOCK, TestTurn, type TestTurnOptions } from './test-turn.ts'

/**
 * A context to call a handler with: `add(testContext({ state: { total: 1 } }), { value: 2 })`. What the handler assigns can
 * be read from it afterwards; the state is frozen, as in development.
 */
export function testContext<State = undefined>(options: TestTurnOptions<State> = {}): Context<State> {
  const definition: Definition = { ...actor('test', { actions: {} }), host: hostFor(options) }
  const action = {
    name: 'test',
    timeoutMs: null,
    timerMs: null,
    query: false,
    payload: jsonCodec,
    response: jsonCodec,
  } as const
  const turn = new TestTurn(definition, action, undefined, options)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its state is the one given, of this type
  return new TurnContext(turn, settingsFor(options)) as Context as Context<State>
}

/** What an action did. */
export interface ActionOutcome<State, Response> {
  /** The state afterwards, whether it is new or not. */
  readonly state: State
  readonly changed: boolean
  /** The tags afterwards. */
  readonly tags: Tags
  /** Its own: what a pipe hands to the next actor. */
  readonly response: Response
  readonly checkpoint: boolean
  /** What it sets in motion: `effects`, `broadcasts`, `route`, `timers`. Null: nothing. */
  readonly workflow: Workflow | null
}

/** The turn, and the payload as a caller would give it. */
export type RunOptions<State, Action> = TestTurnOptions<State> &
  (PayloadOf<Action> extends [infer Payload]
    ? { readonly payload: Payload }
    : { readonly payload?: PayloadOf<Action>[0] })

/**
 * Runs one action of a definition: `await runAction(incrementor, 'add', { state: { total: 1 }, payload: { value: 1 } })`.
 *
 * @throws SpawnError what a caller would get: INVALID_ARGUMENT for a refused payload, ACTION_FAILED.
 */
export async function runAction<State, Actions, Name extends keyof Actions & string>(
  definition: ActorDefinition<State, Actions>,
  name: Name,
  options: RunOptions<State, Actions[Name]>,
): Promise<ActionOutcome<State, ReplyOf<Actions[Name]>>> {
  const action = definition.actions.get(name)
  if (action === undefined) {
    throw new SpawnError('ACTION_NOT_FOUND', `the definition "${definition.name}" has no action "${name}"`)
  }
  const host = hostFor(options)
  const turn = new TestTurn({ ...definition, host }, action, options.payload, options)
  const outcome = await host.run(turn)
  const { changed, checkpoint, response, workflow } = outcome
  const state = changed ? outcome.state : turn.state
  const tags = outcome.tags ?? turn.tags
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the definition's types say what its handlers return
  return { state, changed, tags, response, checkpoint, workflow } as ActionOutcome<
    State,
    ReplyOf<Actions[Name]>
  >
}

function hostFor(options: TestTurnOptions<unknown>): EmbeddedHost {
  return new EmbeddedHost(settingsFor(options))
}

function settingsFor({ clock = STANDING_CLOCK }: TestTurnOptions<unknown>) {
  return { clock, logger: silentLogger, freezes: true }
}
