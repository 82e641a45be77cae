// A system of several processes on one machine, as the composition of one of them sees the others: what they share, and what
// is done when. Which parts there are of it is decided by what the system keeps its states in and which cluster it is a member of.

import type { Clock, Random } from '../base/index.ts'
import type { Logger, Statestore } from '../ports/index.ts'
import type { ClusterMember } from '../proxy/cluster-member.ts'
import type { HttpListener, Sharing } from '../proxy/index.ts'

export interface Surroundings {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

/** In the order in which a process does it. */
export interface Company {
  readonly logger: Logger
  readonly store: Statestore
  readonly member: ClusterMember
  /** How the connections of the system's port come to all. */
  readonly sharing: Sharing
  /** What all processes count, from what this one does. */
  metrics(own: () => string): () => Promise<string>
  /** Before it joins, and after its store is open: what the others need of it. */
  open(): Promise<void>
  /** While it joins: all the others serve, too. */
  gather(): Promise<void>
  /** It serves all that there is. Does not resolve in a worker: what a program does next, the first process does alone. */
  serve(running: Running): Promise<void>
  /** Those that depend on it end before it. Again, it does nothing. */
  disperse(options: { readonly drainMs: number | undefined }): Promise<void>
  /** Whether its actors may go to members elsewhere when it stops. */
  readonly drains: boolean
  /** After all else has stopped. */
  stop(): Promise<void>
  /** It could not start: who waits for it is told. */
  fail(thrown: unknown): Promise<void>
}

export interface Running {
  /** Null: there is no port. */
  readonly listener: HttpListener | null
  stop(options: { readonly drainMs: number | undefined }): Promise<void>
}
