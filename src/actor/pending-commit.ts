// What one actor has handed to the statestore and does not yet know to be durable, and who waits to know.
// Commits of one actor form a chain, oldest first; when one is lost, all that follow it are.

import type { Commit, HistoryPolicy, OutcomeRecord, Tags } from '../ports/index.ts'
import type { SpawnError } from '../base/index.ts'
import type { ActorId, Packed } from '../protocol/index.ts'
import type { Activation } from './activation.ts'

/** Told once, in the order of waiting: either durable or lost. */
export interface Waiter {
  committed(): void
  failed(error: SpawnError): void
}

const NO_OUTCOMES: readonly OutcomeRecord[] = Object.freeze([])

export class PendingCommit implements Commit {
  readonly activation: Activation
  readonly id: ActorId
  readonly follows: number
  readonly birth: number
  readonly epoch: number
  readonly history: HistoryPolicy
  revision: number
  tags: Tags
  state: Packed | null
  committedAtMs: number
  outcomes: readonly OutcomeRecord[] = NO_OUTCOMES
  readonly waiters: Waiter[] = []
  /** The actor's next commit, which follows this one. */
  successor: PendingCommit | null = null
  /** Whether it has left for the store: then it is no longer changed. */
  sent = false
  /** Whether a commit before it was lost: then it is not sent. */
  lost = false

  constructor(activation: Activation, epoch: number, state: Packed | null, nowMs: number) {
    this.activation = activation
    this.id = activation.id
    this.follows = activation.submitted
    this.birth = activation.birth
    this.revision = activation.revision
    this.epoch = epoch
    this.history = activation.residents.definition.history
    this.tags = activation.tags
    this.state = state
    this.committedAtMs = nowMs
  }

  /** A later turn's state in place of this one's, where the revision between need not be kept. */
  replace(state: Packed | null, nowMs: number): void {
    this.revision = this.activation.revision
    this.tags = this.activation.tags
    this.state = state
    this.committedAtMs = nowMs
  }

  keep(outcome: OutcomeRecord): void {
    this.outcomes = [...this.outcomes, outcome]
  }

  /** Resolves when it is durable; rejects when it is lost. */
  durable(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiters.push({ committed: resolve, failed: reject })
    })
  }
}
