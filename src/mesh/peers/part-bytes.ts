// The parts that requests and replies are made of, as bytes: addresses, payloads, chains, answers, errors. Each part has a
// pair of functions, and what the second reads is what the first wrote.

import { type ErrorCode, SpawnError } from '../../base/index.ts'
import type { ChainLink, Metadata, RemoteAnswer } from '../../ports/index.ts'
import { type ActorId, isErrorCode, Packed } from '../../protocol/index.ts'
import { type FrameReader, MalformedFrame } from './frame-reader.ts'
import type { FrameWriter } from './frame-writer.ts'

export function writeActor(writer: FrameWriter, { name, parent, system }: ActorId): void {
  writer.text(system)
  writer.text(parent)
  writer.text(name)
}

export function readActor(reader: FrameReader): ActorId {
  return { system: reader.text(), parent: reader.text(), name: reader.text() }
}

export function writePacked(writer: FrameWriter, { typeUrl, value }: Packed): void {
  writer.text(typeUrl)
  writer.bytes(value)
}

export function readPacked(reader: FrameReader): Packed {
  return new Packed(reader.text(), reader.bytes())
}

const IS_ASIDE = 1
const STARTS = 2

export function writeChain(writer: FrameWriter, chain: readonly ChainLink[]): void {
  writer.count(chain.length)
  for (const { action, actor, aside, member, starts, turn } of chain) {
    writeActor(writer, actor)
    writer.text(action)
    writer.text(member)
    writer.count(turn)
    writer.byte((aside ? IS_ASIDE : 0) | (starts ? STARTS : 0))
  }
}

export function readChain(reader: FrameReader): ChainLink[] {
  return readList(reader, () => {
    const actor = readActor(reader)
    const action = reader.text()
    const member = reader.text()
    const turn = reader.count()
    const is = reader.byte()
    return { actor, action, member, turn, aside: (is & IS_ASIDE) !== 0, starts: (is & STARTS) !== 0 }
  })
}

export function writeMetadata(writer: FrameWriter, metadata: Metadata): void {
  const entries = Object.entries(metadata)
  writer.count(entries.length)
  for (const [name, value] of entries) {
    writer.text(name)
    writer.text(value)
  }
}

export function readMetadata(reader: FrameReader): Metadata {
  return Object.fromEntries(readList(reader, () => [reader.text(), reader.text()] as const))
}

/** As many as there are said to be; each takes a byte at least, so no number makes this go on beyond the frame. */
export function readList<Item>(reader: FrameReader, readItem: () => Item): Item[] {
  const items: Item[] = []
  for (let left = reader.count(); left > 0; left -= 1) items.push(readItem())
  return items
}

const DURABILITIES = ['turn', 'snapshot', 'none'] as const
const HAS_RESPONSE = 1
const HAS_JSON = 2

export function writeAnswer(writer: FrameWriter, answer: RemoteAnswer): void {
  const { action, actor, durability, json, response, revision } = answer
  writer.byte((response === null ? 0 : HAS_RESPONSE) | (json === null ? 0 : HAS_JSON))
  writer.byte(DURABILITIES.indexOf(durability))
  writer.count(revision)
  writeActor(writer, actor)
  writer.text(action)
  if (response !== null) writePacked(writer, response)
  if (json !== null) writer.text(json)
}

export function readAnswer(reader: FrameReader): RemoteAnswer {
  const parts = reader.byte()
  const durability = DURABILITIES[reader.byte()]
  if (durability === undefined) throw new MalformedFrame('a durability is unknown')
  const revision = reader.count()
  const actor = readActor(reader)
  const action = reader.text()
  const response = (parts & HAS_RESPONSE) === 0 ? null : readPacked(reader)
  const json = (parts & HAS_JSON) === 0 ? null : reader.text()
  return { response, actor, action, revision, durability, json }
}

export function writeError(writer: FrameWriter, error: SpawnError): void {
  writer.text(error.code)
  writer.byte(error.retryable ? 1 : 0)
  writer.text(error.message.toWellFormed())
  writer.text(detailsText(error))
}

/** A code that is not known here, of a newer member, is a defect's. What caused the error stays where it happened. */
export function readError(reader: FrameReader): SpawnError {
  const told = reader.text()
  const code: ErrorCode = isErrorCode(told) ? told : 'DEFECT'
  const retryable = reader.byte() === 1
  const message = reader.text()
  const text = reader.text()
  return new SpawnError(code, message, { retryable, details: text === '' ? {} : parsedDetails(text) })
}

/** Details are for programs, and never worth the error: those that are no JSON are left out. */
function detailsText({ details }: SpawnError): string {
  for (const _ in details) {
    try {
      return JSON.stringify(details).toWellFormed()
    } catch (thrown) {
      return JSON.stringify({ details: `could not be sent: ${String(thrown)}` })
    }
  }
  return ''
}

function parsedDetails(text: string): Readonly<Record<string, unknown>> {
  try {
    // What another member wrote as JSON.
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed === 'object' && parsed !== null) return parsed as Readonly<Record<string, unknown>>
  } catch {
    throw new MalformedFrame('the details of an error are no JSON')
  }
  throw new MalformedFrame('the details of an error are no object')
}
