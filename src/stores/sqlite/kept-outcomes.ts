// Outcomes of one actor as the bytes of one row. A row for each would cost a search and, keys being random, a page each; so
// what was committed about the same time is kept together. Decides the layout; the schema's version is also that of it.
//
// A row begins with a mark, and has each outcome with what leads it (lead-bytes.ts), its expiry by that of the one before it.
// Rows of before version 5 of the schema begin with the length of a key, and stay as they are until something is taken out
// of them: no length has ever been written as the mark is.

import type { OutcomeRecord } from '../../ports/index.ts'
import { Packed } from '../../protocol/packed.ts'
import { ByteReader, ByteWriter } from '../frames/bytes.ts'
import { FramedOutcome } from '../frames/framed-outcome.ts'
import {
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
/** A 0 that takes two bytes. */
const MARK = Buffer.of(0x80, 0)

const writer = new ByteWriter()

/** @param typeId the number of a type URL. */
export function packOutcomes(
  outcomes: readonly OutcomeRecord[],
  typeId: (url: string) => number,
): Uint8Array<ArrayBuffer> {
  // One that has failed may have left its beginning.
  writer.clear()
  writer.copy(MARK, 0, MARK.length)
  let beforeMs = 0
  let lastUrl: string | null = null
  for (const outcome of outcomes) {
    const framed = outcome instanceof FramedOutcome ? outcome : null
    const reply = framed === null ? outcome.reply : null
    const typeUrl: string | null = framed === null ? (reply?.typeUrl ?? null) : framed.typeUrl
    const flags = typeUrl === null ? 0 : HAS_REPLY | (typeUrl === lastUrl ? SAME_TYPE : 0)
    if (framed === null) {
      writeLead(writer, flags, outcome.key, outcome.expiresAtMs, beforeMs)
      beforeMs = outcome.expiresAtMs
    } else beforeMs = framed.writeLead(writer, flags, beforeMs)
    if (typeUrl === null) continue
    if (typeUrl !== lastUrl) writer.whole(typeId(typeUrl))
    lastUrl = typeUrl
    if (reply === null) framed?.writeValue(writer)
    else writer.bytes(reply.value)
  }
  return writer.take()
}

/** The hashes of their keys, in order. @throws RangeError when the bytes are no such row. */
export function keyHashesIn(packed: Uint8Array): number[] {
  const hashes: number[] = []
  const bytes = new ByteReader(packed)
  if (passMark(bytes)) {
    while (!bytes.done) {
      const flags = rowFlags(bytes)
      hashes.push(passKey(bytes, flags))
      readExpiry(bytes, flags, 0)
      if (!(flags & HAS_REPLY)) continue
      if (!(flags & SAME_TYPE)) bytes.whole()
      bytes.skip()
    }
  } else {
    while (!bytes.done) {
      hashes.push(bytes.textHash())
      bytes.whole()
      if (bytes.whole() > 0) bytes.skip()
    }
  }
  return hashes.sort((left, right) => left - right)
}

/** Their replies are views of the bytes. @throws RangeError when they are no such row. */
export function unpackOutcomes(packed: Uint8Array, typeUrl: (id: number) => string): OutcomeRecord[] {
  const bytes = new ByteReader(packed)
  if (!passMark(bytes)) return unpackUnmarked(bytes, typeUrl)
  const outcomes: OutcomeRecord[] = []
  let expiresAtMs = 0
  let lastUrl: string | null = null
  while (!bytes.done) {
    const flags = rowFlags(bytes)
    const key = readKey(bytes, flags)
    expiresAtMs = readExpiry(bytes, flags, expiresAtMs)
    if (!(flags & HAS_REPLY)) {
      outcomes.push({ key, expiresAtMs, reply: null })
      continue
    }
    if (!(flags & SAME_TYPE)) lastUrl = typeUrl(bytes.whole())
    if (lastUrl === null) throw new RangeError('the type of a kept reply stands nowhere')
    outcomes.push({ key, expiresAtMs, reply: new Packed(lastUrl, bytes.bytes()) })
  }
  return outcomes
}

/** Of before version 5 of the schema; a type of 0 is no reply there. */
function unpackUnmarked(bytes: ByteReader, typeUrl: (id: number) => string): OutcomeRecord[] {
  const outcomes: OutcomeRecord[] = []
  while (!bytes.done) {
    const key = bytes.text()
    const expiresAtMs = bytes.whole()
    const type = bytes.whole()
    outcomes.push({
      key,
      expiresAtMs,
      reply: type === 0 ? null : new Packed(typeUrl(type), bytes.bytes()),
    })
  }
  return outcomes
}

/** Passes over the mark, if a row begins with it. */
function passMark(bytes: ByteReader): boolean {
  const { buffer } = bytes
  const isMarked = buffer[0] === MARK[0] && buffer[1] === MARK[1]
  if (isMarked) bytes.pass(MARK.length)
  return isMarked
}

/** A row has no state that a reply could be, and ends with its last outcome. */
function rowFlags(bytes: ByteReader): number {
  const flags = readFlags(bytes)
  if (flags & (IS_OF_STATE | MORE)) throw new RangeError(`no kept outcome has the flags ${flags}`)
  return flags
}
