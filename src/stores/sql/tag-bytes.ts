// Tags as bytes, for databases whose texts cannot hold every character and whose JSON is not exact. Each tag is
// `FE key FF value`, one after the other, and FE ends the last: neither byte occurs in UTF-8, so that a tag is found by
// looking for its bytes.

import type { Tags } from '../../ports/index.ts'

const ENTRY = 0xfe
const VALUE = 0xff

/** Null: none. */
export function packTags(tags: Tags): Buffer | null {
  const keys = Object.keys(tags)
  if (keys.length === 0) return null
  let length = 1
  for (const key of keys) length += 2 + Buffer.byteLength(key) + Buffer.byteLength(tags[key] ?? '')
  const bytes = Buffer.allocUnsafe(length)
  let at = 0
  for (const key of keys) {
    bytes[at] = ENTRY
    at += 1 + bytes.write(key, at + 1)
    bytes[at] = VALUE
    at += 1 + bytes.write(tags[key] ?? '', at + 1)
  }
  bytes[at] = ENTRY
  return bytes
}

export function unpackTags(bytes: Buffer | null): Tags {
  if (bytes === null) return {}
  const entries: [string, string][] = []
  for (let at = 1; at < bytes.length;) {
    const middle = bytes.indexOf(VALUE, at)
    const end = bytes.indexOf(ENTRY, middle)
    if (middle < 0 || end < 0) throw new Error('the tags of a row are damaged')
    entries.push([bytes.toString('utf8', at, middle), bytes.toString('utf8', middle + 1, end)])
    at = end + 1
  }
  // Not by assignment: `__proto__` is a key like any other.
  return Object.fromEntries(entries)
}

/** What the bytes of tags have in them if they have this tag. */
export function tagBytes(key: string, value: string): Buffer {
  return packTags({ [key]: value }) ?? Buffer.alloc(0)
}
