// A key service for tests: it wraps data keys with a key of its own, and is away when it is told.

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { KeyService } from '../../src/ports/index.ts'

/** As a cloud's key management would: its own key never leaves it. */
export class Vault implements KeyService {
  readonly name = 'vault'
  readonly asked: string[] = []
  isAway = false
  readonly #key = randomBytes(32)

  async wrap(dataKey: Uint8Array): Promise<Uint8Array> {
    this.#check('wrap')
    const nonce = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce)
    return Buffer.concat([nonce, cipher.update(dataKey), cipher.final(), cipher.getAuthTag()])
  }

  async unwrap(wrapped: Uint8Array): Promise<Uint8Array> {
    this.#check('unwrap')
    const decipher = createDecipheriv('aes-256-gcm', this.#key, wrapped.subarray(0, 12))
    decipher.setAuthTag(wrapped.subarray(-16))
    return Buffer.concat([decipher.update(wrapped.subarray(12, -16)), decipher.final()])
  }

  #check(verb: string): void {
    this.asked.push(verb)
    if (this.isAway) throw new Error('no route to it')
  }
}
