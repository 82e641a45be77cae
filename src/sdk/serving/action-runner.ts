// Runs one action that a proxy asks for: from the bytes of its request to those of its answer. It decides which action is
// meant and how long it may take; what the action does is its handler's, by the host.

import { type Clock, type Limits, SpawnError } from '../../base/index.ts'
import type { ActionDefinition, Definition, Outcome } from '../../ports/index.ts'
import { addressText, jsonCodec } from '../../protocol/index.ts'
import { hostAnswerBytes, type HostInvocation, readHostInvocation } from '../../protocol/protobuf/index.ts'
import type { ProxyCalls } from './proxy-calls.ts'
import { isDefaultGet, type ServedActors } from './served-actors.ts'
import { answerOf } from './wire-outcome.ts'
import { WireTurn } from './wire-turn.ts'

export interface ActionRunnerOptions {
  readonly actors: ServedActors
  readonly calls: ProxyCalls
  readonly clock: Clock
  readonly limits: Pick<Limits, 'callTimeoutMs'>
}

type Answer = Uint8Array | Promise<Uint8Array>

export class ActionRunner {
  private readonly options: ActionRunnerOptions

  constructor(options: ActionRunnerOptions) {
    this.options = options
  }

  /**
   * The answer; a promise of it only where the action has to be waited for.
   *
   * @param whenGone gets the function that gives the turn up, if it is waited for.
   * @throws SpawnError
   */
  run(bytes: Uint8Array, whenGone: (abort: (reason: SpawnError) => void) => void): Answer {
    const { calls } = this.options
    const turn = this.turnOf(readHostInvocation(bytes))
    const { action, definition } = turn
    if (!definition.actions.has(action.name))
      return hostAnswerBytes(answerOf(turn, reading(turn.state), calls))
    const running = definition.host.run(turn)
    if (!('then' in running)) return hostAnswerBytes(answerOf(turn, running, calls))
    whenGone((reason) => turn.abort(reason))
    return this.inTime(turn, running).then((outcome) => hostAnswerBytes(answerOf(turn, outcome, calls)))
  }

  private turnOf(invocation: HostInvocation): WireTurn {
    const { actors, calls, clock, limits } = this.options
    const { action: name, self } = invocation
    const definition = actors.of(self)
    if (definition === undefined) {
      throw new SpawnError('ACTOR_NOT_FOUND', `"${addressText(self)}" has no definition in this host`)
    }
    const action = definition.actions.get(name) ?? defaultGet(definition, name)
    if (action === undefined) {
      throw new SpawnError('ACTION_NOT_FOUND', `"${addressText(self)}" has no action "${name}"`)
    }
    const timeoutMs = Math.min(action.timeoutMs ?? Infinity, limits.callTimeoutMs)
    return new WireTurn(invocation, definition, action, clock.now() + timeoutMs, calls)
  }

  /** Until its deadline, or until nobody waits for it. Its handler may go on, on nothing. */
  private async inTime(turn: WireTurn, running: PromiseLike<Outcome>): Promise<Outcome> {
    const { clock } = this.options
    const { promise: over, reject } = Promise.withResolvers<never>()
    const { signal } = turn
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    const timer = clock.after(turn.deadlineMs - clock.now(), () => {
      const text = `"${addressText(turn.self)}" action "${turn.action.name}" was not done in time; what it did stands`
      turn.abort(new SpawnError('DEADLINE_EXCEEDED', text))
    })
    try {
      return await Promise.race([running, over])
    } finally {
      timer.cancel()
    }
  }
}

/** One of the actions that read the state. The proxy answers them itself, unless it has no first state to show. */
function defaultGet(definition: Definition, name: string): ActionDefinition | undefined {
  if (!isDefaultGet(definition, name)) return undefined
  const response = definition.state?.codec ?? jsonCodec
  return { name, timeoutMs: null, timerMs: null, query: false, payload: jsonCodec, response }
}

function reading(state: unknown): Outcome {
  return { changed: false, state: undefined, tags: null, response: state, checkpoint: false, workflow: null }
}
