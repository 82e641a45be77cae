// What a runtime tells people of a definition: what it is called, what it can do, and the settings that an operator asks for.
// Plain data, without code or codecs; where it may be read or shown, the doors say.

import type { Durability, FactsPolicy, Kind, Placement, PoolSize, Reentrancy } from './definition.ts'
import type { HistoryPolicy, Tags } from './stored.ts'

export interface ActionView {
  readonly name: string
  /** Whether it changes nothing, and runs beside all others. */
  readonly query: boolean
  /** Milliseconds that one run may take; null: the caller's deadline alone. */
  readonly timeoutMs: number | null
  /** It comes by itself every so many milliseconds; null: it has no timer. */
  readonly timerMs: number | null
}

export interface DefinitionView {
  readonly name: string
  readonly kind: Kind
  /** In the order in which they were defined, without those that every actor has. */
  readonly actions: readonly ActionView[]
  /** The action that runs whenever an actor comes into memory; null: none. */
  readonly initAction: string | null
  readonly channels: readonly { readonly channel: string; readonly action: string }[]
  /** Whether anything is stored. */
  readonly stateful: boolean
  readonly durability: Durability
  /** Of the shape of its states; null: only the code in another process knows, or there is no state. */
  readonly version: number | null
  readonly history: HistoryPolicy
  /** Null: its turns leave no facts. */
  readonly facts: FactsPolicy | null
  readonly erasable: boolean
  readonly tags: Tags
  readonly idleTimeoutMs: number
  readonly mailboxLimit: number
  readonly reentrancy: Reentrancy
  /** Of a pooled actor; null for all others. */
  readonly pool: PoolSize | null
  readonly placement: Placement
}
