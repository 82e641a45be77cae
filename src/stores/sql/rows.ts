// Rows as the values of the port, the same of every vendor. What a row has and cannot be read stops who asked for it; nothing
// is made up in its place. Which columns a statement asks for, and in which order, its vendor's rows.ts says.

import { messageOf, SpawnError } from '../../base/index.ts'
import type { StandingEnvelope, StoredActor } from '../../ports/index.ts'
import { type ActorId, Packed } from '../../protocol/index.ts'
import { boxOf } from './box-number.ts'
import { unpackTags } from './tag-bytes.ts'

export type Field = Buffer | string | number | boolean | null
export type Row = readonly Field[]

/** How many columns an actor with its state has, in `storedActor`; what else a statement asks for stands behind them. */
export const ACTOR_COLUMNS = 7
/** The same of an envelope, in `standingEnvelope`. */
export const ENVELOPE_COLUMNS = 7

/** @param row revision, birth, epoch, time of the commit, tags. */
export function revisionOf(
  id: ActorId,
  [revision, birth, epoch, committedAtMs, tags]: Row,
): Omit<StoredActor, 'state'> {
  return readable(() => ({
    id,
    revision: Number(revision),
    birth: Number(birth),
    epoch: Number(epoch),
    tags: unpackTags(bytes(tags)),
    committedAtMs: Number(committedAtMs),
  }))
}

/** @param row the columns of `revisionOf`, then the state's type and the state. */
export function storedActor(id: ActorId, row: Row): StoredActor {
  const { revision, birth, epoch, tags, committedAtMs } = revisionOf(id, row)
  return { id, revision, birth, epoch, tags, state: packed(row[5], row[6]), committedAtMs }
}

/** @param row id, place, box, when it is due, header, the payload's type, the payload. */
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

/** @param row system, parent and name, from `at` on. */
export function addressIn(row: Row, at: number): ActorId {
  return { system: text(row[at]), parent: text(row[at + 1]), name: text(row[at + 2]) }
}

/** Null where there is no type. */
export function packed(type: Field | undefined, value: Field | undefined): Packed | null {
  const typeUrl = bytes(type)
  return typeUrl === null ? null : new Packed(typeUrl.toString(), ownBytes(bytes(value)))
}

export function text(field: Field | undefined): string {
  return (bytes(field) ?? Buffer.alloc(0)).toString()
}

function bytes(field: Field | undefined): Buffer | null {
  if (field === null || field === undefined) return null
  return field instanceof Buffer ? field : Buffer.from(String(field))
}

/** What is kept of an answer must not hold the bytes of all that came with it. */
function ownBytes(value: Buffer | null): Uint8Array {
  if (value === null) return new Uint8Array()
  return value.length === value.buffer.byteLength ? value : new Uint8Array(value)
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
