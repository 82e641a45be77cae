// One in-memory life of an actor, as a state machine without I/O. It holds the mailbox, the live state and what of that
// state is not yet committed; who loads, runs, commits and passivates it is decided elsewhere.
//
// Invariants: at most one turn is `running`, others wait around it; queries run beside it and are only counted. `revision` >= `submitted`; both
// are equal unless a snapshot is owed. A closed activation begins no turn, commits nothing and answers nothing but queries
// that it had begun; its waiting messages have moved to its successor.

import { assert } from '../../base/index.ts'
import type { Tags } from '../../ports/index.ts'
import type { ActorId } from '../../protocol/index.ts'
import { Beside } from './beside.ts'
import { UNBORN } from './birth.ts'
import type { KnownKeys } from './known-keys.ts'
import type { Message } from '../message.ts'
import type { PendingCommit } from '../pending-commit.ts'
import type { Residents } from './residents.ts'

/** cold → loading → ready → closed; an actor without stored state goes from cold to ready. */
export type Phase = 'cold' | 'loading' | 'ready' | 'closed'

export const NO_TAGS: Tags = Object.freeze({})

/** What an actor was at one revision. Never changed. */
export interface View {
  readonly state: unknown
  readonly tags: Tags
  readonly revision: number
}

export class Activation {
  readonly id: ActorId
  readonly residents: Residents
  phase: Phase = 'cold'

  /** The live state, as of `revision`: that of the last turn, committed or not. */
  state: unknown = undefined
  tags: Tags = NO_TAGS
  revision = 0
  /** The revision of the newest commit handed to the store, which the next commit follows. */
  submitted = 0
  /** The incarnation that its commits belong to: the stored one's birth, or that of its first commit. */
  birth = UNBORN
  /** The newest commit that is not yet durable; everything that leaves the actor waits for it. */
  pending: PendingCommit | null = null
  /** What stands durably, kept for queries while the live state is ahead of it; null: the live state is what they see. */
  durable: View | null = null
  /** Encoded size of the state, in bytes, as far as it is known. */
  bytes = 0

  /** The message whose turn it is, when that turn has to wait for something: the innermost of turns within each other. */
  running: Message | null = null
  /** Whether its init action is done, and durable: from then on it takes queries. */
  open = false
  /** Queries that run now. */
  reading = 0
  /** What waits and does not stand in the mailbox; null: nothing ever did. */
  beside: Beside | null = null
  /** The idempotency keys that it may have; null: no call had one. */
  keys: KnownKeys | null = null
  /** Whether it stands in the dispatcher's queue, or the dispatcher is running it. */
  queued = false
  /** Whether a state was acknowledged that is not yet submitted (durability `snapshot`). */
  snapshotOwed = false

  lastUsedMs: number
  /** Its neighbours in the list of residents, oldest first, and the last use that its place rests on. */
  older: Activation | null = null
  newer: Activation | null = null
  placedMs = 0

  /** Messages that wait for their turn: a list through `Message.next`, so that an idle mailbox takes no memory. */
  waiting = 0
  private first: Message | null = null
  private last: Message | null = null
  /** The first of the waiting messages whose deadlines nobody has looked at yet; all behind it are such, too. */
  private unseen: Message | null = null

  constructor(id: ActorId, residents: Residents, nowMs: number) {
    this.id = id
    this.residents = residents
    this.lastUsedMs = nowMs
  }

  /** Puts a message at the end of the mailbox. */
  push(message: Message): void {
    message.activation = this
    message.next = null
    if (this.last === null) this.first = message
    else this.last.next = message
    this.last = message
    this.unseen ??= message
    this.waiting += 1
  }

  /** Puts a message in front of all others. */
  pushFirst(message: Message): void {
    message.activation = this
    message.next = this.first
    this.first = message
    this.last ??= message
    this.unseen = message
    this.waiting += 1
  }

  /** The next message whose turn it is; it stays. */
  peek(): Message | null {
    return this.first
  }

  /** The next message whose turn it is. */
  shift(): Message | null {
    const message = this.first
    if (message === null) return null
    this.first = message.next
    if (this.first === null) this.last = null
    if (this.unseen === message) this.unseen = message.next
    message.next = null
    this.waiting -= 1
    return message
  }

  /** The first of the messages that came to wait since this was last asked; the others follow by `next`. */
  takeUnseen(): Message | null {
    const { unseen } = this
    this.unseen = null
    return unseen
  }

  /** The turn of a message has to wait; within the one that runs, if there is one. */
  enter(message: Message): void {
    if (this.running !== null) {
      this.beside ??= new Beside()
      this.beside.suspend(this.running)
    }
    this.running = message
  }

  /** The turn of a message is over, or was given up. The one around it goes on. */
  leave(message: Message): void {
    if (message.aside) this.reading -= 1
    else if (this.running === message) this.running = this.beside === null ? null : this.beside.resume()
  }

  /** Whether a message that comes now could have its turn now. */
  get atRest(): boolean {
    return this.phase === 'ready' && this.waiting === 0 && this.running === null && !this.queued
  }

  /** Whether something that waits could run now. */
  get due(): boolean {
    if (this.waiting > 0 && this.running === null) return this.phase === 'ready'
    return this.beside !== null && this.phase === 'ready' && this.beside.due(this)
  }

  /** Queries that run or wait. */
  get readers(): number {
    return this.beside === null ? this.reading : this.reading + this.beside.queries.length
  }

  /** Nothing under way and nothing owed: it can leave memory and lose nothing that a commit should keep. */
  get settled(): boolean {
    return this.finished && this.reading === 0
  }

  /** The same, but for queries that run: what they see is theirs, and they may end after it has left memory. */
  get finished(): boolean {
    return (
      (this.phase === 'ready' || this.phase === 'cold') &&
      this.waiting === 0 &&
      this.running === null &&
      (this.beside === null || this.beside.queries.length === 0) &&
      this.pending === null &&
      !this.snapshotOwed &&
      !this.queued
    )
  }

  /** The same, and it is not missed. */
  get idle(): boolean {
    return this.settled && (this.residents.pool === null || this.residents.pool.canSpare)
  }

  /** Its state has a new encoded size. */
  weigh(bytes: number): void {
    this.residents.budget.weigh(bytes - this.bytes)
    this.bytes = bytes
  }

  /** A turn changed the actor. */
  advance(state: unknown, tags: Tags): void {
    assert(this.phase === 'ready', 'only a ready activation takes a new state')
    if (this.residents.queried) this.durable ??= this.view()
    this.state = state
    this.tags = tags
  }

  /** A commit of it is durable. */
  concluded(commit: PendingCommit): void {
    if (this.pending === commit) {
      this.pending = null
      this.durable = null
    } else if (this.durable !== null && commit.view !== null) {
      this.durable = commit.view
    }
  }

  /** What it is now. */
  view(): View {
    return { state: this.state, tags: this.tags, revision: this.revision }
  }
}
