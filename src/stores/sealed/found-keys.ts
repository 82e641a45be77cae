// The keys that open, wherever they are: in the ring, or among those of actors' own that are in memory. And why one is not
// there, in words.

import type { ActorKeys } from './actor-keys.ts'
import type { Key } from './key.ts'
import type { KeyRing } from './key-ring.ts'
import type { Keys } from './opener.ts'
import type { Head } from './sealed-bytes.ts'

export class FoundKeys implements Keys {
  readonly #ring: KeyRing
  readonly #own: ActorKeys

  constructor(ring: KeyRing, own: ActorKeys) {
    this.#ring = ring
    this.#own = own
  }

  find(head: Head): Key | undefined {
    if (head.kind === 'ring') return this.#ring.find(head.id)
    const own = this.#own.find(head.mark)
    return own?.id === head.id ? own.key : undefined
  }

  missing(head: Head): string {
    if (head.kind === 'own') {
      const which = `it is sealed with the actor's own key ${head.id}, which`
      const cause = this.#own.unreadable(head.mark)
      return cause === undefined
        ? `${which} is not there: the actor was erased`
        : `${which} cannot be read: ${cause.message}`
    }
    const given = `"${this.#ring.ids.join('", "')}"`
    return `it is sealed with the key "${head.id}", which is not among those given (${given})`
  }
}
