// Envelopes as bytes: within the frames of the journal, and as answers on their way back to the main thread. Decides the
// layout of an envelope without its payload, and of an answer; how a payload is written in a frame is frame.ts's.
//
// Frames outlive a crash, and so does what is said here of envelopes in them: every later version must read it.

import type { Box, Envelope, StandingEnvelope } from '../../ports/index.ts'
import { Packed } from '../../protocol/packed.ts'
import { ByteReader, ByteWriter } from './bytes.ts'
import type { WordReader, WordWriter } from './words.ts'

/** The number of a box, in bytes and in the tables, is its place in here. */
const BOXES: readonly Box[] = ['delivery', 'schedule', 'timer', 'dead', 'fact']
export const FACT_BOX = BOXES.indexOf('fact')
/** The boxes from which envelopes become due, as numbers. */
export const LIVE_BOXES: readonly number[] = [0, 1, 2]

export function boxNumber(box: Box): number {
  return BOXES.indexOf(box)
}

/** @throws RangeError for a number that no box has. */
export function boxOf(number: number): Box {
  const box = BOXES[number]
  if (box === undefined) throw new RangeError(`there is no box ${number}`)
  return box
}

const HAS_PAYLOAD = 1
/** How far the number of the box is shifted. */
const BOX = 1
const BOX_BITS = 3
/** Its header stands in parts. */
const HAS_PARTS = 8
const IS_NEW = 16
/** The box whose number does not fit into those bits. */
const IS_FACT = 32

/** Its payload follows, if it has one. @param words of the frame; null: it is in none, and its header stands as it is. */
export function writeEnvelope(bytes: ByteWriter, envelope: Envelope, words: WordWriter | null = null): void {
  const { box, dueAtMs, id, payload } = envelope
  const parts = words === null ? undefined : envelope.headerParts
  bytes.text(id)
  bytes.whole(
    (box === 'fact' ? IS_FACT : boxNumber(box) << BOX) |
      (payload === null ? 0 : HAS_PAYLOAD) |
      (parts === undefined ? 0 : HAS_PARTS) |
      (envelope.isNew === true ? IS_NEW : 0),
  )
  bytes.whole(dueAtMs)
  if (parts === undefined || words === null) {
    bytes.text(envelope.header)
    return
  }
  bytes.whole(parts.words.length)
  for (const word of parts.words) words.write(bytes, word)
  bytes.whole(parts.texts.length)
  for (const text of parts.texts) bytes.text(text)
}

/**
 * An envelope in a frame. Its header and payload are read when somebody asks for them: mostly nobody does, because it is
 * taken before it would be folded.
 */
export class FramedEnvelope implements Envelope {
  readonly id: string
  readonly box: Box
  readonly dueAtMs: number
  readonly isNew: boolean
  readonly #frame: Buffer
  /** Null: its header stands as it is. */
  readonly #words: WordReader | null
  readonly #headerAt: number
  readonly #typeUrl: string | null
  readonly #valueAt: number

  /** Reads it, and stands behind it then. */
  constructor(bytes: ByteReader, readType: () => string, words: WordReader | null = null) {
    this.id = bytes.text()
    const kind = bytes.whole()
    this.isNew = (kind & IS_NEW) !== 0
    this.box = boxOf(kind & IS_FACT ? FACT_BOX : (kind >>> BOX) & BOX_BITS)
    this.dueAtMs = bytes.whole()
    this.#frame = bytes.buffer
    this.#headerAt = bytes.at
    this.#words = kind & HAS_PARTS ? words : null
    if (this.#words === null) bytes.skip()
    else passParts(bytes, this.#words)
    this.#typeUrl = kind & HAS_PAYLOAD ? readType() : null
    this.#valueAt = bytes.at
    if (this.#typeUrl !== null) bytes.skip()
  }

  get header(): string {
    const bytes = new ByteReader(this.#frame, this.#headerAt)
    return this.#words === null ? bytes.text() : readParts(bytes, this.#words)
  }

  get payload(): Packed | null {
    if (this.#typeUrl === null) return null
    return new Packed(this.#typeUrl, new ByteReader(this.#frame, this.#valueAt).bytes())
  }
}

function passParts(bytes: ByteReader, words: WordReader): void {
  for (let left = bytes.whole(); left > 0; left -= 1) words.pass(bytes)
  for (let left = bytes.whole(); left > 0; left -= 1) bytes.skip()
}

/** @returns what `headerText` makes of the parts. */
function readParts(bytes: ByteReader, words: WordReader): string {
  let header = words.beginning(bytes)
  for (let left = bytes.whole(); left > 0; left -= 1) {
    const text = bytes.text()
    if (header !== '[') header += ','
    header += PLAIN.test(text) ? `"${text}"` : JSON.stringify(text)
  }
  return `${header}]`
}

/** Text that stands in JSON as it is. */
const PLAIN = /^[ !#-[\]-~]*$/

/** Some of the envelopes that are asked for, in order. */
export interface EnvelopeStretch {
  readonly envelopes: readonly StandingEnvelope[]
  /** Whether more may follow that would fit: they were too many bytes for one answer. */
  readonly isCut: boolean
  /** See DuePage; null in answers about anything else. */
  readonly nextDueMs: number | null
}

const writer = new ByteWriter()

export function packStretch({ envelopes, isCut, nextDueMs }: EnvelopeStretch): Uint8Array<ArrayBuffer> {
  writer.whole(isCut ? 1 : 0)
  writer.whole(nextDueMs === null ? 0 : 1)
  if (nextDueMs !== null) writer.whole(nextDueMs)
  for (const envelope of envelopes) writeStanding(envelope)
  return writer.take()
}

export function unpackStretch(answer: Uint8Array): EnvelopeStretch {
  const bytes = new ByteReader(answer)
  const isCut = bytes.whole() === 1
  const nextDueMs = bytes.whole() === 1 ? bytes.whole() : null
  const envelopes: StandingEnvelope[] = []
  while (!bytes.done) envelopes.push(readStanding(bytes, bytes.whole()))
  return { envelopes, isCut, nextDueMs }
}

export function packEnvelopes(envelopes: readonly (StandingEnvelope | null)[]): Uint8Array<ArrayBuffer> {
  for (const envelope of envelopes) {
    if (envelope === null) writer.whole(0)
    else writeStanding(envelope)
  }
  return writer.take()
}

export function unpackEnvelopes(answer: Uint8Array): (StandingEnvelope | null)[] {
  const bytes = new ByteReader(answer)
  const envelopes: (StandingEnvelope | null)[] = []
  while (!bytes.done) {
    const place = bytes.whole()
    envelopes.push(place === 0 ? null : readStanding(bytes, place))
  }
  return envelopes
}

function writeStanding(envelope: StandingEnvelope): void {
  writer.whole(envelope.place)
  writeEnvelope(writer, envelope)
  if (envelope.payload === null) return
  writer.text(envelope.payload.typeUrl)
  writer.bytes(envelope.payload.value)
}

function readStanding(bytes: ByteReader, place: number): StandingEnvelope {
  // A copy: an envelope in memory must not hold the bytes of all that were read with it.
  const { box, dueAtMs, header, id, payload } = new FramedEnvelope(bytes, () => bytes.text())
  const copy = payload === null ? null : new Packed(payload.typeUrl, new Uint8Array(payload.value))
  return { id, box, dueAtMs, header, payload: copy, place }
}
