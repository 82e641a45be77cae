// How long members of a cluster wait for each other: the defaults, and what must be true of any others. Shorter times find a
// lost member sooner, and take one for lost sooner that was only slow.

import { SpawnError } from '../base/index.ts'

export interface MeshTiming {
  /** How often a member renews its lease. */
  readonly heartbeatMs: number
  /** How long a lease holds, counted from before its renewal was sent: at least three heartbeats, lest one lost renewal end it. */
  readonly leaseMs: number
  /**
   * How much longer than a lease others wait, on their own clocks, before they take a member for lost: for clocks that do not
   * run equally fast. A crashed member's actors are served again after `leaseMs + marginMs` and what it takes to agree.
   */
  readonly marginMs: number
  /** How long one request to the register may take, and how soon one that failed is made again. */
  readonly requestMs: number
  readonly retryMs: number
  /** How long a member tries to join before its start fails. */
  readonly joinMs: number
  /** How long a call waits on a member that has no lease, before it fails with LEASE_LOST. */
  readonly leaseWaitMs: number
  /** How long a request waits for a view that its sender has, before the sender is told to look again. */
  readonly viewWaitMs: number
}

/** The shortest and the longest lease for which the others follow from it. */
const LEASES_MS = [300, 600_000] as const

export const MESH_TIMING: MeshTiming = timingOf(6_000)

/**
 * All times, from how long a lease holds: 300 ms to 10 minutes. By default 6 s.
 *
 * @throws SpawnError INVALID_ARGUMENT
 */
export function timingOf(leaseMs: number): MeshTiming {
  const [shortest, longest] = LEASES_MS
  if (!Number.isFinite(leaseMs) || leaseMs < shortest || leaseMs > longest) {
    throw new SpawnError(
      'INVALID_ARGUMENT',
      `a lease must last ${shortest} to ${longest} ms, not ${leaseMs}; by default it is 6000`,
    )
  }
  return {
    heartbeatMs: Math.floor(leaseMs / 3),
    leaseMs,
    marginMs: Math.ceil(leaseMs / 4),
    requestMs: Math.min(Math.ceil(leaseMs / 6), 5_000),
    retryMs: Math.min(Math.ceil(leaseMs / 24), 1_000),
    joinMs: Math.max(30_000, leaseMs * 4),
    leaseWaitMs: Math.max(15_000, leaseMs * 2),
    viewWaitMs: 5_000,
  }
}

/** @throws SpawnError INVALID_ARGUMENT that names what does not fit together. */
export function checkTiming(timing: MeshTiming): void {
  for (const [name, value] of Object.entries(timing)) {
    if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0)
      throw new SpawnError(
        'INVALID_ARGUMENT',
        `the cluster's ${name} must be a number of milliseconds above 0`,
      )
  }
  const { heartbeatMs, leaseMs } = timing
  if (leaseMs < heartbeatMs * 3) {
    throw new SpawnError(
      'INVALID_ARGUMENT',
      `the cluster's leaseMs (${leaseMs}) must be at least three times heartbeatMs (${heartbeatMs})`,
    )
  }
}
