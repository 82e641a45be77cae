// A hash of a text, for tables and filters in memory. Not against an adversary: whoever can choose texts can make them
// meet, so what is found by it is compared, or only costs a look more. Hashes stand in store files: what a text has, it keeps.

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

function mixed(fnv: number): number {
  const hash = Math.imul(fnv ^ (fnv >>> 16), 0x85eb_ca6b)
  return (hash ^ (hash >>> 13)) >>> 0
}
