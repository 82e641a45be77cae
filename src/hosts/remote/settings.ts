// How host processes are treated. Decides the values when nothing is set; where they are set from is the proxy's business.

import { LIMITS } from '../../base/index.ts'
import type { Durability, HistoryPolicy } from '../../ports/index.ts'

export interface RemoteSettings {
  /** When no host of a definition is reachable: `fail` its calls at once, or let them `wait` until their deadline. */
  readonly whenNoHost: 'fail' | 'wait'
  /** Actions that run on one host at once. */
  readonly concurrencyPerHost: number
  /** Actions that wait for one host beyond that; further ones get MAILBOX_FULL. Also: that wait until any host is there. */
  readonly queuePerHost: number
  /** How long a host may take for one action, in milliseconds; the call's own deadline may come sooner. */
  readonly hostTimeoutMs: number
  /** How long a connection may take to stand, in milliseconds. */
  readonly connectTimeoutMs: number
  /** How often a host that is down is tried, in milliseconds. */
  readonly probeEveryMs: number
  /** Bytes of one reply of a host. */
  readonly replyBytes: number
  /** Of stateful definitions: the wire does not say it. */
  readonly durability: Durability
  /** For `durability: 'snapshot'`, of definitions that say nothing of it, in milliseconds. */
  readonly snapshotTimeoutMs: number
  /** Of stateful definitions: what is kept of their past. The wire does not say it. */
  readonly history: HistoryPolicy
}

export const NO_HISTORY: HistoryPolicy = { revisions: 0, durationMs: 0 }

export const REMOTE_DEFAULTS: RemoteSettings = {
  whenNoHost: 'fail',
  concurrencyPerHost: 128,
  queuePerHost: 10_000,
  hostTimeoutMs: LIMITS.maxCallTimeoutMs,
  connectTimeoutMs: 3_000,
  probeEveryMs: 1_000,
  // A state, a response and what a turn sends.
  replyBytes: 2 * LIMITS.payloadBytes + LIMITS.turnSendBytes,
  durability: 'turn',
  snapshotTimeoutMs: LIMITS.snapshotTimeoutMs,
  history: NO_HISTORY,
}
