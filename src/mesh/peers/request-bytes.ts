// Requests as bytes and back. What is left of a request's time travels beside it, and is put in when it is read.

import type { HandedEnvelope, RemoteAnnouncement, RemoteCall } from '../../ports/index.ts'
import { BOXES } from '../../ports/index.ts'
import { isSpawnError } from '../../base/index.ts'
import { type FrameReader, MalformedFrame } from './frame-reader.ts'
import type { FrameWriter } from './frame-writer.ts'
import {
  readActor,
  readAnswer,
  readChain,
  readError,
  readList,
  readMetadata,
  readPacked,
  writeActor,
  writeAnswer,
  writeChain,
  writeError,
  writeMetadata,
  writePacked,
} from './part-bytes.ts'
import type { PeerBody, PeerRequest } from './peer-request.ts'

const KINDS = ['call', 'release', 'hand', 'told', 'poke', 'announce'] as const
const OPERATIONS = ['call', 'spawn', 'inspect', 'delete', 'erase', 'restore'] as const

/** What a request has, of what it may lack. */
const HAS = {
  payload: 1,
  metadata: 2,
  caller: 4,
  chain: 8,
  key: 16,
  async: 32,
  revision: 64,
  atMs: 128,
  follows: 256,
  repeatable: 512,
} as const

const ENVELOPE_HAS = { payload: 1, asks: 2, chain: 4, member: 8 } as const

export function writeRequest(writer: FrameWriter, { body, epoch, system }: PeerRequest): void {
  writer.byte(KINDS.indexOf(body.kind))
  writer.text(system)
  writer.count(epoch)
  writeBody(writer, body)
}

/** @throws MalformedFrame */
export function readRequest(reader: FrameReader, timeoutMs: number): PeerRequest {
  const kind = KINDS[reader.byte()]
  if (kind === undefined) throw new MalformedFrame('a kind of request is unknown')
  const system = reader.text()
  const epoch = reader.count()
  return { system, epoch, body: readBody(reader, kind, timeoutMs) }
}

function writeBody(writer: FrameWriter, body: PeerBody): void {
  switch (body.kind) {
    case 'call':
      return writeCall(writer, body.call)
    case 'release':
      writer.text(body.definition)
      return writer.text(body.name)
    case 'hand':
      writer.byte(body.afresh ? 1 : 0)
      writer.count(body.envelopes.length)
      for (const envelope of body.envelopes) writeEnvelope(writer, envelope)
      return
    case 'told':
      writer.text(body.envelope)
      writer.byte(isSpawnError(body.end) ? 1 : 0)
      return isSpawnError(body.end) ? writeError(writer, body.end) : writeAnswer(writer, body.end)
    case 'announce':
      return writeAnnouncement(writer, body.announcement)
    case 'poke':
      return
  }
}

function readBody(reader: FrameReader, kind: PeerBody['kind'], timeoutMs: number): PeerBody {
  switch (kind) {
    case 'call':
      return { kind, call: readCall(reader, timeoutMs) }
    case 'release':
      return { kind, definition: reader.text(), name: reader.text() }
    case 'hand':
      return { kind, afresh: reader.byte() === 1, envelopes: readList(reader, () => readEnvelope(reader)) }
    case 'told':
      return {
        kind,
        envelope: reader.text(),
        end: reader.byte() === 1 ? readError(reader) : readAnswer(reader),
      }
    case 'announce':
      return { kind, announcement: readAnnouncement(reader) }
    default:
      return { kind }
  }
}

function writeCall(writer: FrameWriter, call: RemoteCall): void {
  const { caller, chain, follows, idempotencyKey, metadata, payload, revision } = call
  let has = call.async ? HAS.async : 0
  if (call.repeatable) has |= HAS.repeatable
  if (payload !== null) has |= HAS.payload
  for (const _ in metadata) {
    has |= HAS.metadata
    break
  }
  if (caller !== null) has |= HAS.caller
  if (chain.length > 0) has |= HAS.chain
  if (idempotencyKey !== null) has |= HAS.key
  if (revision !== null) has |= 'atMs' in revision ? HAS.atMs : HAS.revision
  if (follows !== null) has |= HAS.follows
  writer.byte(OPERATIONS.indexOf(call.operation))
  writer.count(has)
  writer.text(call.definition)
  writer.text(call.name)
  writer.text(call.action)
  if (payload !== null) writePacked(writer, payload)
  if ((has & HAS.metadata) !== 0) writeMetadata(writer, metadata)
  if (caller !== null) writeActor(writer, caller)
  if (chain.length > 0) writeChain(writer, chain)
  if (idempotencyKey !== null) writer.text(idempotencyKey)
  if (revision !== null) writer.number('atMs' in revision ? revision.atMs : revision.revision)
  if (follows !== null) writer.count(follows)
}

