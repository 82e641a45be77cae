// The gateway: what every front door (SDK, HTTP, the wire, the CLI) asks of a runtime. All of it by name; the runtime
// finds the definition, the actor and its owner. Arguments are checked here, once, for every door.

import type { ActorId, Packed } from '../protocol/index.ts'
import type { DefinitionView } from './definition-view.ts'
import type { Erasure } from './erasures.ts'
import type { Facts } from './facts.ts'
import type { Call, Metadata, Receipt } from './host.ts'
import type { Inspection, Past } from './past.ts'
import type { ActorFilter, ActorPage, PageRequest } from './stored.ts'

export interface SpawnOptions {
  /** The unnamed definition to make the instance from. */
  readonly ref?: string | undefined
  /** Start from this revision of the past; it becomes a new revision. */
  readonly revision?: number | undefined
}

/** A call for a later time. */
export interface Schedule {
  readonly id: string
  readonly to: ActorId
  readonly action: string
  /** When it comes next, epoch milliseconds. */
  readonly dueAtMs: number
  /** Null: it comes once. */
  readonly cron: string | null
  readonly timeZone: string | null
  /** The actor whose effect it is; null: the outside. */
  readonly from: ActorId | null
  readonly metadata: Metadata
  /** Deliveries that failed. */
  readonly attempts: number
  readonly createdAtMs: number
}

/** An envelope whose delivery was given up. */
export interface DeadLetter {
  readonly id: string
  /** Null: the outside. */
  readonly from: ActorId | null
  readonly to: ActorId
  readonly action: string
  readonly metadata: Metadata
  /** As JSON, if it can be shown as such; undefined when there is none. */
  readonly payloadJson: unknown
  readonly attempts: number
  /** Why the last delivery failed. */
  readonly error: { readonly code: string; readonly message: string }
  readonly createdAtMs: number
  readonly diedAtMs: number
}

export interface Page<Item> {
  readonly items: readonly Item[]
  /** Opaque; null: this was the last page. */
  readonly next: string | null
}

/** An envelope that stands and cannot be read: whose it is, and what for, nobody can say. */
export interface UnreadableLetter {
  readonly id: string
  readonly box: 'schedule' | 'dead'
  /** When it comes, or when it died. */
  readonly atMs: number
  /** Why: STATE_UNREADABLE, or STORE_UNAVAILABLE when it may be read later. */
  readonly error: { readonly code: string; readonly message: string }
}

/** A page of what can be read, and beside it what stands there and cannot. */
export interface LetterPage<Item> extends Page<Item> {
  readonly unreadable: readonly UnreadableLetter[]
}

export interface Schedules {
  /** In the order in which they come. */
  list(page?: Partial<PageRequest>): Promise<LetterPage<Schedule>>
  /**
   * One that nobody waits for is taken back also where it cannot be read.
   *
   * @returns false when there is none of this id: it ran, was cancelled, or never was.
   * @throws SpawnError STORE_UNAVAILABLE, STATE_UNREADABLE when an actor may wait for its end, and which one cannot be read:
   * then it stands as before.
   */
  cancel(id: string): Promise<boolean>
}

export interface DeadLetters {
  /** Oldest first. */
  list(page?: Partial<PageRequest>): Promise<LetterPage<DeadLetter>>
  /** @throws SpawnError STATE_UNREADABLE, or STORE_UNAVAILABLE when it may be read later. */
  get(id: string): Promise<DeadLetter | null>
  /**
   * Delivers it again, with all its attempts before it.
   *
   * @returns false when there is none of this id.
   * @throws SpawnError as `get`: what cannot be read is delivered to nobody.
   */
  retry(id: string): Promise<boolean>
  /** Also of one that cannot be read. @returns false when there is none of this id. */
  discard(id: string): Promise<boolean>
}

/**
 * Gets what is broadcast on a channel: once it is durable, at most once, in this process. What it throws, or its promise
 * rejects with, is logged.
 */
export type ChannelListener = (payload: unknown, event: BroadcastEvent) => unknown

export interface BroadcastEvent {
  readonly channel: string
  /** The publisher; null: the outside. */
  readonly from: ActorId | null
  readonly metadata: Metadata
}

export interface PublishOptions {
  /** Text entries that those who take it see as `ctx.metadata`: at most 128, and 64 KiB. */
  readonly metadata?: Metadata | undefined
}

/** The answer to a call as people's doors show it. */
export interface JsonAnswer {
  /** The response as JSON.stringify takes it; undefined: none. */
  readonly json: unknown
  /** Null for an `async` or scheduled call. */
  readonly receipt: Receipt | null
  /** Of a call with a Timing: the id of its schedule; else null. */
  readonly scheduleId: string | null
}

export interface Gateway {
  readonly system: string
  /** False before start has finished and while draining. */
  readonly ready: boolean
  /** Those that are hosted here now, in the order in which they came. */
  readonly definitions: readonly DefinitionView[]
  /**
   * Calls an action and answers with its response, a live value (or a Packed from a host that sent one). A call with a
   * Timing is answered with the id of its schedule, as soon as that is durable.
   *
   * @throws SpawnError, any code; see docs/errors.md
   */
  invoke(name: string, call: Call): Promise<unknown>
  /** The same for doors that speak JSON. */
  invokeJson(name: string, call: Call): Promise<JsonAnswer>
  /**
   * The same for doors that speak Protobuf. When `caller` is an actor of this system whose turn runs, the call belongs to
   * that turn: to its deadline, its chain of calls, and what it rests on.
   *
   * @returns undefined when there is no response, for an `async` and for a scheduled call.
   */
  invokePacked(name: string, call: Call): Promise<Packed | undefined>
  /** Makes an actor exist: activated, and if it is stateful, committed. Spawning one that exists is no error. */
  spawn(name: string, options?: SpawnOptions): Promise<void>
  /** @throws SpawnError ACTOR_NOT_FOUND when no such actor was ever spawned or called. */
  inspect(name: string, ref?: string): Promise<Inspection>
  /** Stored actors of this system. */
  list(filter: Omit<ActorFilter, 'system'>, page?: Partial<PageRequest>): Promise<ActorPage>
  /** How many of them match. */
  count(filter: Omit<ActorFilter, 'system'>): Promise<number>
  /** Finishes the turns that wait, then removes the actor with its past. @throws SpawnError ACTOR_NOT_FOUND */
  delete(name: string, ref?: string): Promise<void>
  /**
   * Destroys the actor's own key and removes all of it, so that no copy of it can be read any more. Again, it answers with
   * the same proof.
   *
   * @throws SpawnError ACTOR_NOT_FOUND; INVALID_ARGUMENT for an actor without a key of its own.
   */
  erase(name: string, ref?: string): Promise<Erasure>
  /** Broadcasts to all that listen to a channel; resolves when it is durable. */
  publish(channel: string, payload: unknown, options?: PublishOptions): Promise<void>
  /** @returns a function that ends the subscription. */
  subscribe(channel: string, listener: ChannelListener): () => void
  readonly past: Past
  readonly facts: Facts
  readonly schedules: Schedules
  readonly deadLetters: DeadLetters
}
