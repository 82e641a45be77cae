// The `next` of a page of envelopes, as every store writes and reads it: the position of the last one. Opaque to callers,
// who hand it back as `after`. What they hand back comes from outside: it is checked here. And the order of positions.

import { SpawnError } from '../base/index.ts'
import type { EnvelopePosition } from '../ports/index.ts'

/** In order of (dueAtMs, place): negative, zero or positive, as a comparison for sorting. */
export function comparePositions(left: EnvelopePosition, right: EnvelopePosition): number {
  return left.dueAtMs - right.dueAtMs || left.place - right.place
}

export function envelopeToken({ dueAtMs, place }: EnvelopePosition): string {
  return `${dueAtMs}-${place}`
}

/** @throws SpawnError INVALID_ARGUMENT for anything that no page ever answered. */
export function envelopePosition(token: string): EnvelopePosition {
  const [, dueAtMs, place] = /^(\d{1,16})-(\d{1,16})$/.exec(token) ?? []
  if (dueAtMs === undefined || place === undefined) {
    throw new SpawnError(
      'INVALID_ARGUMENT',
      '`after` is not the `next` of a page of this listing: pass it on unchanged, or leave it out to begin at the ' +
        'first page',
    )
  }
  return { dueAtMs: Number(dueAtMs), place: Number(place) }
}
