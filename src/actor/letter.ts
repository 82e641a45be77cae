// What stands in an envelope's header: who to whom, what for, and what has become of it so far. Decides the header's form,
// which outlives a crash: what one release has written, every later one must read.

import { SpawnError } from '../base/index.ts'
import type { Metadata } from '../ports/index.ts'
import type { Rhythm } from './rhythm.ts'

/** `hop`: the next actor of a pipe or forward. `reply`: the end of an effect that asked to be told. */
export type LetterKind = 'effect' | 'broadcast' | 'hop' | 'reply' | 'call' | 'timer'

/** The parent and name of an actor of the envelope's own system. */
export type Correspondent = readonly [parent: string, name: string]

/** Where the end of an effect is told. */
export interface ReplyAddress {
  readonly to: Correspondent
  readonly action: string
  readonly token: string
}

export interface Letter {
  readonly kind: LetterKind
  /** Null: the outside. */
  readonly from: Correspondent | null
  /** An empty parent: a named actor, or an instance that is found by its name alone. */
  readonly to: Correspondent
  /** Absent: the envelope's own. */
  readonly system?: string
  readonly action: string
  readonly metadata?: Metadata
  readonly createdAtMs: number
  /** Deliveries that failed; absent: none. */
  readonly attempts?: number
  /** The next delivery is not before this time. */
  readonly retryAtMs?: number
  /** Why the last one failed. */
  readonly error?: { readonly code: string; readonly message: string }
  /** When it comes again; absent: once. */
  readonly rhythm?: Rhythm
  /** The steps of a pipe so far, as `actor.action`. */
  readonly path?: readonly string[]
  /** The idempotency key of the call that it is; of a hop of such a call, its own id. */
  readonly key?: string
  readonly reply?: ReplyAddress
}

export function letterText(letter: Letter): string {
  return JSON.stringify(letter)
}

/** @throws SpawnError STATE_UNREADABLE */
export function letterFrom(id: string, header: string): Letter {
  try {
    // Written by letterText, of this release or an earlier one.
    return JSON.parse(header) as Letter
  } catch (cause) {
    const message = `the envelope "${id}" has a header that cannot be read; it stays in the outbox`
    throw new SpawnError('STATE_UNREADABLE', message, { cause })
  }
}
