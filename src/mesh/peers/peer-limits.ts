// The bounds and times of what members ask of each other.

import { LIMITS } from '../../base/index.ts'

export const PEER_LIMITS = {
  /** Requests to one member that are not answered. */
  slots: 65_536,
  /** When it is asked whether a request has come, if no reply has: each time twice as late, up to the longest. */
  firstProbeMs: 250,
  maxProbeMs: 2_000,
  /** The longest, once the receiver has said that it is at it. */
  workingProbeMs: 5_000,
  /** When this member leaves, it asks so often who waits for something, and sends replies again that may not have arrived. */
  remindMs: 100,
  /** Deadlines and probes are looked after so often, at most. */
  sweepMs: 10,
  /** What is kept for requests that nobody can wait for any more is dropped so often. */
  tidyMs: 10_000,
  /** Replies of more bytes are not kept until the next request of their slot. */
  largeReplyBytes: 4_096,
  /** Bytes of one request or reply: some payloads of the largest size, or many small ones. */
  contentBytes: 4 * LIMITS.payloadBytes,
  /** Members that are heard of. */
  peers: 4_096,
} as const
