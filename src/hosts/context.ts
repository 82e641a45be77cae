// What a handler sees of its turn. An interface only, so that a handler runs the same under every host and in a test.

import type { Clock } from '../base/index.ts'
import type { Kind, Logger, Metadata, Tags } from '../ports/index.ts'
import type { ActorId } from '../protocol/index.ts'
import type { ActorDefinition } from './actor-definition.ts'
import type { DeepReadonly } from './deep-readonly.ts'
import type { InvokeForReceipt, InvokeLater, InvokeOptions, Receipt } from './invoke-options.ts'
import type { Ref } from './ref.ts'
import type { InstanceName } from './target.ts'

/**
 * One turn, from the inside. It ends with the turn: afterwards its state and tags can no longer be read or set and its
 * calls are refused, with CANCELLED.
 *
 * `Next` is what a new state may be given as; it differs from `State` only where a schema makes one of the other.
 */
export interface Context<State = unknown, Next = State> {
  /**
   * The state, never to be changed in place. Assigning a whole new state is kept if the action succeeds; a Value that
   * brings a state goes before it.
   */
  get state(): DeepReadonly<State>
  set state(next: DeepReadonly<Next>)
  /** The actor's tags. Assigning replaces all of them, if the action succeeds. */
  get tags(): Tags
  set tags(next: Tags)
  /** What the caller sent along with the payload. */
  readonly metadata: Metadata
  /** The actor whose turn made this call; null: the outside. */
  readonly caller: ActorId | null
  /** This actor. */
  readonly self: ActorId
  /** The revision of the state that this turn sees; 0: never committed. */
  readonly revision: number
  /** When this turn must be done, in epoch milliseconds. */
  readonly deadlineMs: number
  /** Aborts when the deadline passes, the caller gives up, or the turn is dropped. Hand it to `fetch` and the like. */
  readonly signal: AbortSignal
  /** Writes to the runtime's log, with the system, the actor and the action. */
  readonly logger: Logger
  /** `now()`: epoch milliseconds. Tests can replace it, Date.now they cannot. */
  readonly clock: Pick<Clock, 'now'>
  /**
   * Calls another actor by name. It leaves when everything that this turn rests on is committed, and gets no more time than
   * this turn has left. With `delay`, `scheduledTo` or `cron` it comes later, and the answer is the id of its schedule;
   * with `receipt: true` it is a Receipt. What need not be answered is better an effect of this turn: see Value.
   *
   * @throws SpawnError CALL_CYCLE when that actor waits for this one; any other code.
   */
  invoke(name: string, options: InvokeLater): Promise<string>
  invoke(name: string, options: InvokeForReceipt): Promise<Receipt>
  invoke(name: string, options: InvokeOptions): Promise<unknown>
  /** The typed calls of another actor: `ctx.ref(cart, 'cart-1').add({ item })`. */
  ref<S, Actions, K extends Kind>(
    definition: ActorDefinition<S, Actions, K>,
    ...name: InstanceName<K>
  ): Ref<S, Actions>
}
