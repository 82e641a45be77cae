// Other systems: how actors of one call those of another, which may be anywhere, and may be Spawn of another make. The engine
// asks for a call and gets its answer; that a system is served to others is said once, where its parts are put together.
//
// What a call between systems keeps: it is sent once, and every one that comes is answered. Nobody knows another system's
// revisions, turns that wait, or members; so such a call has no receipt, and a chain of calls ends at the border.

import type { ActorId, Packed } from '../protocol/index.ts'
import type { Gateway } from './gateway.ts'
import type { Metadata } from './host.ts'

/** What can be said to another system. */
export interface SystemCall {
  readonly action: string
  /** The unnamed definition that the target is an instance of; empty: none. */
  readonly ref: string
  readonly payload: Packed | undefined
  readonly metadata: Metadata
  /** Null: the outside. */
  readonly caller: ActorId | null
  /** True: answered when it stands in the mailbox. */
  readonly async: boolean
  /** What is left of its time, in milliseconds. */
  readonly timeoutMs: number
  /** Of what may be delivered twice: the same each time, so that a receiver that knows it runs it once. Null: it is a call. */
  readonly deliveryKey: string | null
}

/** The way to the actors of other systems. */
export interface OtherSystems {
  /**
   * Calls an actor of another system.
   *
   * @returns its response; undefined: none, or the call is asynchronous.
   * @throws SpawnError what it was answered with; MEMBER_UNAVAILABLE when nobody serves the system; DEADLINE_EXCEEDED,
   *   CANCELLED. `details.mayHaveRun` false: it surely has not.
   */
  call(system: string, name: string, call: SystemCall, signal: AbortSignal): Promise<Packed | undefined>
}

/** What is needed of the runtime that serves a system. */
export type ServedSystem = Pick<Gateway, 'system' | 'invokePacked'>

/** Where systems meet. */
export interface SystemExchange extends OtherSystems {
  /** @throws SpawnError MEMBER_UNAVAILABLE that says what to do. */
  start(): Promise<void>
  /**
   * Takes calls of others for this system, in turns with all other members that do. Resolves when calls come; of a system
   * whose name cannot be called, none do.
   */
  serve(system: ServedSystem): Promise<void>
  /** Takes no new calls; others that serve the same systems do. Calls can still be made. */
  leave(): Promise<void>
  /** Ends when all that it has taken is answered: stop the systems before. */
  stop(): Promise<void>
}
