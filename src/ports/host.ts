// The host: where user code runs. The engine decides when a turn runs and what becomes of its outcome; the host only runs
// the action, in this process (hosts/embedded) or over HTTP (hosts/remote), and says what it returned.
//
// What every host keeps:
//  - `run` is called for one turn of an actor at a time, except for queries, which run beside it and beside each other. It
//    returns the outcome, or a promise of it when it must wait; returning it directly is the fast path and costs no
//    microtask.
//  - A failed action throws, or rejects with, SpawnError ACTION_FAILED (INVALID_ARGUMENT for a payload that the action's
//    codec refuses, HOST_* where the way to the code failed). It never returns half an outcome.
//  - Nothing that the action changed is visible before the engine accepted the outcome: state and tags travel only in it.
//  - When `turn.signal` aborts, the outcome no longer counts, and calls through the turn are refused.

import type { ActorId } from '../protocol/index.ts'
import type { ActionDefinition, Definition } from './definition.ts'
import type { Tags } from './stored.ts'

/** Text entries that travel with a call: request-timeout, trace context, whatever the application adds. */
export type Metadata = Readonly<Record<string, string>>

/** When something is to happen, if not at once. At most one of `delayMs`, `scheduledToMs` and `cron`. */
export interface Timing {
  /** Milliseconds from now. */
  readonly delayMs?: number | undefined
  /** Epoch milliseconds; a time that has passed means at once. */
  readonly scheduledToMs?: number | undefined
  /** Again and again, by a cron expression of five to seven fields. */
  readonly cron?: string | undefined
  /** The IANA time zone of `cron`; default UTC. */
  readonly timeZone?: string | undefined
}

/** A call to an actor by name, as every caller makes it: SDK, HTTP, another actor. */
export interface Call extends Timing {
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
  /** True: answered with a Receipt, which has the response in it. */
  readonly receipt?: boolean | undefined
  /** The action as its caller has it, for when its definition is hosted by other members alone. Absent: all is JSON there. */
  readonly contract?: ActionDefinition | undefined
  /** Who makes the call, when no turn of this process does: what its receiver is told. Absent: the outside. */
  readonly caller?: ActorId | undefined
}

/** What a call rests on. */
export interface Receipt {
  /** What the call was answered with. */
  readonly response: unknown
  /** The actor that answered: after a pipe or forward, that of the last hop. */
  readonly actor: ActorId
  /** The revision that the answer rests on; 0: the actor was never committed. */
  readonly revision: number
  /** `turn`: that revision was durable before the answer left. `snapshot`: it will be. `none`: nothing is kept. */
  readonly durability: 'turn' | 'snapshot' | 'none'
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

/** An asynchronous call that leaves with the turn: committed with its state, delivered after it, its turn committed once. */
export interface Effect extends Timing {
  /** The name of the actor. */
  readonly to: string
  readonly system?: string | undefined
  /** The unnamed definition that it is an instance of. */
  readonly ref?: string | undefined
  readonly action: string
  /** A live value, a Packed or a Json. Absent: none. */
  readonly payload?: unknown
  /** Added to the metadata of the turn, which it inherits. */
  readonly metadata?: Metadata | undefined
  /**
   * Where its end is told: an action of the actor that sends it, called with an EffectEnd. Then nothing of it becomes a
   * dead letter, and an action that fails is not tried again. One that cannot be sent, or is cancelled before it is due, has
   * ended with that error, too.
   */
  readonly reply?: { readonly action: string; readonly token: string } | undefined
  /** As that of a Call. */
  readonly contract?: ActionDefinition | undefined
}

/** How an effect with `reply` ended: the JSON payload of the reply. */
export interface EffectEnd {
  /** As the effect gave it. */
  readonly token: string
  /** The response as JSON; absent when there was none, or it failed. */
  readonly response?: unknown
  readonly error?: { readonly code: string; readonly message: string }
}

export interface Broadcast {
  readonly channel: string
  readonly payload?: unknown
}

/** Who answers instead. `pipe`: called with this action's response. `forward`: with its payload. */
export interface Route {
  readonly kind: 'pipe' | 'forward'
  readonly to: string
  readonly ref?: string | undefined
  readonly action: string
  /** As that of a Call. */
  readonly contract?: ActionDefinition | undefined
}

/** What an action sets in motion. In the order of delivery: effects, broadcasts, route. */
export interface Workflow {
  readonly effects: readonly Effect[]
  readonly broadcasts: readonly Broadcast[]
  /** Null: the action answers itself. */
  readonly route: Route | null
  /** The timers that it changes, by action: milliseconds from now on, or null to stop it. Null: none. */
  readonly timers: Readonly<Record<string, number | null>> | null
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
  /** Null: it sets nothing in motion. */
  readonly workflow: Workflow | null
}

export interface Host {
  /** Whether the code is somewhere that cannot be reached now. Absent: it is not. */
  readonly isOutOfReach?: boolean
  run(turn: Turn): Outcome | PromiseLike<Outcome>
}
