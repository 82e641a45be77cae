// A row of an archive as a line of JSON, and back. Decides how rows are written; files outlive releases, so what one has
// written, every later one must read. Bytes are base64, all else is as people would read it.

import { type ArchiveRow, BOXES, type StoredActor } from '../ports/index.ts'
import type { ActorId, Packed } from '../protocol/index.ts'
import { type Fields, LineFault } from './fields.ts'

/** Without the end of the line. */
export function rowLine(row: ArchiveRow): string {
  return JSON.stringify(writtenRow(row))
}

/** @throws LineFault */
export function rowOf(kind: string, line: Fields): ArchiveRow {
  if (kind === 'actor') return { kind, actor: actorOf(line) }
  if (kind === 'past') {
    const replacedAtMs = line.whole('replacedAtMs')
    const expiresAtMs = line.whole('expiresAtMs')
    return { kind, actor: actorOf(line), replacedAtMs, expiresAtMs, counted: line.bool('counted') }
  }
  if (kind === 'outcome') {
    const reply = line.packed('reply')
    return {
      kind,
      id: idOf(line),
      outcome: { key: line.text('key'), reply, expiresAtMs: line.whole('expiresAtMs') },
    }
  }
  if (kind === 'envelope') {
    const envelope = {
      id: line.text('id'),
      box: line.oneOf('box', BOXES),
      dueAtMs: line.whole('dueAtMs'),
      header: line.text('header'),
      payload: line.packed('payload'),
      place: line.whole('place', 1),
    }
    return { kind, system: line.text('system'), envelope }
  }
  throw new LineFault('its "kind" is none that this release knows')
}

function writtenRow(row: ArchiveRow): object {
  const { kind } = row
  if (kind === 'outcome') {
    const { expiresAtMs, key, reply } = row.outcome
    return { kind, ...writtenId(row.id), key, expiresAtMs, reply: writtenPacked(reply) }
  }
  if (kind === 'envelope') {
    const { box, dueAtMs, header, id, payload, place } = row.envelope
    return { kind, system: row.system, id, box, dueAtMs, place, header, payload: writtenPacked(payload) }
  }
  const { birth, committedAtMs, epoch, id, revision, state, tags } = row.actor
  const actor = { kind, ...writtenId(id), revision, birth, epoch, committedAtMs, tags }
  if (kind === 'actor') return { ...actor, state: writtenPacked(state) }
  const { counted, expiresAtMs, replacedAtMs } = row
  return { ...actor, replacedAtMs, expiresAtMs, counted, state: writtenPacked(state) }
}

function writtenId({ name, parent, system }: ActorId): ActorId {
  return { system, parent, name }
}

function writtenPacked(packed: Packed | null): object | null {
  if (packed === null) return null
  const { buffer, byteLength, byteOffset } = packed.value
  return { type: packed.typeUrl, bytes: Buffer.from(buffer, byteOffset, byteLength).toString('base64') }
}

function actorOf(line: Fields): StoredActor {
  return {
    id: idOf(line),
    revision: line.whole('revision', 1),
    birth: line.whole('birth', 1),
    epoch: line.whole('epoch'),
    tags: line.texts('tags'),
    state: line.packed('state'),
    committedAtMs: line.whole('committedAtMs'),
  }
}

function idOf(line: Fields): ActorId {
  const name = line.text('name')
  if (name === '') throw new LineFault('its "name" is empty')
  return { system: line.text('system'), parent: line.text('parent'), name }
}
