// The gateway: what every front door (SDK, HTTP, the wire, the CLI) asks of a runtime. All of it by name; the runtime
// finds the definition, the actor and its owner. Arguments are checked here, once, for every door.

import type { ActorId } from '../protocol/index.ts'
import type { Kind } from './definition.ts'
import type { Call } from './host.ts'
import type { ActorFilter, ActorPage, PageRequest, Tags } from './statestore.ts'

export interface SpawnOptions {
  /** The unnamed definition to make the instance from. */
  readonly ref?: string | undefined
  /** Start from this revision of the past; it becomes a new revision. */
  readonly revision?: number | undefined
}

/** What stands of one actor, durably. */
export interface Inspection {
  readonly id: ActorId
  readonly kind: Kind
  /** 0: never committed. */
  readonly revision: number
  readonly tags: Tags
  /** The live state; undefined when the actor has none. */
  readonly state: unknown
  /** The state as JSON.stringify takes it. */
  readonly stateJson: unknown
}

export interface Gateway {
  readonly system: string
  /** False before start has finished and while draining. */
  readonly ready: boolean
  /**
   * Calls an action and answers with its response, a live value (or a Packed from a host that sent one).
   *
   * @throws SpawnError, any code; see docs/errors.md
   */
  invoke(name: string, call: Call): Promise<unknown>
  /** The same, with the response as JSON.stringify takes it. */
  invokeJson(name: string, call: Call): Promise<unknown>
  /** Makes an actor exist: activated, and if it is stateful, committed. Spawning one that exists is no error. */
  spawn(name: string, options?: SpawnOptions): Promise<void>
  /** @throws SpawnError ACTOR_NOT_FOUND when no such actor was ever spawned or called. */
  inspect(name: string, ref?: string): Promise<Inspection>
  /** Stored actors of this system. */
  list(filter: Omit<ActorFilter, 'system'>, page?: Partial<PageRequest>): Promise<ActorPage>
  /** Finishes the turns that wait, then removes the actor with its past. @throws SpawnError ACTOR_NOT_FOUND */
  delete(name: string, ref?: string): Promise<void>
}
