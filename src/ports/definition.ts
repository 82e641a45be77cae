// What the runtime knows of an actor's kind and rules. A definition is plain data: the SDK makes it from `actor(...)`, a
// registration over the wire makes the same. It says nothing about where or how the code runs; that is its Host.

import type { Codec } from '../protocol/index.ts'
import type { Host } from './host.ts'
import type { HistoryPolicy, Tags } from './stored.ts'

/**
 * `named`: one actor, with the definition's name. `unnamed`: instances are made from it by name. `pooled`: several workers
 * without state share the messages to the definition's name. Later kinds (task, projection) join here.
 */
export type Kind = 'named' | 'unnamed' | 'pooled'

/** `turn`: a reply leaves after its state is committed. `snapshot`: before; the state is written every snapshotTimeoutMs. */
export type Durability = 'turn' | 'snapshot'

/**
 * What happens to a call that comes back, along its own chain, to an actor that waits for it. `none`: CALL_CYCLE.
 * `call-chain`: it has its turn within the waiting one.
 */
export type Reentrancy = 'none' | 'call-chain'

/** How many workers a pooled actor has: `min` at rest, up to `max` under load. */
export interface PoolSize {
  readonly min: number
  readonly max: number
}

export interface StateDefinition {
  /** Of a state in memory, and of what is shown and answered of it. */
  readonly codec: Codec
  /** Of a state in the store, and on its way to code in another process: with the version of its shape. */
  readonly stored: Codec
  /** Of the shape of its states; absent: only the code in another process knows. */
  readonly version?: number | undefined
  /** A fresh first state. */
  readonly initial: () => unknown
}

export interface ActionDefinition {
  readonly name: string
  /** Milliseconds that one run may take; null: the caller's deadline alone. */
  readonly timeoutMs: number | null
  readonly payload: Codec
  readonly response: Codec
  /** It fires every so many milliseconds while the definition is registered, with no payload; null: it has no timer. */
  readonly timerMs: number | null
  /**
   * It changes nothing, and sees the last durable state (of a `snapshot` or stateless actor: the newest). Such turns run
   * beside all others and wait for no commit. One that sets anything fails.
   */
  readonly query: boolean
}

/**
 * Which of the members that host a definition an actor may live on. `hash`: one of them all, by its name. `local`: the one
 * where the call is made, each for itself. Else one of those in a zone, or with all of some labels.
 */
export type Placement =
  | { readonly by: 'hash' }
  | { readonly by: 'local' }
  | { readonly by: 'zone'; readonly zone: string }
  | { readonly by: 'labels'; readonly labels: Tags }

/** How long what an actor's turns have made of its state is kept as facts. */
export interface FactsPolicy {
  /** Counted from the turn, in milliseconds; null: for ever. */
  readonly durationMs: number | null
}

export interface Definition {
  readonly name: string
  readonly kind: Kind
  /** False: nothing is stored; the state lives and ends with the activation. */
  readonly stateful: boolean
  readonly durability: Durability
  readonly snapshotTimeoutMs: number
  readonly idleTimeoutMs: number
  /** Messages that may wait for one actor; beyond: MAILBOX_FULL. */
  readonly mailboxLimit: number
  /** Tags of a new actor. */
  readonly tags: Tags
  readonly history: HistoryPolicy
  /**
   * Each turn that sets the state leaves a fact, committed with it: also of a `snapshot` actor, whose every such turn is
   * committed for that. Absent: none are left. Only of what stores a state.
   */
  readonly facts?: FactsPolicy | undefined
  /** Whether each of its actors is sealed with a key of its own, which can be destroyed. Absent: no. */
  readonly erasable?: boolean | undefined
  /** Null: the actor has no state at all. */
  readonly state: StateDefinition | null
  readonly actions: ReadonlyMap<string, ActionDefinition>
  /** The action run on every activation, before the first message; null: none. */
  readonly initAction: ActionDefinition | null
  /** The topics that it listens to, with the action that takes what is broadcast there. */
  readonly channels: ReadonlyMap<string, string>
  readonly reentrancy: Reentrancy
  /** Of a pooled actor; null for all others. */
  readonly pool: PoolSize | null
  /** On which members of a cluster its actors may live. Absent: by their names on any; of a pooled one, `local`. */
  readonly placement?: Placement | undefined
  readonly host: Host
}
