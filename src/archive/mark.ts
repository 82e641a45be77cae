// The mark of what is being taken into a store and has not ended yet: an actor of a system of its own, written with each part
// in one transaction. So a store that was filled in part says so, whoever looks, and what goes on knows from where; when
// all is there, the mark goes. Decides its form and where it stands.

import { isSpawnError, messageOf, SpawnError } from '../base/index.ts'
import type { ArchiveRow, Statestore, StoredActor } from '../ports/index.ts'
import { type ActorId, Packed } from '../protocol/index.ts'
import { Fields } from './fields.ts'

export interface Mark {
  /** Of the source: the same for the same rows in the same parts. */
  readonly identity: string
  /** What people call the source. */
  readonly source: string
  /** The last part that is there; 0: none. */
  readonly part: number
  /** The source's mark of that part; empty for none. */
  readonly partMark: string
  /** The last place in the store's outbox before anything was taken in. */
  readonly placesBefore: number
  /** Rows of a past that they do not fit. */
  readonly leftOut: number
}

const MARK_ID: ActorId = { system: 'spawn.archive', parent: '', name: 'unfinished' }
const MARK_TYPE = 'spawn.archive/mark'
const MARK_BIRTH = 1

export function markRow(mark: Mark, nowMs: number): ArchiveRow {
  const state = new Packed(MARK_TYPE, Buffer.from(JSON.stringify(mark)))
  const revision = mark.part + 1
  const more = { epoch: 0, tags: {}, committedAtMs: nowMs }
  return { kind: 'actor', actor: { id: MARK_ID, revision, birth: MARK_BIRTH, state, ...more } }
}

/** Null: nothing has been left unfinished there. @throws SpawnError STATE_UNREADABLE */
export async function markOf(store: Statestore): Promise<Mark | null> {
  const stored = await storedMark(store)
  if (stored === null) return null
  try {
    const fields = Fields.of(Buffer.from(stored.state?.value ?? []).toString())
    return {
      identity: fields.text('identity'),
      source: fields.text('source'),
      part: fields.whole('part'),
      partMark: fields.text('partMark'),
      placesBefore: fields.whole('placesBefore'),
      leftOut: fields.whole('leftOut'),
    }
  } catch (cause) {
    if (isSpawnError(cause) && cause.code === 'STORE_UNAVAILABLE') throw cause
    const message = `the mark of an unfinished import in the store ${store.name} cannot be read (${messageOf(cause)}): import it with the release that began it`
    throw new SpawnError('STATE_UNREADABLE', message, { cause })
  }
}

/** All is there. */
export async function removeMark(store: Statestore): Promise<void> {
  const stored = await storedMark(store)
  if (stored !== null) await store.delete(MARK_ID, stored.revision, stored.birth)
}

/** @throws SpawnError INVALID_ARGUMENT when a store is only filled in part. */
export async function checkFinished(store: Statestore): Promise<void> {
  const mark = await markOf(store)
  if (mark === null) return
  const message =
    `the store holds a part of ${mark.source}, which has not been taken in to its end: the same command again goes on with ` +
    'it; only then it is to be read'
  throw new SpawnError('INVALID_ARGUMENT', message, { details: { source: mark.source } })
}

async function storedMark(store: Statestore): Promise<StoredActor | null> {
  const [stored] = await store.load([MARK_ID])
  return stored ?? null
}
