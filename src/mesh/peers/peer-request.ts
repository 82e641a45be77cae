// What members ask of each other, and what they answer. Decides nothing: how it becomes bytes is the codecs' beside it, how
// often it is sent peers.ts's, what it means the mesh's.

import type { CancelSignal, SpawnError } from '../../base/index.ts'
import type { HandedEnvelope, RemoteAnnouncement, RemoteAnswer, RemoteCall } from '../../ports/index.ts'

/** What is asked of another member. The objects in it must not be changed until it is answered: it may be sent again. */
export type PeerBody =
  | {
      readonly kind: 'call'
      /** Its `timeoutMs` is not sent: the receiver finds there what is left of the request's own time. */
      readonly call: RemoteCall
    }
  | { readonly kind: 'release'; readonly definition: string; readonly name: string }
  | { readonly kind: 'hand'; readonly afresh: boolean; readonly envelopes: readonly HandedEnvelope[] }
  | { readonly kind: 'told'; readonly envelope: string; readonly end: RemoteAnswer | SpawnError }
  | { readonly kind: 'poke' }
  | { readonly kind: 'announce'; readonly announcement: RemoteAnnouncement }

export interface PeerRequest {
  readonly system: string
  /** That of the view by which the receiver was chosen. */
  readonly epoch: number
  readonly body: PeerBody
}

export type PeerReply =
  | { readonly kind: 'answer'; readonly answer: RemoteAnswer }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly error: SpawnError }
  /** `epoch`: that of the receiver's view. Nothing has run. */
  | { readonly kind: 'notOwner'; readonly epoch: number }

/**
 * Answers a request of another member. Called at most once for each. What it throws is answered as `failed`.
 *
 * @param signal aborts when the one who asked has given up, or has left.
 */
export type ServePeer = (from: string, request: PeerRequest, signal: CancelSignal) => Promise<PeerReply>

export interface PeerRequestOptions {
  readonly timeoutMs: number
  readonly signal?: CancelSignal | undefined
}

/** The way to other members, as the mesh uses it; `Peers` is one. */
export interface PeerLinks {
  /** @throws SpawnError MEMBER_UNAVAILABLE that says what cannot be reached, and what to do. */
  start(self: string): Promise<void>
  /** What waits fails with MEMBER_UNAVAILABLE; what is being served is aborted. */
  stop(): Promise<void>
  /**
   * Asks another member. It runs there at most once, also when this rejects: the error's `details.mayHaveRun` says whether
   * it may have.
   *
   * @throws SpawnError DEADLINE_EXCEEDED, CANCELLED; MEMBER_UNAVAILABLE after `forget`, or when the member has started anew;
   *   MAILBOX_FULL when too many requests to it are under way; INVALID_ARGUMENT when it is too large to be sent.
   */
  request(to: string, request: PeerRequest, options: PeerRequestOptions): Promise<PeerReply>
  /**
   * This member is about to leave: who is still to hear of a reply would take it for one that is gone, and not know what
   * has run. Resolves when all others have said that they wait for nothing, also not for the reply to what was lost on its
   * way here; or the time is over.
   */
  replied(limitMs: number): Promise<void>
  /** A member has left: what waits for it fails with MEMBER_UNAVAILABLE, what it waits for is aborted. */
  forget(member: string): void
}
