// Outcomes of one actor as the bytes of one row. A row for each would cost a search and, keys being random, a page each; so
// what was committed about the same time is kept together. Decides the layout; the schema's version is also that of it.

import type { OutcomeRecord } from '../../ports/index.ts'
import { Packed } from '../../protocol/packed.ts'
import { ByteReader, ByteWriter } from '../frames/bytes.ts'
import { FramedOutcome } from '../frames/framed-outcome.ts'

/** Outcomes in a row at most: all of it is read to find one of them. */
export const ROW_OUTCOMES = 64

const writer = new ByteWriter()

/** @param typeId the number of a type URL; 0 stands for no reply. */
export function packOutcomes(
  outcomes: readonly OutcomeRecord[],
  typeId: (url: string) => number,
): Uint8Array<ArrayBuffer> {
  for (const outcome of outcomes) {
    if (outcome instanceof FramedOutcome) {
      outcome.writeKey(writer)
      writer.whole(outcome.typeUrl === null ? 0 : typeId(outcome.typeUrl))
      outcome.writeValue(writer)
      continue
    }
    writer.text(outcome.key)
    writer.whole(outcome.expiresAtMs)
    const { reply } = outcome
    writer.whole(reply === null ? 0 : typeId(reply.typeUrl))
    if (reply !== null) writer.bytes(reply.value)
  }
  return writer.take()
}

/** The hashes of their keys, in order. */
export function keyHashesIn(packed: Uint8Array): number[] {
  const bytes = new ByteReader(packed)
  const hashes: number[] = []
  while (!bytes.done) {
    hashes.push(bytes.textHash())
    bytes.whole()
    if (bytes.whole() > 0) bytes.skip()
  }
  return hashes.sort((left, right) => left - right)
}

/** Their replies are views of the bytes. */
export function unpackOutcomes(packed: Uint8Array, typeUrl: (id: number) => string): OutcomeRecord[] {
  const bytes = new ByteReader(packed)
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
