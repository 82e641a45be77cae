// What stands in an envelope's header: who to whom, what for, and what has become of it so far. Decides the header's form,
// which outlives a crash: what one release has written, every later one must read.

import { SpawnError } from '../../base/index.ts'
import type { Metadata } from '../../ports/index.ts'
import type { Rhythm } from './rhythm.ts'

const KINDS = ['effect', 'broadcast', 'hop', 'reply', 'call', 'timer', 'spread'] as const

/**
 * `hop`: the next actor of a pipe or forward. `reply`: the end of an effect that asked to be told. `spread`: a broadcast to
 * all instances of a definition that a member has in memory.
 */
export type LetterKind = (typeof KINDS)[number]

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
  readonly system?: string | undefined
  readonly action: string
  readonly metadata?: Metadata | undefined
  readonly createdAtMs: number
  /** Deliveries that failed; absent: none. */
  readonly attempts?: number | undefined
  /** The next delivery is not before this time. */
  readonly retryAtMs?: number | undefined
  /** Why the last one failed. */
  readonly error?: { readonly code: string; readonly message: string } | undefined
  /** When it comes again; absent: once. */
  readonly rhythm?: Rhythm | undefined
  /** The steps of a pipe so far, as `actor.action`. */
  readonly path?: readonly string[] | undefined
  /** The idempotency key of the call that it is; of a hop of such a call, its own id; one for all of a broadcast. */
  readonly key?: string | undefined
  readonly reply?: ReplyAddress | undefined
  /** The member that it is for; absent: the one where its actor lives. */
  readonly member?: string | undefined
  /** Of a spread: the members that its broadcast went to, its sender's included. */
  readonly among?: readonly string[] | undefined
}

/** Who sees to an envelope, as placement knows it: an actor of a definition. */
export interface Recipient {
  readonly definition: string
  readonly name: string
}

type Always = 'kind' | 'from' | 'to' | 'action' | 'createdAtMs'
/** All that a letter may have besides: every name is here, so that none is left out of its text. */
type Rest = { readonly [Name in Exclude<keyof Letter, Always>]-?: Letter[Name] | undefined }

/** What all letters have stands in an array; the rest, if there is any, in an object at its end. */
type Parts = readonly [
  Letter['kind'],
  Letter['from'],
  Letter['to'],
  Letter['action'],
  Letter['createdAtMs'],
  Partial<Rest>?,
]

export function letterText(letter: Letter): string {
  const { action, createdAtMs, from, kind, to } = letter
  const rest = restOf(letter)
  const parts: Parts =
    rest === null ? [kind, from, to, action, createdAtMs] : [kind, from, to, action, createdAtMs, rest]
  return JSON.stringify(parts)
}

/** @throws SpawnError STATE_UNREADABLE */
export function letterFrom(id: string, header: string): Letter {
  let parts: unknown
  try {
    parts = JSON.parse(header)
  } catch (cause) {
    throw unreadable(id, cause)
  }
  if (!isLetter(parts)) throw unreadable(id, undefined)
  const [kind, from, to, action, createdAtMs, rest] = parts
  return { kind, from, to, action, createdAtMs, ...rest }
}

/** Whether it is for an actor of another system. @param own the system that it stands in. */
export function isOutbound({ system }: Letter, own: string): boolean {
  return system !== undefined && system !== own
}

/**
 * What is for another system is no actor's of this one: like what nobody hosts, it is for the one member that the name of its
 * receiver gives it to.
 */
export function recipientOf(letter: Letter, own: string): Recipient {
  const [parent, name] = letter.to
  if (isOutbound(letter, own)) return { definition: `\0${letter.system}`, name }
  return { definition: parent === '' ? name : parent, name }
}

/** Whether it was written by letterText, of this release or an earlier one; a later one may know other kinds. */
function isLetter(parts: unknown): parts is Parts {
  if (!Array.isArray(parts)) return false
  const [kind, from, to] = parts as unknown[]
  return (
    KINDS.some((known) => known === kind) && (from === null || isCorrespondent(from)) && isCorrespondent(to)
  )
}

function isCorrespondent(part: unknown): boolean {
  return Array.isArray(part) && part.length === 2 && part.every((name) => typeof name === 'string')
}

function unreadable(id: string, cause: unknown): SpawnError {
  const message = `the envelope "${id}" has a header that cannot be read here; it stays in the outbox`
  return new SpawnError('STATE_UNREADABLE', message, { cause })
}

/** Null: nothing. On the path of every message, where most have nothing, or metadata alone. */
function restOf(letter: Letter): Rest | null {
  const { among, attempts, error, key, member, metadata, path, reply, retryAtMs, rhythm, system } = letter
  const isEmpty =
    metadata === undefined &&
    path === undefined &&
    key === undefined &&
    reply === undefined &&
    system === undefined &&
    member === undefined &&
    among === undefined &&
    rhythm === undefined &&
    attempts === undefined &&
    retryAtMs === undefined &&
    error === undefined
  return isEmpty
    ? null
    : { among, attempts, error, key, member, metadata, path, reply, retryAtMs, rhythm, system }
}
