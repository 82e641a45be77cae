// Rows as the values of the port. What a row has and cannot be read stops who asked for it; nothing is made up in its place.

import { messageOf, SpawnError } from '../../base/index.ts'
import type { StandingEnvelope, StoredActor } from '../../ports/index.ts'
import { type ActorId, Packed } from '../../protocol/index.ts'
import { boxOf } from '../sql/box-number.ts'
import { unpackTags } from '../sql/tag-bytes.ts'
import type { Field, Row } from './connection.ts'

/** The columns of an actor's revision, without its address and its state; and the state's. */
export const REVISION = 'revision, birth, epoch, committed_at_ms, tags'
export const STATE = 'state_type, state'
/** The columns of an envelope. */
export const ENVELOPE = 'id, place, box, due_at_ms, header, payload_type, payload'

type Revision = Omit<StoredActor, 'state'>

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
  const state = packed(row[5], row[6])
  return { id, revision, birth, epoch, tags, state, committedAtMs }
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
  return typeUrl === null ? null : new Packed(typeUrl.toString(), bytes(value) ?? new Uint8Array())
}

export function text(field: Field | undefined): string {
  return (bytes(field) ?? Buffer.alloc(0)).toString()
}

function bytes(field: Field | undefined): Buffer | null {
  return field instanceof Buffer ? field : null
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
