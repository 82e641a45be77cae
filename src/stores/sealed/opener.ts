// How what a store has is opened: each value when somebody looks at it, so that one which cannot be read keeps nobody from
// the others. Decides what counts as unreadable: no key, another key, changed or moved bytes, and bytes that were never
// sealed; and what only cannot be opened now, because whoever keeps the key does not answer. Nothing of that ever reads as if
// there were no state.

import { SpawnError } from '../../base/index.ts'
import type { OutcomeRecord, StandingEnvelope, StoredActor } from '../../ports/index.ts'
import { type ActorId, addressText, Packed } from '../../protocol/index.ts'
import type { Associated } from './associated.ts'
import type { Key } from './key.ts'
import { unpackLetter } from './letter-bytes.ts'
import { type Head, headOf, NOTHING } from './sealed-bytes.ts'

/** The keys that open. */
export interface Keys {
  find(head: Head): Key | undefined
  /** Why there is none. */
  missing(head: Head): string
}

export interface OpenerOptions {
  readonly associated: Associated
  readonly keys: Keys
  /** Whether what was never sealed is taken as it is. */
  readonly readsPlain: boolean
}

/** Why keys cannot be had now, by their names: what is sealed with one of these may open later. */
export type KeysAway = ReadonlyMap<string, SpawnError>

export const NONE_AWAY: KeysAway = new Map()

/** With every field: none is lost on the way back, either. */
type Complete<Whole> = { readonly [Field in keyof Whole]-?: Whole[Field] }

/** Means something for an envelope that is sent, and is not kept. */
type SaidOfSends = 'headerParts' | 'isNew'

export class Opener {
  readonly #options: OpenerOptions

  constructor(options: OpenerOptions) {
    this.#options = options
  }

  /** The actor with a state that is opened when it is read. @param away as of an envelope. */
  actor(stored: StoredActor, away: KeysAway = NONE_AWAY): Complete<StoredActor> {
    const { birth, committedAtMs, epoch, id, revision, tags } = stored
    const openState = (): Packed | null => this.state(stored, away)
    let state: Packed | null | undefined
    return {
      id,
      revision,
      birth,
      epoch,
      tags,
      get state() {
        if (state === undefined) state = openState()
        return state
      },
      committedAtMs,
    }
  }

  /** @throws SpawnError STATE_UNREADABLE */
  state(stored: StoredActor, away: KeysAway = NONE_AWAY): Packed | null {
    const { id, revision, state } = stored
    const what = (): string => `the state of "${addressText(id)}" at revision ${revision}`
    if (state === null) return this.#plain(null, what)
    const plain = this.#open(state, this.#options.associated.state(stored, state.typeUrl), what, away)
    return plain === null ? this.#plain(state, what) : packedOf(state.typeUrl, plain)
  }

  /** @throws SpawnError STATE_UNREADABLE */
  outcome(id: ActorId, outcome: OutcomeRecord): Complete<OutcomeRecord> {
    const { expiresAtMs, key, reply } = outcome
    const what = (): string => `what is kept of "${addressText(id)}" under an idempotency key`
    if (reply === null) return { key, reply: this.#plain(null, what), expiresAtMs }
    const plain = this.#open(reply, this.#options.associated.outcome(id, key, reply.typeUrl), what)
    const opened = plain === null ? this.#plain(reply, what) : packedOf(reply.typeUrl, plain)
    return { key, reply: opened, expiresAtMs }
  }

  /**
   * The envelope with a header and a payload that are opened when one of them is read.
   *
   * @param away of which keys it is not known now whether they are there.
   */
  envelope(
    system: string,
    standing: StandingEnvelope,
    away: KeysAway = NONE_AWAY,
  ): Complete<Omit<StandingEnvelope, SaidOfSends>> {
    const { box, dueAtMs, id, place } = standing
    const open = (): Letter => this.#letter(system, standing, away)
    let letter: Letter | null = null
    return {
      id,
      box,
      dueAtMs,
      get header() {
        letter ??= open()
        return letter.header
      },
      get payload() {
        letter ??= open()
        return letter.payload
      },
      place,
    }
  }

  #letter(system: string, standing: StandingEnvelope, away: KeysAway): Letter {
    const { header, id, payload } = standing
    const what = (): string => `the envelope "${id}" of the system "${system}"`
    if (payload === null) return { header, payload: this.#plain(null, what) }
    const bound = this.#options.associated.envelope(system, standing, payload.typeUrl)
    const plain = this.#open(payload, bound, what, away)
    if (plain === null) return { header, payload: this.#plain(payload, what) }
    const letter = unpackLetter(plain)
    return { header: letter.header, payload: packedOf(payload.typeUrl, letter.payload) }
  }

  /** Null: it was never sealed. */
  #open(
    { value }: Packed,
    bound: Uint8Array,
    what: () => string,
    away: KeysAway = NONE_AWAY,
  ): Uint8Array | null {
    const head = headOf(value)
    if (head === null) return null
    const { keys } = this.#options
    const key = keys.find(head)
    if (key === undefined) {
      const cause = away.get(keyName(head))
      if (cause !== undefined) throw notNow(what(), cause)
      throw unreadable(what(), keys.missing(head))
    }
    const plain = key.open(bound, value)
    if (plain === null) throw unreadable(what(), `it does not open with ${keyText(head)}: ${DOUBTS}`)
    return plain
  }

  #plain<Value>(value: Value, what: () => string): Value {
    if (this.#options.readsPlain) return value
    throw unreadable(what(), `it is not sealed, and this store is: ${PLAIN_ADVICE}`)
  }
}

interface Letter {
  readonly header: string
  readonly payload: Packed | null
}

const DOUBTS =
  'its bytes were changed, or belong to another row, or the key of this id is not the one that sealed it; ' +
  'restore a backup, or give the right key'
const PLAIN_ADVICE =
  'if it was written before there was a key, put `plain` behind the keys and run `spawn store rotate-keys`; if not, somebody ' +
  'put it there'

function packedOf(typeUrl: string, value: Uint8Array): Packed | null {
  return typeUrl === NOTHING ? null : new Packed(typeUrl, value)
}

/** What a key is called among those that are away. */
export function keyName(head: Head): string {
  return head.kind === 'ring' ? head.id : `own ${head.mark}`
}

function keyText(head: Head): string {
  return head.kind === 'ring' ? `the key "${head.id}"` : "the actor's own key"
}

function unreadable(what: string, why: string): SpawnError {
  return new SpawnError('STATE_UNREADABLE', `${what} cannot be opened: ${why}`)
}

function notNow(what: string, cause: SpawnError): SpawnError {
  return new SpawnError('STORE_UNAVAILABLE', `${what} cannot be opened now: ${cause.message}`, { cause })
}
