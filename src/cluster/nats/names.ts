// Names of any text as parts of subjects, keys and buckets. Each function is injective: two names never meet in one part.
// What is too long for a part is told by its hash.

import { createHash } from 'node:crypto'

/** NATS takes 255 characters for a bucket, less its own prefix; and nobody wants to read more. */
const MAX_CHARACTERS = 120

const encoder = new TextEncoder()

/** A name as one token of a subject, or as a part of a bucket's name: letters, digits, `-`, and `_` before hexadecimal. */
export function tokenOf(name: string): string {
  const plain = escaped(name, /[A-Za-z0-9-]/, '_')
  // No escape begins with an h.
  return plain.length <= MAX_CHARACTERS && plain !== '' ? plain : `_h${hashText(name)}`
}

/** The key of an entry as NATS takes it; points stay, so that keys can be read and watched by their parts. */
export function bucketKeyOf(key: string): string {
  return key
    .split('.')
    .map((part) => (part === '' ? '=' : escaped(part, /[A-Za-z0-9_-]/, '=')))
    .join('.')
}

/** What `bucketKeyOf` made of a key; null: nothing that it makes. */
export function keyOf(bucketKey: string): string | null {
  const parts = bucketKey.split('.').map((part) => (part === '=' ? '' : unescaped(part)))
  return parts.includes(null) ? null : parts.join('.')
}

function escaped(text: string, plain: RegExp, mark: string): string {
  let result = ''
  for (const character of text) {
    if (plain.test(character)) result += character
    else for (const byte of encoder.encode(character)) result += mark + byte.toString(16).padStart(2, '0')
  }
  return result
}

function unescaped(part: string): string | null {
  if (!/^(?:[A-Za-z0-9_-]|=[0-9a-f]{2})+$/.test(part)) return null
  const bytes = part.match(/=[0-9a-f]{2}|[A-Za-z0-9_-]/g) ?? []
  const values = bytes.map((one) =>
    one.length === 3 ? Number.parseInt(one.slice(1), 16) : one.charCodeAt(0),
  )
  return Buffer.from(values).toString('utf8')
}

function hashText(name: string): string {
  return createHash('sha256').update(name).digest('hex')
}
