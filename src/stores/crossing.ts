// What a store answers, as it crosses between threads or processes: its fields alone, for it may be an object of somebody with
// more to it, or of a class that does not cross. What is made of the bytes on the way is the caller's to say.

import type { ArchiveRow, OutcomeRecord, StandingEnvelope, StoredActor } from '../ports/index.ts'
import { type ActorId, Packed } from '../protocol/index.ts'

/** Bytes and their type on one side, as they are to be on the other. */
export type PackedCrossing = (packed: Packed) => Packed

export function plainId({ name, parent, system }: ActorId): ActorId {
  return { system, parent, name }
}

export function crossingActor(actor: StoredActor, packed: PackedCrossing): StoredActor {
  const { birth, committedAtMs, epoch, id, revision, state, tags } = actor
  const rest = { revision, birth, epoch, tags: { ...tags }, committedAtMs }
  return { id: plainId(id), ...rest, state: state === null ? null : packed(state) }
}

export function crossingOutcome(outcome: OutcomeRecord, packed: PackedCrossing): OutcomeRecord {
  const { expiresAtMs, key, reply } = outcome
  return { key, reply: reply === null ? null : packed(reply), expiresAtMs }
}

export function crossingEnvelope(envelope: StandingEnvelope, packed: PackedCrossing): StandingEnvelope {
  const { box, dueAtMs, header, id, payload, place } = envelope
  return { id, box, dueAtMs, header, payload: payload === null ? null : packed(payload), place }
}

export function crossingRow(row: ArchiveRow, packed: PackedCrossing): ArchiveRow {
  if (row.kind === 'outcome')
    return { kind: 'outcome', id: plainId(row.id), outcome: crossingOutcome(row.outcome, packed) }
  if (row.kind === 'envelope')
    return { kind: 'envelope', system: row.system, envelope: crossingEnvelope(row.envelope, packed) }
  const actor = crossingActor(row.actor, packed)
  if (row.kind === 'actor') return { kind: 'actor', actor }
  const { counted, expiresAtMs, replacedAtMs } = row
  return { kind: 'past', actor, replacedAtMs, expiresAtMs, counted }
}

/** Crossing leaves a Packed without its class. */
export function withClass({ typeUrl, value }: Packed): Packed {
  return new Packed(typeUrl, value)
}

/** Bytes that are a part of a larger buffer would keep all of it in memory. */
export function copied({ typeUrl, value }: Packed): Packed {
  return new Packed(typeUrl, new Uint8Array(value))
}
