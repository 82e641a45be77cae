// How Spawn's Elixir runtime encrypts states: AES-256-GCM with a key for all of them. Decides which bytes are encrypted, and
// opens them. A state that does not open is never taken for a plain one.

import { createDecipheriv } from 'node:crypto'

/** The form of a binary, the length of its tag, and the tag. */
const LEAD = Buffer.from('\u0001\u000aAES.GCM.V1', 'latin1')
const IV_BYTES = 16
const TAG_BYTES = 16
const ASSOCIATED = Buffer.from('AES256GCM', 'latin1')

export function isSpawnSealed(data: Uint8Array): boolean {
  return LEAD.equals(data.subarray(0, LEAD.length))
}

/** Null: it opens with none of the keys, each of 32 bytes, or was altered. */
export function openSpawnSeal(data: Uint8Array, keys: readonly Uint8Array[]): Uint8Array | null {
  const tagAt = LEAD.length + IV_BYTES
  const textAt = tagAt + TAG_BYTES
  if (!isSpawnSealed(data) || data.length < textAt) return null
  const iv = data.subarray(LEAD.length, tagAt)
  for (const key of keys) {
    const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES })
    decipher.setAAD(ASSOCIATED)
    decipher.setAuthTag(data.subarray(tagAt, textAt))
    const opened = decipher.update(data.subarray(textAt))
    try {
      return Buffer.concat([opened, decipher.final()])
    } catch {
      // Not this one, or altered: what was deciphered is of no use.
      continue
    }
  }
  return null
}
