// The context of one turn in this process: a thin, lazy view of the engine's Turn that also holds what the handler has
// assigned. One is made per turn, on the hot path, so everything else is made when it is asked for.
//
// Invariant: when its turn is over, nothing can be read, set or called through it any more. A handler that goes on after
// its answer, or after its deadline, works on nothing.

import { type Clock, SpawnError } from '../../base/index.ts'
import type { Call, Kind, Logger, Metadata, Tags, Turn } from '../../ports/index.ts'
import type { ActorId } from '../../protocol/index.ts'
import type { ActorDefinition } from '../actor-definition.ts'
import type { Context } from '../context.ts'
import type { DeepReadonly } from '../deep-readonly.ts'
import {
  callOf,
  type InvokeForReceipt,
  type InvokeLater,
  type InvokeOptions,
  type Receipt,
} from '../invoke-options.ts'
import { type Ref, refOf, type Sender } from '../ref.ts'
import type { InstanceName } from '../target.ts'
import { boundLogger } from './bound-logger.ts'
import { labelOf, throwNested } from './failure.ts'
import { deepFreeze } from '../freeze.ts'

export interface ContextOptions {
  readonly clock: Pick<Clock, 'now'>
  readonly logger: Logger
  /** Whether slips show at once: a state that is changed in place throws (see deepFreeze), a response must be JSON. */
  readonly freezes: boolean
}

export class TurnContext implements Context, Sender {
  /** Whether a state was assigned, and which. */
  changed = false
  nextState: unknown = undefined
  nextTags: Tags | null = null
  /** Whether the handler has returned a promise: only then can its turn be over without its knowing. */
  waits = false
  private ended = false
  private readonly turn: Turn
  private readonly options: ContextOptions

  constructor(turn: Turn, options: ContextOptions) {
    this.turn = turn
    this.options = options
  }

  get state(): DeepReadonly<unknown> {
    this.checkLive()
    const state = this.changed ? this.nextState : this.turn.state
    return this.options.freezes ? deepFreeze(state) : state
  }

  set state(next: unknown) {
    this.checkLive()
    this.changed = true
    this.nextState = next
  }

  get tags(): Tags {
    this.checkLive()
    return this.nextTags ?? this.turn.tags
  }

  set tags(next: Tags) {
    this.checkLive()
    this.nextTags = next
  }

  get metadata(): Metadata {
    return this.turn.metadata
  }

  get caller(): ActorId | null {
    return this.turn.caller
  }

  get self(): ActorId {
    return this.turn.self
  }

  get revision(): number {
    this.checkLive()
    return this.turn.revision
  }

  get deadlineMs(): number {
    return this.turn.deadlineMs
  }

  get signal(): AbortSignal {
    return this.turn.signal
  }

  get logger(): Logger {
    const { action, self } = this.turn
    return boundLogger(this.options.logger, { system: self.system, actor: self, action: action.name })
  }

  get clock(): Pick<Clock, 'now'> {
    return this.options.clock
  }

  invoke(name: string, options: InvokeLater): Promise<string>
  invoke(name: string, options: InvokeForReceipt): Promise<Receipt>
  invoke(name: string, options: InvokeOptions): Promise<unknown>
  async invoke(name: string, options: InvokeOptions): Promise<unknown> {
    return this.send(name, callOf(name, options))
  }

  ref<S, Actions, K extends Kind>(
    definition: ActorDefinition<S, Actions, K>,
    ...[name]: InstanceName<K>
  ): Ref<S, Actions> {
    return refOf(this, definition, name)
  }

  async send(name: string, call: Call): Promise<unknown> {
    this.checkLive()
    return this.turn.call(name, call).catch(throwNested)
  }

  /** The turn is over for the handler. */
  end(): void {
    this.ended = true
  }

  private checkLive(): void {
    if (!this.ended && !(this.waits && this.turn.signal.aborted)) return
    throw new SpawnError(
      'CANCELLED',
      `the turn of ${labelOf(this.turn)} has ended; its context can no longer be used`,
    )
  }
}
