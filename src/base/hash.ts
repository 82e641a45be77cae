// A hash of a text, for tables and filters in memory. Not against an adversary: whoever can choose texts can make them
// meet, so what is found by it is compared, or only costs a look more. Hashes stand in store files: what a text has, it keeps.

/** As code units. */
const DIGITS = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0))
const DASH = 0x2d

/** FNV-1a over the code units, then mixed: a whole number below 2^32. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5 ^ text.length
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x0100_0193)
  return mixed(hash)
}

/** The hash of the text that these bytes are in UTF-8, without making it; -1: they are not all ASCII. */
export function hashOfAscii(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5 ^ (to - from)
  for (let at = from; at < to; at += 1) {
    const unit = bytes[at] ?? 0
    if (unit > 0x7f) return -1
    hash = Math.imul(hash ^ unit, 0x0100_0193)
  }
  return mixed(hash)
}

/**
 * The hash of a text of lowercase hexadecimal digits that stands as half as many bytes, without making it.
 *
 * @param length of the text.
 * @param dashes a bit for each byte before which the text has a dash.
 */
export function hashOfDigits(bytes: Uint8Array, from: number, length: number, dashes: number): number {
  let hash = 0x811c9dc5 ^ length
  for (let at = 0, left = length; left > 0; at += 1, left -= 2) {
    if ((dashes >>> at) & 1) {
      hash = Math.imul(hash ^ DASH, 0x0100_0193)
      left -= 1
    }
    const byte = bytes[from + at] ?? 0
    hash = Math.imul(hash ^ (DIGITS[byte >>> 4] ?? 0), 0x0100_0193)
    hash = Math.imul(hash ^ (DIGITS[byte & 0xf] ?? 0), 0x0100_0193)
  }
  return mixed(hash)
}

function mixed(fnv: number): number {
  const hash = Math.imul(fnv ^ (fnv >>> 16), 0x85eb_ca6b)
  return (hash ^ (hash >>> 13)) >>> 0
}
