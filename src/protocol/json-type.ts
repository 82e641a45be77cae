// JSON text as a Packed: a `spawn.JSONType { 1 content string }`. It decides how that one message is written and read, not
// what values become text (json-codec.ts). It is on the path of every durable turn, so it writes the bytes itself.
//
// Invariant: the bytes are exactly those of the generated message (json-type.test.ts). Each array owns its buffer, for a
// slice of a shared one drags all of that along when it is kept, or sent to another thread; but for those of which their
// taker says that they are not. To make a buffer costs more than to fill it.

import { LIMITS, SpawnError } from '../base/index.ts'
import { FieldReader } from './field-reader.ts'
import type { LongJson } from './long-json.ts'
import { Packed } from './packed.ts'

/** What we write. */
export const JSON_TYPE_URL = 'type.googleapis.com/spawn.JSONType'

/** What SDKs of Spawn 1 write; read, and kept as it is, but never written. */
const OLD_JSON_TYPE_URL = 'type.googleapis.com/eigr.functions.protocol.JSONType'

/** The number of the only field, and its tag: it is length-delimited. */
const CONTENT = 1
const CONTENT_TAG = 0x0a

/** Up to here a loop beats the encoder's call, and V8 keeps an array of about this size inside its own heap. */
const SHORT_CHARS = 62
const SCRATCH_BYTES = 65_536
/** Of the buffers that brief arrays share. */
const SHARED_BYTES = 16_384
/** Up to here texts go into one: a UTF-16 unit takes at most three bytes. */
const SHARED_CHARS = 2_048
/** The tag, and a length of at most two bytes: up to here it takes one. */
const SHARED_HEAD = 3
const ONE_BYTE_LENGTH = 0x7f

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const scratch = new Uint8Array(SCRATCH_BYTES)
/** What has been written is never written again: it may be read as long as anybody has it. */
let shared = Buffer.alloc(0)
let sharedAt = 0
/** The short text that was written last for somebody brief: what a turn answers is often the state that it leaves. */
let briefText = ''
let briefBytes: Uint8Array | null = null

export function isJsonType(typeUrl: string): boolean {
  return typeUrl === JSON_TYPE_URL || typeUrl === OLD_JSON_TYPE_URL
}

/**
 * @param text JSON text; well-formed, as JSON.stringify makes it.
 * @param isBrief see Codec.
 * @throws SpawnError INVALID_ARGUMENT when it takes more than LIMITS.payloadBytes.
 */
export function packJsonText(text: string, isBrief = false): Packed {
  const short = text.length <= SHORT_CHARS ? (isBrief ? shortBrief(text) : shortAscii(text)) : null
  return new Packed(
    JSON_TYPE_URL,
    short ?? (isBrief && text.length <= SHARED_CHARS ? brief(text) : encoded(text)),
  )
}

/** @throws SpawnError INVALID_ARGUMENT when it takes more than LIMITS.payloadBytes. */
export function packLongJson(json: LongJson): Packed {
  const { length } = json
  checkPayloadSize(length + 1 + varintSize(length))
  const bytes = withHead(length)
  json.write(Buffer.from(bytes.buffer), bytes.length - length)
  return new Packed(JSON_TYPE_URL, bytes)
}

/**
 * @throws SpawnError INVALID_ARGUMENT when the bytes are no JSONType or take more than LIMITS.payloadBytes.
 */
export function jsonTextOf(packed: Packed): string {
  const bytes = packed.value
  checkPayloadSize(bytes.length)
  try {
    const start = contentStart(bytes)
    if (start >= 0) return shortText(bytes, start) ?? decoder.decode(bytes.subarray(start))
    return rareContent(bytes)
  } catch (cause) {
    throw new SpawnError('INVALID_ARGUMENT', `the bytes of a ${packed.typeUrl} cannot be decoded`, { cause })
  }
}

/** @throws SpawnError INVALID_ARGUMENT */
export function checkPayloadSize(bytes: number): void {
  if (bytes <= LIMITS.payloadBytes) return
  throw new SpawnError(
    'INVALID_ARGUMENT',
    `a value of ${bytes} bytes is larger than the ${LIMITS.payloadBytes} bytes that a payload, response or state may take`,
    { details: { limit: 'payloadBytes', limitBytes: LIMITS.payloadBytes, bytes } },
  )
}

