// Envelopes as bytes: within the frames of the journal, and as answers on their way back to the main thread. Decides the
// layout of an envelope without its payload, and of an answer; how a payload is written in a frame is frame.ts's.
//
// Frames outlive a crash, and so does what is said here of envelopes in them: every later version must read it.

import type { Box, Envelope, StandingEnvelope } from '../../ports/index.ts'
import { Packed } from '../../protocol/packed.ts'
import { ByteReader, ByteWriter } from './bytes.ts'

/** The number of a box, in bytes and in the tables, is its place in here. */
const BOXES: readonly Box[] = ['delivery', 'schedule', 'timer', 'dead']
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

/** Its payload follows, if it has one. */
export function writeEnvelope(bytes: ByteWriter, { box, dueAtMs, header, id, payload }: Envelope): void {
  bytes.text(id)
  bytes.whole(boxNumber(box) * 2 + (payload === null ? 0 : 1))
  bytes.whole(dueAtMs)
  bytes.text(header)
}

/**
 * An envelope in a frame. Its header and payload are read when somebody asks for them: mostly nobody does, because it is
 * taken before it would be folded.
 */
export class FramedEnvelope implements Envelope {
  readonly id: string
  readonly box: Box
  readonly dueAtMs: number
  readonly #frame: Buffer
  readonly #headerAt: number
  readonly #typeUrl: string | null
  readonly #valueAt: number

  /** Reads it, and stands behind it then. */
  constructor(bytes: ByteReader, readType: () => string) {
    this.id = bytes.text()
    const kind = bytes.whole()
    this.box = boxOf(kind >>> 1)
    this.dueAtMs = bytes.whole()
    this.#frame = bytes.buffer
    this.#headerAt = bytes.at
    bytes.skip()
    this.#typeUrl = kind & 1 ? readType() : null
    this.#valueAt = bytes.at
    if (this.#typeUrl !== null) bytes.skip()
  }

  get header(): string {
    return new ByteReader(this.#frame, this.#headerAt).text()
  }

  get payload(): Packed | null {
    if (this.#typeUrl === null) return null
    return new Packed(this.#typeUrl, new ByteReader(this.#frame, this.#valueAt).bytes())
  }
}

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
