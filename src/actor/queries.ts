// Queries: turns that change nothing. They run beside each other and beside the turn that is running, and wait for no
// commit: each sees what stands durably when it begins (of a `snapshot` or stateless actor: what it is then), and the same
// until it ends. So who was told of a write sees it, and nobody waits behind a writer. A query waits for one thing: that
// its actor is open (loaded, and what its init action did is durable).
//
// What a query has seen stays true when the activation is dropped: queries that run then are answered, those that have
// not begun go to the successor. An idempotency key says nothing here: a query may be repeated anyway.

import { SpawnError } from '../base/index.ts'
import type { Outcome } from '../ports/index.ts'
import type { Activation } from './life/activation.ts'
import type { Activations } from './life/activations.ts'
import { Beside } from './life/beside.ts'
import type { Dispatcher } from './dispatcher.ts'
import { lapsed } from './away/expulsion.ts'
import type { Inflight } from './inflight.ts'
import type { Membership } from './away/membership.ts'
import type { Message } from './message.ts'
import type { Query } from './query.ts'
import { failureOf, ignore, isPromise, perform } from './perform.ts'
import type { UseClock } from './life/use-clock.ts'

export interface QueriesOptions {
  readonly useClock: UseClock
  readonly inflight: Inflight
  readonly activations: Activations
  readonly dispatcher: Dispatcher
  /** Null: all actors live here. */
  readonly membership: Membership | null
}

export class Queries {
  private readonly options: QueriesOptions

  constructor(options: QueriesOptions) {
    this.options = options
  }

  /** Runs a query at once, or as soon as it can. */
  take(activation: Activation, message: Query): void {
    const { activations, dispatcher, inflight } = this.options
    if (dispatcher.readAtOnce(activation, message)) return
    message.startTime()
    activation.beside ??= new Beside()
    activation.beside.queries.push(message)
    message.activation = activation
    if (activation.open) {
      dispatcher.enqueue(activation)
      return
    }
    inflight.watch(message)
    if (activation.phase === 'cold') activations.activate(activation)
  }

  /** Runs the next query that has waited, if its actor is open. */
  step(activation: Activation): void {
    if (!activation.open || activation.beside === null) return
    const message = activation.beside.queries.shift()
    if (message !== undefined && message.stage === 'queued') this.begin(activation, message)
  }

  /** Runs a query. One that answers at once costs no promise and no view of its own. */
  begin(activation: Activation, message: Query): void {
    const { membership } = this.options
    if (membership !== null && !membership.admits(message)) return
    message.stage = 'running'
    if (message.action.timeoutMs !== null) message.limit(message.action.timeoutMs)
    message.seen = activation.durable ?? activation
    activation.reading += 1
    let result: Outcome | PromiseLike<Outcome>
    try {
      result = perform(message)
    } catch (thrown) {
      this.fail(activation, message, thrown)
      return
    }
    // It may have given itself up, by aborting its caller's signal.
    const over = message.stage !== 'running'
    if (isPromise(result)) {
      if (over) ignore(result)
      else this.wait(activation, message, result)
    } else if (!over) {
      this.answer(activation, message, result)
    }
  }

  private wait(activation: Activation, message: Query, result: PromiseLike<Outcome>): void {
    // Turns may change the actor from now on.
    if (message.seen === activation) message.seen = activation.view()
    this.options.inflight.watch(message)
    result.then(
      (outcome) => {
        this.used(activation)
        this.answer(activation, message, outcome)
      },
      (thrown: unknown) => {
        this.used(activation)
        this.fail(activation, message, thrown)
      },
    )
  }

  private used(activation: Activation): void {
    activation.lastUsedMs = this.options.useClock.nowMs
  }

  private answer(activation: Activation, message: Message, outcome: Outcome): void {
    if (message.stage !== 'running') return
    try {
      if (this.options.membership?.lease.holds() === false) throw lapsed(activation.id)
      refuseChange(message, outcome)
    } catch (error) {
      this.fail(activation, message, error)
      return
    }
    activation.leave(message)
    message.succeed(outcome.response)
  }

  private fail(activation: Activation, message: Message, thrown: unknown): void {
    if (message.stage !== 'running') return
    activation.leave(message)
    message.fail(failureOf(message, thrown))
  }
}

/** @throws SpawnError ACTION_FAILED when a query has set something. */
export function refuseChange(message: Message, { changed, tags, workflow }: Outcome): void {
  if (!changed && tags === null && workflow === null) return
  const what = changed ? 'a state' : tags === null ? 'something in motion' : 'tags'
  const advice = 'make it an action that is no query'
  const text = `${message.label} is a query and changes nothing, but it set ${what}: ${advice}`
  throw new SpawnError('ACTION_FAILED', text)
}
