// Rows as the values of the port. What a row has and cannot be read stops who asked for it; nothing is made up in its place.

import { messageOf, SpawnError } from '../../base/index.ts'
import type { StandingEnvelope, StoredActor } from '../../ports/index.ts'
import { type ActorId, Packed } from '../../protocol/index.ts'
import { boxOf } from '../sql/box-number.ts'
import { unpackTags } from '../sql/tag-bytes.ts'
import type { Field, Row } from './connection.ts'

/** The columns of an actor's revision, without its address and its state; and the state's. */
export const REVISION = 'a.revision, a.birth, a.epoch, a.committed_at_ms, a.tags'
export const STATE = 'a.state_type, a.state'
/** How many columns these are together. */
export const ACTOR_COLUMNS = 7
/** The columns of an envelope, and how many these are. */
export const ENVELOPE = 'a.id, a.place, a.box, a.due_at_ms, a.header, a.payload_type, a.payload'
export const ENVELOPE_COLUMNS = 7

type Revision = Omit<StoredActor, 'state'>

/** @param row the columns of REVISION. */
export function revisionOf(id: ActorId, [revision, birth, epoch, committedAtMs, tags]: Row): Revision {
  return readable(() => ({
    id,
    revision: Number(revision),
    birth: Number(birth),
    epoch: Number(epoch),
    tags: unpackTags(bytes(tags)),
    committedAtMs: Number(committedAtMs),
  }))
}

/** @param row the columns of REVISION, then those of STATE. */
export function storedActor(id: ActorId, row: Row): StoredActor {
  const { revision, birth, epoch, tags, committedAtMs } = revisionOf(id, row)
  return { id, revision, birth, epoch, tags, state: packed(row[5], row[6]), committedAtMs }
}

/** @param row the columns of ENVELOPE. */
export function standingEnvelope([id, place, box, dueAtMs, header, type, payload]: Row): StandingEnvelope {
  return readable(() => ({
    id: text(id),
    box: boxOf(Number(box)),
    dueAtMs: Number(dueAtMs),
    header: text(header),
    payload: packed(type, payload),
    place: Number(place),
  }))
}

/** Null where there is no type. */
export function packed(type: Field | undefined, value: Field | undefined): Packed | null {
  const typeUrl = bytes(type)
  if (typeUrl === null) return null
  // A copy: what is kept of it must not hold the bytes of all that came with it.
  return new Packed(typeUrl.toString(), new Uint8Array(bytes(value) ?? []))
}

export function text(field: Field | undefined): string {
  return (bytes(field) ?? Buffer.alloc(0)).toString()
}

function bytes(field: Field | undefined): Buffer | null {
  if (field === null || field === undefined) return null
  return field instanceof Buffer ? field : Buffer.from(String(field))
}

function readable<Value>(read: () => Value): Value {
  try {
    return read()
  } catch (cause) {
    throw new SpawnError('STATE_UNREADABLE', `a row of the store cannot be read: ${messageOf(cause)}`, {
      cause,
    })
  }
}
