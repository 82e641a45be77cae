// The host: where user code runs. The engine decides when a turn runs and what becomes of its outcome; the host only runs
// the action, in this process (hosts/embedded) or over HTTP (hosts/remote), and says what it returned.
//
// What every host keeps:
//  - `run` is called for one turn of an actor at a time. It returns the outcome, or a promise of it when it must wait;
//    returning it directly is the fast path and costs no microtask.
//  - A failed action throws, or rejects with, SpawnError ACTION_FAILED (INVALID_ARGUMENT for a payload that the action's
//    codec refuses, HOST_* where the way to the code failed). It never returns half an outcome.
//  - Nothing that the action changed is visible before the engine accepted the outcome: state and tags travel only in it.
//  - When `turn.signal` aborts, the outcome no longer counts, and calls through the turn are refused.

import type { ActorId } from '../protocol/index.ts'
import type { ActionDefinition, Definition } from './definition.ts'
import type { Tags } from './statestore.ts'

/** Text entries that travel with a call: request-timeout, trace context, whatever the application adds. */
export type Metadata = Readonly<Record<string, string>>

/** A call to an actor by name, as every caller makes it: SDK, HTTP, another actor. */
export interface Call {
  /** The system of the target; absent: this one. */
  readonly system?: string | undefined
  /** The unnamed definition that the target is an instance of. */
  readonly ref?: string | undefined
  readonly action: string
  /** A live value, a Packed or a Json; the target's codec takes it. Absent: none. */
  readonly payload?: unknown
  /** True: answered as soon as it stands in the mailbox; errors of the turn go to the log. */
  readonly async?: boolean | undefined
  readonly metadata?: Metadata | undefined
  /** Milliseconds; default LIMITS.callTimeoutMs, and never beyond the caller's own deadline. */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** The second call with the same key gets the first one's reply. At most 512 bytes. */
  readonly idempotencyKey?: string | undefined
}

/** One turn, as the host sees it. Valid until its outcome is in or its signal aborts. */
export interface Turn {
  readonly definition: Definition
  readonly action: ActionDefinition
  readonly self: ActorId
  /** The actor whose turn made the call; null: the outside. Itself, for the init action. */
  readonly caller: ActorId | null
  /** As the caller gave it: the action's codec has not looked at it yet. */
  readonly payload: unknown
  readonly metadata: Metadata
  /** The live state; undefined when the actor has none. Never changed in place. */
  readonly state: unknown
  readonly tags: Tags
  /** Of the state that this turn sees; 0: never committed. */
  readonly revision: number
  /** Epoch milliseconds. */
  readonly deadlineMs: number
  /** Made on first use. Aborts when the deadline passes, the caller gives up, or the turn is dropped. */
  readonly signal: AbortSignal
  /** Calls another actor as this one. Leaves only after everything that this turn rests on is committed. */
  call(name: string, call: Call): Promise<unknown>
}

/** What an action returned. Applied whole, or not at all. */
export interface Outcome {
  /** Whether `state` is a new state; if not, `state` is ignored. */
  readonly changed: boolean
  readonly state: unknown
  /** The whole new set of tags; null: as before. */
  readonly tags: Tags | null
  /** A live value or a Packed; undefined: nothing to say. */
  readonly response: unknown
  /** `snapshot` actors: commit this turn before its reply. */
  readonly checkpoint: boolean
}

export interface Host {
  run(turn: Turn): Outcome | PromiseLike<Outcome>
}
