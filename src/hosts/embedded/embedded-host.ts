// The host for handlers in this process: no bytes, no sockets. It decides how a handler is called and what its answer
// means; when a turn runs and whether its outcome is kept is the engine's business.
//
// Invariant: an outcome holds only what its codecs have accepted, and nothing of a handler that threw. An answer that is
// there at once is returned at once: it costs no promise and no microtask.

import { isSpawnError, messageOf, SpawnError } from '../../base/index.ts'
import { Ration } from '../../base/ration.ts'
import type { ActionDefinition, Host, Outcome, Turn, Workflow } from '../../ports/index.ts'
import { type Codec, jsonCodec, jsonFaultOf } from '../../protocol/index.ts'
import type { HandlerAction } from '../handler.ts'
import { isValue } from '../value.ts'
import { actionFailed, failureOf, isOwn, labelOf } from './failure.ts'
import { deepFreeze } from '../freeze.ts'
import { type ContextOptions, TurnContext } from './turn-context.ts'

export class EmbeddedHost implements Host {
  private readonly options: ContextOptions
  private readonly told: Ration<ActionDefinition>

  constructor(options: ContextOptions) {
    this.options = options
    this.told = new Ration(options.clock)
  }

  /** @param turn of an action that is a HandlerAction: the SDK makes no others. */
  run(turn: Turn): Outcome | Promise<Outcome> {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- this host gets the SDK's definitions only
    const action = turn.action as HandlerAction
    const payload = acceptPayload(turn)
    const context = new TurnContext(turn, this.options)
    let answer: unknown
    try {
      answer = action.handler(context, payload)
    } catch (thrown) {
      context.end()
      throw this.failed(turn, thrown)
    }
    if (isPromise(answer)) return this.wait(turn, context, answer)
    context.end()
    return this.outcome(turn, context, answer)
  }

  private async wait(turn: Turn, context: TurnContext, answer: PromiseLike<unknown>): Promise<Outcome> {
    context.waits = true
    let settled: unknown
    try {
      settled = await answer
    } catch (thrown) {
      throw this.failed(turn, thrown)
    } finally {
      context.end()
    }
    return this.outcome(turn, context, settled)
  }

  /** Callers elsewhere get a message alone; where it was thrown stands in the log. */
  private failed(turn: Turn, thrown: unknown): SpawnError {
    const failure = failureOf(turn, thrown)
    if (failure !== thrown && isOwn(thrown)) this.tell(turn, thrown)
    return failure
  }

  /** One that fails at every call must not be all that the log has, nor what its calls wait for. */
  private tell({ action, self }: Turn, thrown: unknown): void {
    const leftOut = this.told.take(action)
    if (leftOut === null) return
    const fields = { actor: self, action: action.name, error: thrown }
    this.options.logger.info('an action failed', leftOut === 0 ? fields : { ...fields, leftOut })
  }

  private outcome(turn: Turn, context: TurnContext, answer: unknown): Outcome {
    let { changed, nextState: state, nextTags: tags } = context
    let response = answer
    let checkpoint = false
    let workflow: Workflow | null = null
    if (isValue(answer)) {
      if (answer.changed) {
        changed = true
        state = answer.nextState
      }
      tags = answer.nextTags ?? tags
      response = answer.reply
      checkpoint = answer.durable
      workflow = answer.workflow
    }
    if (changed) state = this.acceptState(turn, state)
    const { response: codec } = turn.action
    // What is forwarded is answered by another action: the response of this one goes nowhere.
    const forwards = workflow !== null && workflow.route !== null && workflow.route.kind === 'forward'
    if (codec === jsonCodec) {
      if (this.options.freezes) refuseUnsayable(turn, response)
    } else if (!forwards) response = accepted(turn, 'response', codec, response)
    return { changed, state, tags, response, checkpoint, workflow }
  }

  private acceptState(turn: Turn, next: unknown): unknown {
    const { state: definition } = turn.definition
    if (definition === null) {
      throw actionFailed(turn, 'set a state, but its definition has none: give it a `state`', undefined)
    }
    if (next === undefined)
      throw actionFailed(turn, 'set its state to undefined; a state is a value', undefined)
    const { codec } = definition
    const state = codec === jsonCodec ? next : accepted(turn, 'state', codec, next)
    return this.options.freezes ? deepFreeze(state) : state
  }
}

function acceptPayload(turn: Turn): unknown {
  try {
    return turn.action.payload.accept(turn.payload)
  } catch (thrown) {
    if (!isSpawnError(thrown))
      throw actionFailed(turn, `could not read its payload: ${messageOf(thrown)}`, thrown)
    const { details } = thrown
    throw new SpawnError(thrown.code, `${labelOf(turn)} refused its payload: ${thrown.message}`, {
      cause: thrown,
      details,
    })
  }
}

/** What a handler gave, as its own codec takes it: a refusal is the handler's failure. */
function accepted(turn: Turn, what: 'state' | 'response', codec: Codec, value: unknown): unknown {
  try {
    return codec.accept(value)
  } catch (thrown) {
    throw actionFailed(turn, `gave a ${what} that its schema refuses: ${messageOf(thrown)}`, thrown)
  }
}

/** In production nobody looks: in process, a response is handed over as it is, however large. */
function refuseUnsayable(turn: Turn, response: unknown): void {
  const fault = jsonFaultOf(response)
  if (fault !== null) throw actionFailed(turn, `gave a response that is no JSON: ${fault}`, undefined)
}

function isPromise(answer: unknown): answer is PromiseLike<unknown> {
  return (
    typeof answer === 'object' && answer !== null && 'then' in answer && typeof answer.then === 'function'
  )
}
