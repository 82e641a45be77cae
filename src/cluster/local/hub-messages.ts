// What members ask the hub, and what it tells them: JSON, for there is little of it. Decides how it is written; what it
// means is hub.ts's and hub-link.ts's.
//
// The hub keeps two sets of entries of the same kind: the register's, and under which path each member listens.

import type { RegisterEntry } from '../../ports/index.ts'

export type EntrySet = 'register' | 'addresses'

/** The one kind of request. */
export const QUESTION = 1

export type HubQuestion = { readonly of: EntrySet } &
  /** Tells all entries that stand, and from then on each change. */
  (
    | { readonly ask: 'start' }
    | { readonly ask: 'stop' }
    | { readonly ask: 'get'; readonly key: string }
    | { readonly ask: 'put'; readonly key: string; readonly value: string; readonly follows: number }
    | { readonly ask: 'remove'; readonly key: string; readonly follows: number }
  )

/** What is told of an entry. */
export interface HubNews {
  readonly of: EntrySet
  readonly entry: RegisterEntry
}

export function bytesOf(value: HubQuestion | HubNews | RegisterEntry | number | boolean | null): Buffer {
  return Buffer.from(JSON.stringify(value))
}

// They come from processes that run the same program: what is in them is what bytesOf was given.

export function questionIn(bytes: Buffer): HubQuestion {
  return JSON.parse(bytes.toString()) as HubQuestion
}

export function newsIn(bytes: Buffer): HubNews {
  return JSON.parse(bytes.toString()) as HubNews
}

export function answerIn(bytes: Buffer): unknown {
  return JSON.parse(bytes.toString())
}
