// A row of Spawn's tables as an actor of ours, or what is wrong with it. Decides that and nothing else: which row counts when
// there are several is spawn-source.ts's. The tables do not say of which definition an actor is: all become named ones.

import { createHash } from 'node:crypto'
import { LIMITS, SpawnError } from '../base/index.ts'
import type { SpawnRow, StoredActor, Tags } from '../ports/index.ts'
import { Packed } from '../protocol/index.ts'
import { isSpawnSealed, openSpawnSeal } from './spawn-seal.ts'

export type ReadRow = { readonly actor: StoredActor } | { readonly problem: string }

/** After so many that do not open, and none that does, the key is taken for the wrong one. */
const CLOSED_AT_FIRST = 10

export class RowReader {
  readonly #keys: readonly Uint8Array[]
  #opened = 0
  #closed = 0

  /** @param keys of 32 bytes each; all of them are tried. */
  constructor(keys: readonly Uint8Array[]) {
    this.#keys = keys
  }

  /** @throws SpawnError INVALID_ARGUMENT when states are encrypted, and the keys are none or the wrong ones. */
  read({ actor: name, data, dataType, id, revision, savedAtMs, system, tags }: SpawnRow): ReadRow {
    if (system === null || system === '' || name === null || name === '')
      return { problem: 'it names no actor' }
    if ([system, name].some((text) => Buffer.byteLength(text) > LIMITS.nameBytes))
      return { problem: `its name or system has more than ${LIMITS.nameBytes} bytes` }
    const read = tagsOf(tags)
    if (read === null) return { problem: 'its tags are no map of texts' }
    const state = this.#stateOf(dataType, data)
    if (typeof state === 'string') return { problem: state }
    const actor = {
      id: { system, parent: '', name },
      // Whatever was saved has a revision, and ours begin at 1.
      revision: Math.max(1, revision ?? 0),
      birth: birthOf(system, name, id),
      epoch: 0,
      tags: read,
      state,
      committedAtMs: Math.max(0, savedAtMs ?? 0),
    }
    return { actor }
  }

  /** To be asked at the end. @throws SpawnError INVALID_ARGUMENT when no state has opened. */
  checkKeys(): void {
    if (this.#closed > 0 && this.#opened === 0) throw this.#wrongKey()
  }

  /** A text says what is wrong. */
  #stateOf(dataType: string | null, data: Uint8Array | null): Packed | null | string {
    if (data === null || (data.length === 0 && dataType === null)) return null
    if (dataType === null || dataType === '') return 'it has a state without its type'
    if (!isSpawnSealed(data)) return new Packed(dataType, data)
    if (this.#keys.length === 0) {
      const message =
        'the states there are encrypted, and no key is given: set SPAWN_STATESTORE_KEY as that system has it, or add --key'
      throw new SpawnError('INVALID_ARGUMENT', message)
    }
    const opened = openSpawnSeal(data, this.#keys)
    if (opened !== null) {
      this.#opened += 1
      return new Packed(dataType, opened)
    }
    this.#closed += 1
    if (this.#opened === 0 && this.#closed === CLOSED_AT_FIRST) throw this.#wrongKey()
    return 'its state does not open with the key: it was encrypted with another one, or altered'
  }

  #wrongKey(): SpawnError {
    return new SpawnError(
      'INVALID_ARGUMENT',
      `of ${this.#closed} encrypted states none opens with the key: give the one that the system has in SPAWN_STATESTORE_KEY`,
    )
  }
}

/** The same for the same row, so that taking it over again changes nothing. */
export function birthOf(system: string, name: string, id: number): number {
  return (
    1 +
    createHash('sha256')
      .update(JSON.stringify([system, name, id]))
      .digest()
      .readUIntBE(0, 6)
  )
}

/** Null: they are none. */
function tagsOf(json: string | null): Tags | null {
  if (json === null) return {}
  try {
    const value: unknown = JSON.parse(json)
    if (value === null) return {}
    const isMap = typeof value === 'object' && !Array.isArray(value)
    return isMap && Object.values(value).every((tag) => typeof tag === 'string') ? (value as Tags) : null
  } catch {
    return null
  }
}
