// What a history policy means in numbers, the same for every store.

import type { HistoryPolicy } from '../ports/index.ts'

export function keepsHistory(policy: HistoryPolicy): boolean {
  return policy.revisions > 0 || policy.durationMs > 0
}

/** Until when the policy's duration keeps a revision that was replaced at `replacedAtMs`; "for ever" stays a whole number. */
export function expiryMs(replacedAtMs: number, durationMs: number): number {
  return Math.min(replacedAtMs + durationMs, Number.MAX_SAFE_INTEGER)
}
