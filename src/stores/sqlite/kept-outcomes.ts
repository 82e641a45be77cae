// Outcomes as the bytes of one row. A row for each would cost a search and, keys being random, a page each; so what was
// committed about the same time is kept together, of whatever actors. Decides the layout; the schema's version is also that of it.
//
// A row begins with a mark. Behind it come actors, each with its family, its name, how many outcomes it has and these: each with
// what leads it (lead-bytes.ts), its expiry by that of the one before it in the row. Rows of before version 6 of the schema
// are of one actor, which stands beside them in the table; they have another mark, or none before version 5, and stay as they are
// until something is taken out of them. No length of a key, with which they began then, has ever been written as a mark is.

import type { OutcomeRecord } from '../../ports/index.ts'
import { Packed } from '../../protocol/packed.ts'
import { behindField, ByteReader, ByteWriter } from '../frames/bytes.ts'
import { NO_REPLY, type OutcomeFrame } from '../frames/framed-outcome.ts'
import {
  copyLead,
  HAS_REPLY,
  IS_OF_STATE,
  MORE,
  passKey,
  readExpiry,
  readFlags,
  readKey,
  SAME_TYPE,
  writeLead,
} from '../frames/lead-bytes.ts'

/** Outcomes in a row at most: all of it is read to find one of them. */
export const ROW_OUTCOMES = 64
/** A 0 and a 1 that take two bytes. */
const OF_ONE = Buffer.of(0x80, 0)
const OF_SEVERAL = Buffer.of(0x81, 0)

/** The number of an actor's family, and its name. */
export interface KeptOwner {
  readonly family: number
  readonly name: string
}

/** An outcome in a row, and whose it is. */
export interface KeptOutcome extends KeptOwner {
  readonly outcome: OutcomeRecord
}

/** Writes a row, actor by actor. */
export class OutcomeRow {
  readonly #bytes = new ByteWriter()
  readonly #typeId: (url: string) => number
  #beforeMs = 0
  #lastUrl: string | null = null
  #outcomes = 0
  #firstExpiryMs = Number.MAX_SAFE_INTEGER

  /** @param typeId the number of a type URL. */
  constructor(typeId: (url: string) => number) {
    this.#typeId = typeId
  }

  /** How many it has. */
  get size(): number {
    return this.#outcomes
  }

  get bytes(): number {
    return this.#bytes.length
  }

  /** When the first of them expires. */
  get firstExpiryMs(): number {
    return this.#firstExpiryMs
  }

