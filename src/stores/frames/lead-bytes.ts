// What leads an outcome wherever it stands as bytes, in a frame or in a row of the table: its flags, its key, and when it
// expires. Most keys are made by machines, as a UUID or as 32 hexadecimal digits: those stand as 16 bytes, if they are in
// lower case, so that there is one text that they can be. Most outcomes of a group expire within a moment: what stands is
// how far that is from another time, which is known where they are read. Flags and layout are for ever, see frame.ts.

import { hashOfDigits } from '../../base/index.ts'
import { behindField, ByteReader, type ByteWriter } from './bytes.ts'

/** How its key stands: as text, or as the digits of one of these. The flags are one byte. */
const KEY_FORM = 3
const TEXT = 0
const HEX = 1
const UUID = 2
/** Its expiry stands in full. */
const FAR = 4
export const HAS_REPLY = 8
/** The bytes of its reply are those of the commit's state, and stand there. */
export const IS_OF_STATE = 16
/** Its reply is of the same type as the last one before it. */
export const SAME_TYPE = 32
/** Another outcome of the commit follows. */
export const MORE = 64
const MOST = 127

const KEY_BYTES = 16
const HEX_LENGTH = 32
const UUID_LENGTH = 36
/** Where two digits of a text are that become a byte. */
const HEX_PLACES = Uint8Array.from({ length: KEY_BYTES }, (_none, at) => 2 * at)
const UUID_PLACES = Uint8Array.of(0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34)
const DASH_PLACES = [8, 13, 18, 23]
const DASH = 0x2d
/** The bytes before which a UUID has a dash. */
const UUID_DASHES = (1 << 4) | (1 << 6) | (1 << 8) | (1 << 10)
/** The one that is being read. */
const uuid = Buffer.alloc(UUID_LENGTH, '-')
const DIGITS = Buffer.from('0123456789abcdef')
/** Expiries closer than this to the other time stand as the difference. */
const NEAR_MS = 2 ** 29

/** @throws RangeError when the expiry is none that the port allows. */
export function writeLead(
  bytes: ByteWriter,
  flags: number,
  key: string,
  expiresAtMs: number,
  nearMs: number,
): void {
  const far = farFlag(expiresAtMs, nearMs)
  const at = bytes.length
  bytes.whole(flags | far)
  const form = writeDigits(bytes, key)
  if (form === TEXT) bytes.text(key)
  else bytes.over(at, flags | far | form)
  writeExpiry(bytes, far, expiresAtMs, nearMs)
}

/**
 * The same for one that was read before, behind other flags and with its expiry named by another time.
 *
 * @param at where its flags are.
 * @param fromMs what its expiry is named by there.
 * @returns its expiry.
 */
export function copyLead(
  bytes: ByteWriter,
  flags: number,
  from: Buffer,
  at: number,
  fromMs: number,
  nearMs: number,
): number {
  const before = from[at] ?? 0
  const end = behindKey(from, at)
  const expiresAtMs = expiryBehind(from, end, before, fromMs)
  const far = farFlag(expiresAtMs, nearMs)
  bytes.whole(flags | far | (before & KEY_FORM))
  bytes.copy(from, at + 1, end)
  writeExpiry(bytes, far, expiresAtMs, nearMs)
  return expiresAtMs
}

/** @returns the flags of an outcome. @throws RangeError when they are of none. */
export function readFlags(bytes: ByteReader): number {
  const flags = bytes.whole()
  if (flags > MOST || (flags & KEY_FORM) === KEY_FORM)
    throw new RangeError(`no outcome has the flags ${flags}`)
  return flags
}

/** Passes over the key behind the flags. @returns its hash. */
export function passKey(bytes: ByteReader, flags: number): number {
  const form = flags & KEY_FORM
  if (form === TEXT) return bytes.textHash()
  const from = bytes.pass(KEY_BYTES)
  return form === UUID
    ? hashOfDigits(bytes.buffer, from, UUID_LENGTH, UUID_DASHES)
    : hashOfDigits(bytes.buffer, from, HEX_LENGTH, 0)
}

export function readKey(bytes: ByteReader, flags: number): string {
  const form = flags & KEY_FORM
  if (form === TEXT) return bytes.text()
  const from = bytes.pass(KEY_BYTES)
  if (form === HEX) return bytes.buffer.toString('hex', from, from + KEY_BYTES)
  for (let at = 0; at < KEY_BYTES; at += 1) {
    const byte = bytes.buffer[from + at] ?? 0
    const place = UUID_PLACES[at] ?? 0
    uuid[place] = DIGITS[byte >>> 4] ?? 0
    uuid[place + 1] = DIGITS[byte & 0xf] ?? 0
  }
  return uuid.toString('latin1')
}

/** @throws RangeError when it is none that writeLead writes. */
export function readExpiry(bytes: ByteReader, flags: number, nearMs: number): number {
  const whole = bytes.whole()
  if (flags & FAR) return whole
  if (whole >= 2 * NEAR_MS) throw new RangeError(`an outcome expires ${whole} from another one`)
  return nearMs + near(whole)
}

/** The expiry of one that was read before. @param at where its flags are. */
export function expiryAt(bytes: Buffer, at: number, nearMs: number): number {
  return expiryBehind(bytes, behindKey(bytes, at), bytes[at] ?? 0, nearMs)
}

function expiryBehind(bytes: Buffer, at: number, flags: number, nearMs: number): number {
  const first = bytes[at] ?? 0
  // Mostly a byte: no reader is made for that.
  if (first < 0x80 && !(flags & FAR)) return nearMs + near(first)
  return readExpiry(new ByteReader(bytes, at), flags, nearMs)
}

/** 0, -1, 1, -2, 2… of 0, 1, 2, 3, 4… */
function near(whole: number): number {
  return (whole >>> 1) ^ -(whole & 1)
}

function behindKey(bytes: Buffer, at: number): number {
  const form = (bytes[at] ?? 0) & KEY_FORM
  return form === TEXT ? behindField(bytes, at + 1) : at + 1 + KEY_BYTES
}

function writeDigits(bytes: ByteWriter, key: string): number {
  const { length } = key
  if (length === HEX_LENGTH) return bytes.digits(key, HEX_PLACES) ? HEX : TEXT
  if (length !== UUID_LENGTH) return TEXT
  for (const place of DASH_PLACES) if (key.charCodeAt(place) !== DASH) return TEXT
  return bytes.digits(key, UUID_PLACES) ? UUID : TEXT
}

function farFlag(expiresAtMs: number, nearMs: number): number {
  const away = expiresAtMs - nearMs
  const isNear = (away | 0) === away && away < NEAR_MS && away >= -NEAR_MS && expiresAtMs >= 0
  return isNear ? 0 : FAR
}

function writeExpiry(bytes: ByteWriter, far: number, expiresAtMs: number, nearMs: number): void {
  if (far !== 0) {
    bytes.whole(expiresAtMs)
    return
  }
  const away = expiresAtMs - nearMs
  // As `near` reads it.
  bytes.whole((away << 1) ^ (away >> 31))
}
