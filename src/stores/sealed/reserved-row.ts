// A row that a store keeps for itself: one JSON value, as an actor of a system that nobody can register. Decides how it is
// written and fenced, not what is in it.

import { SpawnError } from '../../base/index.ts'
import type { Commit, Statestore, StoredActor } from '../../ports/index.ts'
import { type ActorId, Packed } from '../../protocol/index.ts'

const TYPE_URL = 'type.googleapis.com/spawn.JSONType'
/** Such a row has one life. */
const BIRTH = 1

export interface ReservedValue<Value> {
  readonly value: Value
  readonly revision: number
}

/** A commit that writes it. */
export function reservedCommit(id: ActorId, follows: number, value: unknown, nowMs: number): Commit {
  return {
    id,
    follows,
    revision: follows + 1,
    birth: BIRTH,
    epoch: 1,
    tags: {},
    state: new Packed(TYPE_URL, Buffer.from(JSON.stringify(value))),
    committedAtMs: nowMs,
    history: { revisions: 0, durationMs: 0 },
    outcomes: [],
    sends: [],
    takes: [],
  }
}

/** What stands in it, unchecked: only this room writes it, and it is sealed. Revision 0: nothing does. */
export async function readReserved(store: Statestore, id: ActorId): Promise<ReservedValue<unknown>> {
  const [stored = null] = await store.load([id])
  if (stored === null) return { value: null, revision: 0 }
  return { value: valueOf(stored), revision: stored.revision }
}

/** @throws SpawnError STATE_UNREADABLE */
export function valueOf({ state }: StoredActor): unknown {
  return state === null ? null : JSON.parse(Buffer.from(state.value).toString())
}

/** @throws SpawnError STATE_CONFLICT when another process has written it since. */
export async function writeReserved(
  store: Statestore,
  id: ActorId,
  follows: number,
  value: unknown,
  nowMs: number,
): Promise<void> {
  const [verdict] = await store.commit([reservedCommit(id, follows, value, nowMs)])
  if (verdict === 'committed') return
  throw new SpawnError(
    'STATE_CONFLICT',
    `the row "${id.name}" of ${id.system} was changed by another process`,
  )
}
