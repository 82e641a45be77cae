// What stands in an envelope's header: who to whom, what for, and what has become of it so far. Decides the header's form,
// which outlives a crash: what one release has written, every later one must read.

import { isSpawnError, LIMITS, SpawnError } from '../../base/index.ts'
import { type HeaderParts, headerText, type Metadata } from '../../ports/index.ts'
import { step } from '../call-chain.ts'
import type { Rhythm } from './rhythm.ts'

const PARTS = 9
const KINDS = ['effect', 'broadcast', 'hop', 'reply', 'call', 'timer', 'spread', 'fact'] as const

/**
 * `hop`: the next actor of a pipe or forward. `reply`: the end of an effect that asked to be told. `spread`: a broadcast to
 * all instances of a definition that a member has in memory. `fact`: what a turn of `from` has made of its state, for whoever
 * reads it.
 */
export type LetterKind = (typeof KINDS)[number]

/** The parent and name of an actor of the envelope's own system. */
export type Correspondent = readonly [parent: string, name: string]

/** Who a fact is for. */
export const NOBODY: Correspondent = ['', '']

/** What is kept of why a delivery failed, and told. */
export interface Failure {
  readonly code: string
  readonly message: string
}

/** What is said of an error: its code, and its message as far as a header has room for it. */
export function failureIn({ code, message }: SpawnError): Failure {
  const most = LIMITS.errorCharacters
  return { code, message: message.length <= most ? message : `${message.slice(0, most - 1)}…` }
}

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
  readonly error?: Failure | undefined
  /** When it comes again; absent: once. */
  readonly rhythm?: Rhythm | undefined
  /** Of a hop: the action that passed it on. */
  readonly by?: string | undefined
  /** Of a hop: the steps before that one, as `actor.action`; absent: it was the first. */
  readonly earlier?: readonly string[] | undefined
  /** The idempotency key of the call that it is; of a hop of such a call, its own id; one for all of a broadcast. */
  readonly key?: string | undefined
  readonly reply?: ReplyAddress | undefined
  /** The member that it is for; absent: the one where its actor lives. */
  readonly member?: string | undefined
  /** Of a fact: the revision that its state is. */
  readonly revision?: number | undefined
  /** Of a spread: the members that its broadcast went to, its sender's included. */
  readonly among?: readonly string[] | undefined
}

/** Who sees to an envelope, as placement knows it: an actor of a definition. */
export interface Recipient {
  readonly definition: string
  readonly name: string
}

type Always = 'kind' | 'from' | 'to' | 'action' | 'createdAtMs' | 'by'
/** All that a letter may have besides: every name is here, so that none is left out of its text. */
type Rest = { readonly [Name in Exclude<keyof Letter, Always>]-?: Letter[Name] | undefined }

/** The words of a header and then its texts, as `partsOf` has them. */
type Parts = readonly [
  kind: Letter['kind'],
  fromParent: string,
  toParent: string,
  action: string,
  by: string,
  createdAt: string,
  fromName: string,
  toName: string,
  rest: string,
]

/** Those of the letter that was asked for last. Every envelope that leaves has its parts read once, and at once. */
const last: { readonly words: string[]; readonly texts: string[] } = { words: [], texts: [] }
/** When letters were created last, mostly all of a group. */
let createdAt = { ms: 0, text: '0' }

/**
 * What comes again and again in a system's envelopes are words. What there is not is empty: no name or action is. Good until
 * the next letter's are asked for.
 */
export function partsOf(letter: Letter): HeaderParts {
  const { action, by = '', createdAtMs, from, kind, to } = letter
  const rest = restOf(letter)
  if (createdAt.ms !== createdAtMs) createdAt = { ms: createdAtMs, text: String(createdAtMs) }
  const { texts, words } = last
  words[0] = kind
  words[1] = from === null ? '' : from[0]
  words[2] = to[0]
  words[3] = action
  words[4] = by
  words[5] = createdAt.text
  texts[0] = from === null ? '' : from[1]
  texts[1] = to[1]
  texts[2] = rest === null ? '' : textOf(rest)
  return last
}

export function headerOf(letter: Letter): string {
  return headerText(partsOf(letter))
}

/** @throws SpawnError STATE_UNREADABLE */
export function letterFrom(id: string, header: string): Letter {
  try {
    const parts: unknown = JSON.parse(header)
    if (!isLetter(parts)) throw unreadable(id, undefined)
    const [kind, fromParent, toParent, action, by, createdAt, fromName, toName, rest] = parts
    const letter: Letter = {
      kind,
      from: fromName === '' ? null : [fromParent, fromName],
      to: [toParent, toName],
      action,
      createdAtMs: Number(createdAt),
      by: by === '' ? undefined : by,
    }
    // Written by restOf.
    return rest === '' ? letter : { ...letter, ...(JSON.parse(rest) as Partial<Rest>) }
  } catch (cause) {
    throw isSpawnError(cause) ? cause : unreadable(id, cause)
  }
}

/** The steps of a pipe so far, as `actor.action`; of what is no hop, there are none. */
export function pathOf({ action, by, earlier = [], from, to }: Letter): string[] {
  if (by === undefined || from === null) return []
  return [...earlier, stepOf(from, by), stepOf(to, action)]
}

/** The steps before the one that passes on what came by this letter; undefined: that one is the first. */
export function stepsBefore({ by, earlier = [], from }: Letter): readonly string[] | undefined {
  return by === undefined || from === null ? undefined : [...earlier, stepOf(from, by)]
}

function stepOf([parent, name]: Correspondent, action: string): string {
  return step({ parent, name }, action)
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

/** Whether it was written as `partsOf` says; a later release may know other kinds. */
function isLetter(parts: unknown): parts is Parts {
  return (
    Array.isArray(parts) &&
    parts.length === PARTS &&
    parts.every((part) => typeof part === 'string') &&
    KINDS.some((known) => known === parts[0])
  )
}

function unreadable(id: string, cause: unknown): SpawnError {
  const message = `the envelope "${id}" has a header that cannot be read here; it stays in the outbox`
  return new SpawnError('STATE_UNREADABLE', message, { cause })
}

/** Null: nothing. On the path of every message, where most have nothing, or metadata alone. */
function restOf(letter: Letter): Rest | null {
  const {
    among,
    attempts,
    earlier,
    error,
    key,
    member,
    metadata,
    reply,
    retryAtMs,
    revision,
    rhythm,
    system,
  } = letter
  const isEmpty =
    metadata === undefined &&
    earlier === undefined &&
    key === undefined &&
    revision === undefined &&
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
    : { among, attempts, earlier, error, key, member, metadata, reply, retryAtMs, revision, rhythm, system }
}

/** Most facts have a revision and nothing else: to have that stringified takes as long as all else of a header. */
function textOf(rest: Rest): string {
  const { metadata, revision } = rest
  return revision === undefined || metadata !== undefined ? JSON.stringify(rest) : `{"revision":${revision}}`
}