  /** So many outcomes of one actor follow, at least one. */
  begin({ family, name }: KeptOwner, count: number): void {
    if (this.#outcomes === 0) this.#bytes.copy(OF_SEVERAL, 0, OF_SEVERAL.length)
    this.#bytes.whole(family)
    this.#bytes.text(name)
    this.#bytes.whole(count)
  }

  add({ expiresAtMs, key, reply }: OutcomeRecord): void {
    writeLead(this.#bytes, this.#flagsOf(reply?.typeUrl ?? null), key, expiresAtMs, this.#beforeMs)
    this.#note(expiresAtMs)
    if (reply === null) return
    this.#type(reply.typeUrl)
    this.#bytes.bytes(reply.value)
  }

  /** One that stands in a frame, see FramedOutcome: its bytes are copied from there. */
  addFramed(frame: OutcomeFrame, leadAt: number, type: number, valueAt: number): void {
    const typeUrl = type === NO_REPLY ? null : (frame.types[type] ?? null)
    const flags = this.#flagsOf(typeUrl)
    this.#note(copyLead(this.#bytes, flags, frame.bytes, leadAt, frame.firstExpiryMs, this.#beforeMs))
    if (typeUrl === null) return
    this.#type(typeUrl)
    this.#bytes.copy(frame.bytes, valueAt, behindField(frame.bytes, valueAt))
  }

  /** @returns the row; it is empty then. */
  take(): Uint8Array<ArrayBuffer> {
    const row = this.#bytes.take()
    this.clear()
    return row
  }

  clear(): void {
    this.#bytes.clear()
    this.#beforeMs = 0
    this.#lastUrl = null
    this.#outcomes = 0
    this.#firstExpiryMs = Number.MAX_SAFE_INTEGER
  }

  #flagsOf(typeUrl: string | null): number {
    if (typeUrl === null) return 0
    return typeUrl === this.#lastUrl ? HAS_REPLY | SAME_TYPE : HAS_REPLY
  }

  /** One more, which expires then. */
  #note(expiresAtMs: number): void {
    this.#beforeMs = expiresAtMs
    this.#outcomes += 1
    if (expiresAtMs < this.#firstExpiryMs) this.#firstExpiryMs = expiresAtMs
  }

  #type(typeUrl: string): void {
    if (typeUrl === this.#lastUrl) return
    this.#bytes.whole(this.#typeId(typeUrl))
    this.#lastUrl = typeUrl
  }
}

/** The row of some that stood in one, in the same order. */
export function packKept(kept: readonly KeptOutcome[], typeId: (url: string) => number): OutcomeRow {
  const row = new OutcomeRow(typeId)
  for (let at = 0; at < kept.length;) {
    const from = at
    const [owner] = kept.slice(from)
    while (at < kept.length && isOf(kept[at], owner)) at += 1
    if (owner !== undefined) row.begin(owner, at - from)
    for (const { outcome } of kept.slice(from, at)) row.add(outcome)
  }
  return row
}

export function isOf(kept: KeptOwner | undefined, owner: KeptOwner | undefined): boolean {
  return kept?.name === owner?.name && kept?.family === owner?.family
}

/**
 * The hashes of their keys, by the actors of the row.
 *
 * @param owner of a row of one actor; of others nobody asks for it.
 * @throws RangeError when the bytes are no such row.
 */
export function* keyHashesIn(
  packed: Uint8Array,
  owner: KeptOwner,
): Generator<readonly [owner: KeptOwner, keyHashes: number[]]> {
  const bytes = new ByteReader(packed)
  const form = formOf(bytes)
  if (form === UNMARKED) {
    yield [owner, hashesUnmarked(bytes)]
    return
  }
  while (!bytes.done) {
    const [of, count] = form === OF_SEVERAL ? readOwner(bytes) : [owner, Infinity]
    const hashes: number[] = []
    while (hashes.length < count && !(count === Infinity && bytes.done)) {
      const flags = rowFlags(bytes)
      hashes.push(passKey(bytes, flags))
      readExpiry(bytes, flags, 0)
      if (!(flags & HAS_REPLY)) continue
      if (!(flags & SAME_TYPE)) bytes.whole()
      bytes.skip()
    }
    yield [of, hashes]
  }
}

function hashesUnmarked(bytes: ByteReader): number[] {
  const hashes: number[] = []
  while (!bytes.done) {
    hashes.push(bytes.textHash())
    bytes.whole()
    if (bytes.whole() > 0) bytes.skip()
  }
  return hashes
}

/**
 * Their replies are views of the bytes.
 *
 * @param owner as above.
 * @throws RangeError when they are no such row.
 */
export function unpackKept(
  packed: Uint8Array,
  owner: KeptOwner,
  typeUrl: (id: number) => string,
): KeptOutcome[] {
  const bytes = new ByteReader(packed)
  const form = formOf(bytes)
  if (form === UNMARKED) return unpackUnmarked(bytes, owner, typeUrl)
  const kept: KeptOutcome[] = []
  let of = owner
  let left = form === OF_SEVERAL ? 0 : Infinity
  let expiresAtMs = 0
  let lastUrl: string | null = null
  while (!bytes.done || (left > 0 && left < Infinity)) {
    if (left === 0) {
      ;[of, left] = readOwner(bytes)
      continue
    }
    left -= 1
    const flags = rowFlags(bytes)
    const key = readKey(bytes, flags)
    expiresAtMs = readExpiry(bytes, flags, expiresAtMs)
    let reply: Packed | null = null
    if (flags & HAS_REPLY) {
      if (!(flags & SAME_TYPE)) lastUrl = typeUrl(bytes.whole())
      if (lastUrl === null) throw new RangeError('the type of a kept reply stands nowhere')
      reply = new Packed(lastUrl, bytes.bytes())
    }
    kept.push({ family: of.family, name: of.name, outcome: { key, expiresAtMs, reply } })
  }
  return kept
}

/** Of before version 5 of the schema; a type of 0 is no reply there. */
function unpackUnmarked(
  bytes: ByteReader,
  { family, name }: KeptOwner,
  typeUrl: (id: number) => string,
): KeptOutcome[] {
  const kept: KeptOutcome[] = []
  while (!bytes.done) {
    const key = bytes.text()
    const expiresAtMs = bytes.whole()
    const type = bytes.whole()
    const reply = type === 0 ? null : new Packed(typeUrl(type), bytes.bytes())
    kept.push({ family, name, outcome: { key, expiresAtMs, reply } })
  }
  return kept
}

/** An actor of a row, and how many outcomes it has there. */
function readOwner(bytes: ByteReader): [KeptOwner, number] {
  const family = bytes.whole()
  const name = bytes.text()
  const count = bytes.whole()
  if (count === 0) throw new RangeError('an actor of a row has no outcome there')
  return [{ family, name }, count]
}

const UNMARKED = null

/** Passes over the mark, if a row begins with one. */
function formOf(bytes: ByteReader): typeof OF_ONE | null {
  const { buffer } = bytes
  const form = [OF_ONE, OF_SEVERAL].find((mark) => buffer[0] === mark[0] && buffer[1] === mark[1])
  if (form === undefined) return UNMARKED
  bytes.pass(form.length)
  return form
}

/** A row has no state that a reply could be, and ends with its last outcome. */
function rowFlags(bytes: ByteReader): number {
  const flags = readFlags(bytes)
  if (flags & (IS_OF_STATE | MORE)) throw new RangeError(`no kept outcome has the flags ${flags}`)
  return flags
}
