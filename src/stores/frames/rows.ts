// What the store's thread answers to a load: actors as bytes, in the order asked. Names need no way back, the asker has
// them. The other reads are rare, and their rows cross as plain objects.

import { errorOf, type Failure, SpawnError } from '../../base/index.ts'
import type { ActorId } from '../../protocol/index.ts'
import { Packed } from '../../protocol/packed.ts'
import type { StoredActor, Tags } from '../../ports/index.ts'
import { ByteReader, ByteWriter } from './bytes.ts'
import type { FamilyName } from './frame.ts'

/** A revision of the past, without its actor's name and birth: all that is kept of an actor is of one incarnation. */
export interface PastRow {
  readonly revision: number
  readonly epoch: number
  /** JSON; null: none. */
  readonly tags: string | null
  readonly state: Packed | null
  readonly committedAtMs: number
}

/** One revision of an actor without its name. */
export interface StoredRow extends PastRow {
  readonly birth: number
}

/** The same as a load answers it. */
export interface LoadedRow extends StoredRow {
  /** Why there is no state here, though there is one: who looks at it is told. */
  readonly lack?: Failure
}

const ABSENT = 0
const WITH_TAGS = 1
const WITH_STATE = 2
const PRESENT = 4
const WITH_LACK = 8

const writer = new ByteWriter()

export function packIds(ids: readonly ActorId[]): Uint8Array<ArrayBuffer> {
  let last: ActorId | null = null
  for (const id of ids) {
    const again = last !== null && last.parent === id.parent && last.system === id.system
    writer.whole(again ? 1 : 0)
    if (!again) {
      writer.text(id.system)
      writer.text(id.parent)
    }
    writer.text(id.name)
    last = id
  }
  return writer.take()
}

/** Calls `visit` with each id, in order. */
export function visitIds(ids: Uint8Array, visit: (family: FamilyName, name: string) => void): void {
  const bytes = new ByteReader(ids)
  let family: FamilyName = { system: '', parent: '' }
  while (!bytes.done) {
    if (bytes.whole() === 0) family = { system: bytes.text(), parent: bytes.text() }
    visit(family, bytes.text())
  }
}

export function packRows(rows: readonly (LoadedRow | null)[]): Uint8Array<ArrayBuffer> {
  for (const row of rows) {
    if (row === null) {
      writer.whole(ABSENT)
      continue
    }
    const parts = (row.tags === null ? 0 : WITH_TAGS) | (row.state === null ? 0 : WITH_STATE)
    writer.whole(PRESENT | parts | (row.lack === undefined ? 0 : WITH_LACK))
    writer.whole(row.revision)
    writer.whole(row.birth)
    writer.whole(row.epoch)
    writer.whole(row.committedAtMs)
    if (row.tags !== null) writer.text(row.tags)
    if (row.lack !== undefined) writer.text(JSON.stringify(row.lack))
    if (row.state === null) continue
    writer.text(row.state.typeUrl)
    writer.bytes(row.state.value)
  }
  return writer.take()
}

export function unpackActors(ids: readonly ActorId[], rows: Uint8Array): (StoredActor | null)[] {
  const bytes = new ByteReader(rows)
  return ids.map((id) => {
    const flags = bytes.whole()
    if (flags === ABSENT) return null
    const revision = bytes.whole()
    const birth = bytes.whole()
    const epoch = bytes.whole()
    const committedAtMs = bytes.whole()
    const tags = parsedTags(flags & WITH_TAGS ? bytes.text() : null)
    if (flags & WITH_LACK) {
      // Written above.
      const lack = JSON.parse(bytes.text()) as Failure
      return lackingState({ id, revision, birth, epoch, tags, committedAtMs }, lack)
    }
    // A copy: an actor in memory must not hold the bytes of all that were loaded with it.
    const state = flags & WITH_STATE ? new Packed(bytes.text(), new Uint8Array(bytes.bytes())) : null
    return { id, revision, birth, epoch, tags, state, committedAtMs }
  })
}

/** An actor whose state cannot be had: who looks at it is told why, and nobody else. */
export function lackingState(actor: Omit<StoredActor, 'state'>, lack: Failure): StoredActor {
  return {
    ...actor,
    get state(): never {
      throw errorOf(lack)
    },
  }
}

export function storedActor(id: ActorId, row: StoredRow): StoredActor {
  const { revision, birth, epoch, committedAtMs } = row
  // Crossing between threads leaves a Packed without its class.
  const state = row.state === null ? null : new Packed(row.state.typeUrl, row.state.value)
  return { id, revision, birth, epoch, tags: parsedTags(row.tags), state, committedAtMs }
}

const NO_TAGS: Tags = Object.freeze({})

/** Tags as the tables keep them. */
export function tagsText(tags: Tags): string | null {
  return Object.keys(tags).length === 0 ? null : JSON.stringify(tags)
}

/**
 * Reads them again.
 *
 * @throws SpawnError STATE_UNREADABLE
 */
export function parsedTags(json: string | null): Tags {
  if (json === null) return NO_TAGS
  try {
    // Written by JSON.stringify from Tags in this room.
    return JSON.parse(json) as Tags
  } catch (cause) {
    throw new SpawnError(
      'STATE_UNREADABLE',
      'the tags of an actor in the store are no JSON: restore a backup',
      { cause },
    )
  }
}