/** Null when the text is not ASCII. */
function shortAscii(text: string): Uint8Array | null {
  const length = text.length
  const bytes = new Uint8Array(length + 2)
  bytes[0] = CONTENT_TAG
  bytes[1] = length
  for (let at = 0; at < length; at += 1) {
    const unit = text.charCodeAt(at)
    if (unit > 0x7f) return null
    bytes[at + 2] = unit
  }
  return bytes
}

/** The same array for the same text, when nothing else was written between. */
function shortBrief(text: string): Uint8Array | null {
  if (text !== briefText) {
    briefBytes = shortAscii(text)
    briefText = text
  }
  return briefBytes
}

/** The other way round. Null when it is longer, or not ASCII. */
function shortText(bytes: Uint8Array, start: number): string | null {
  if (bytes.length - start > SHORT_CHARS) return null
  let text = ''
  for (let at = start; at < bytes.length; at += 1) {
    const unit = bytes[at] ?? 0
    if (unit > 0x7f) return null
    text += String.fromCharCode(unit)
  }
  return text
}

function brief(text: string): Uint8Array {
  if (sharedAt + SHARED_HEAD + text.length * 3 > shared.length) {
    shared = Buffer.allocUnsafeSlow(SHARED_BYTES)
    sharedAt = 0
  }
  const content = sharedAt + SHARED_HEAD
  const length = shared.write(text, content)
  let start = sharedAt
  if (length <= ONE_BYTE_LENGTH) {
    start += 1
    shared[start + 1] = length
  } else {
    shared[start + 1] = (length & 0x7f) | 0x80
    shared[start + 2] = length >>> 7
  }
  shared[start] = CONTENT_TAG
  sharedAt = content + length
  return new Uint8Array(shared.buffer, start, sharedAt - start)
}

function encoded(text: string): Uint8Array {
  // A UTF-16 unit takes at most three bytes: what may not fit the scratch array is measured first.
  if (text.length * 3 > SCRATCH_BYTES) {
    const measured = Buffer.byteLength(text)
    checkPayloadSize(measured + 1 + varintSize(measured))
    const bytes = withHead(measured)
    encoder.encodeInto(text, bytes.subarray(bytes.length - measured))
    return bytes
  }
  const { written } = encoder.encodeInto(text, scratch)
  const bytes = withHead(written)
  bytes.set(scratch.subarray(0, written), bytes.length - written)
  return bytes
}

/** An array with the tag and the length in front of room for `length` bytes. */
function withHead(length: number): Uint8Array {
  const size = 1 + varintSize(length) + length
  // What is large is not filled with zeros first.
  const bytes =
    size < SCRATCH_BYTES ? new Uint8Array(size) : new Uint8Array(Buffer.allocUnsafeSlow(size).buffer)
  bytes[0] = CONTENT_TAG
  let at = 1
  let rest = length
  for (; rest > 0x7f; rest >>>= 7) bytes[at++] = (rest & 0x7f) | 0x80
  bytes[at] = rest
  return bytes
}

function varintSize(value: number): number {
  let size = 1
  for (let rest = value; rest > 0x7f; rest >>>= 7) size += 1
  return size
}

/** Of a message that another release has written, or another program in a way of its own: the last content that it has. */
function rareContent(bytes: Uint8Array): string {
  const reader = new FieldReader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  let text = ''
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === CONTENT) text = decoder.decode(reader.content())
    else reader.skip(field)
  }
  return text
}

/** Where the content starts when it is all there is; -1 when the message is read field by field. */
function contentStart(bytes: Uint8Array): number {
  if (bytes.length === 0) return 0
  if (bytes[0] !== CONTENT_TAG) return -1
  let length = 0
  for (let at = 1; at <= 4; at += 1) {
    const part = bytes[at]
    if (part === undefined) return -1
    length |= (part & 0x7f) << (7 * (at - 1))
    if (part < 0x80) return at + 1 + length === bytes.length ? at + 1 : -1
  }
  return -1
}