const NO_METADATA = Object.freeze({})

function readCall(reader: FrameReader, timeoutMs: number): RemoteCall {
  const operation = OPERATIONS[reader.byte()]
  if (operation === undefined) throw new MalformedFrame('an operation is unknown')
  const has = reader.count()
  return {
    operation,
    definition: reader.text(),
    name: reader.text(),
    action: reader.text(),
    payload: (has & HAS.payload) === 0 ? null : readPacked(reader),
    metadata: (has & HAS.metadata) === 0 ? NO_METADATA : readMetadata(reader),
    caller: (has & HAS.caller) === 0 ? null : readActor(reader),
    chain: (has & HAS.chain) === 0 ? [] : readChain(reader),
    idempotencyKey: (has & HAS.key) === 0 ? null : reader.text(),
    async: (has & HAS.async) !== 0,
    repeatable: (has & HAS.repeatable) !== 0,
    timeoutMs,
    revision: revisionIn(reader, has),
    follows: (has & HAS.follows) === 0 ? null : reader.count(),
  }
}

function revisionIn(reader: FrameReader, has: number): RemoteCall['revision'] {
  if ((has & HAS.atMs) !== 0) return { atMs: reader.number() }
  return (has & HAS.revision) === 0 ? null : { revision: reader.number() }
}

function writeEnvelope(writer: FrameWriter, { asksForMs, chain, envelope, member }: HandedEnvelope): void {
  const { box, dueAtMs, header, id, payload } = envelope
  let has = payload === null ? 0 : ENVELOPE_HAS.payload
  if (asksForMs !== null) has |= ENVELOPE_HAS.asks
  if (chain.length > 0) has |= ENVELOPE_HAS.chain
  if (member !== null) has |= ENVELOPE_HAS.member
  writer.byte(has)
  writer.byte(BOXES.indexOf(box))
  writer.text(id)
  writer.number(dueAtMs)
  writer.text(header)
  if (payload !== null) writePacked(writer, payload)
  if (asksForMs !== null) writer.number(asksForMs)
  if (chain.length > 0) writeChain(writer, chain)
  if (member !== null) writer.text(member)
}

function readEnvelope(reader: FrameReader): HandedEnvelope {
  const has = reader.byte()
  const box = BOXES[reader.byte()]
  if (box === undefined) throw new MalformedFrame('a box is unknown')
  return {
    envelope: {
      id: reader.text(),
      box,
      dueAtMs: reader.number(),
      header: reader.text(),
      payload: (has & ENVELOPE_HAS.payload) === 0 ? null : readPacked(reader),
    },
    asksForMs: (has & ENVELOPE_HAS.asks) === 0 ? null : reader.number(),
    chain: (has & ENVELOPE_HAS.chain) === 0 ? [] : readChain(reader),
    member: (has & ENVELOPE_HAS.member) === 0 ? null : reader.text(),
  }
}

function writeAnnouncement(writer: FrameWriter, announcement: RemoteAnnouncement): void {
  const { channel, from, metadata, payload } = announcement
  writer.byte((payload === null ? 0 : HAS.payload) | (from === null ? 0 : HAS.caller))
  writer.text(channel)
  writeMetadata(writer, metadata)
  if (payload !== null) writePacked(writer, payload)
  if (from !== null) writeActor(writer, from)
}

function readAnnouncement(reader: FrameReader): RemoteAnnouncement {
  const has = reader.byte()
  return {
    channel: reader.text(),
    metadata: readMetadata(reader),
    payload: (has & HAS.payload) === 0 ? null : readPacked(reader),
    from: (has & HAS.caller) === 0 ? null : readActor(reader),
  }
}
