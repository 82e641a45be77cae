// The archive of the memory store. Decides the order of rows, which is that of their keys by code point, and which rows are
// still as somebody read them. Simple before fast: a page sorts all rows of its kind.
//
// Invariant: a request is applied whole at the moment it is made, or not at all.

import { assert } from '../../base/index.ts'
import {
  type Archive,
  type ArchiveChange,
  type ArchivePage,
  type ArchiveRow,
  type PageRequest,
} from '../../ports/index.ts'
import type { ActorId } from '../../protocol/index.ts'
import { ARCHIVE_PAGE_BYTES, placeTaken, rowBytes, standsAsRead, withBytesOf } from '../archive-rows.ts'
import {
  ARCHIVE_START,
  archivePosition,
  archiveToken,
  type ArchivePosition,
  type KeyPart,
  nextKind,
} from '../archive-token.ts'
import { compareCodePoints } from '../code-points.ts'
import type { MemoryOutbox } from './outbox.ts'
import type { ActorRecord } from './record.ts'

/** What the archive sees of its store. */
export interface ArchivedMemory {
  readonly outbox: MemoryOutbox
  /** @throws SpawnError STORE_UNAVAILABLE */
  checkRunning(): void
  records(): Iterable<readonly [ActorId, ActorRecord]>
  find(id: ActorId): ActorRecord | undefined
  create(id: ActorId): ActorRecord
}

const ACTOR_KEY = ['string', 'string', 'string'] as const
const FORMS = {
  actor: ACTOR_KEY,
  past: [...ACTOR_KEY, 'number'],
  outcome: [...ACTOR_KEY, 'string'],
  envelope: ['string', 'number'],
} as const

export class MemoryArchive implements Archive {
  readonly #memory: ArchivedMemory

  constructor(memory: ArchivedMemory) {
    this.#memory = memory
  }

  async read({ after, limit }: PageRequest): Promise<ArchivePage> {
    this.#memory.checkRunning()
    const position = after === undefined ? ARCHIVE_START : archivePosition(after, FORMS)
    const rest = this.#behind(position)
    const rows: ArchiveRow[] = []
    let bytes = 0
    for (const row of rest) {
      if (rows.length === limit || bytes >= ARCHIVE_PAGE_BYTES) break
      rows.push(row)
      bytes += rowBytes(row)
    }
    const last = rows.at(-1)
    if (last !== undefined && rows.length < rest.length)
      return { rows, next: archiveToken({ kind: last.kind, key: keyOf(last) }) }
    const next = nextKind(position.kind)
    return { rows, next: next === null ? null : archiveToken(next) }
  }

  async write(rows: readonly ArchiveRow[]): Promise<number> {
    this.#memory.checkRunning()
    this.#checkPlaces(rows)
    return rows.filter((row) => this.#put(row)).length
  }

  async replace(changes: readonly ArchiveChange[]): Promise<number> {
    this.#memory.checkRunning()
    return changes.filter(({ before, after }) => {
      assert(before.kind === after.kind, 'a row that is replaced stays of its kind')
      const stands = this.#standing(before)
      return stands !== null && standsAsRead(stands, before) && this.#put(withBytesOf(stands, after))
    }).length
  }

  #behind({ kind, key }: ArchivePosition): ArchiveRow[] {
    const rows = kind === 'envelope' ? this.#envelopes() : this.#ofActors(kind)
    return rows
      .map((row) => ({ row, key: keyOf(row) }))
      .filter((each) => compareKeys(each.key, key) > 0)
      .sort((left, right) => compareKeys(left.key, right.key))
      .map(({ row }) => row)
  }

  #ofActors(kind: 'actor' | 'past' | 'outcome'): ArchiveRow[] {
    const found: ArchiveRow[] = []
    for (const [id, record] of this.#memory.records()) {
      if (kind === 'past') {
        for (const past of record.past) found.push({ kind, ...past })
      } else if (kind === 'outcome') {
        for (const outcome of record.outcomes) found.push({ kind, id, outcome })
      } else if (record.latest !== null) {
        found.push({ kind, actor: record.latest })
      }
    }
    return found
  }

  #envelopes(): ArchiveRow[] {
    const { outbox } = this.#memory
    return [...outbox.systems()].flatMap((system) =>
      outbox.all(system).map((envelope): ArchiveRow => ({ kind: 'envelope', system, envelope })),
    )
  }

  /** @returns false for what does not fit the actor that stands. */
  #put(row: ArchiveRow): boolean {
    const memory = this.#memory
    if (row.kind === 'past') return memory.find(row.actor.id)?.putPast(row) ?? false
    if (row.kind === 'actor') memory.create(row.actor.id).put(row.actor)
    else if (row.kind === 'outcome') memory.create(row.id).putOutcome(row.outcome)
    else memory.outbox.put(row.system, row.envelope)
    return true
  }

  #standing(row: ArchiveRow): ArchiveRow | null {
    if (row.kind === 'envelope') {
      const envelope = this.#memory.outbox.find(row.system, row.envelope.id)
      return envelope === null ? null : { ...row, envelope }
    }
    const record = this.#memory.find(row.kind === 'outcome' ? row.id : row.actor.id)
    if (record === undefined) return null
    if (row.kind === 'outcome') {
      const outcome = [...record.outcomes].find(({ key }) => key === row.outcome.key)
      return outcome === undefined ? null : { ...row, outcome }
    }
    if (row.kind === 'actor') return record.latest === null ? null : { ...row, actor: record.latest }
    const past = record.past.find(({ actor }) => actor.revision === row.actor.revision)
    return past === undefined ? null : { ...row, ...past }
  }

  /** Before anything is written: all of it is, or nothing. */
  #checkPlaces(rows: readonly ArchiveRow[]): void {
    const owners = new Map<number, string>()
    const note = (row: ArchiveRow): void => {
      if (row.kind !== 'envelope') return
      const { id, place } = row.envelope
      const owner = JSON.stringify([row.system, id])
      if ((owners.get(place) ?? owner) !== owner) throw placeTaken(id, place)
      owners.set(place, owner)
    }
    if (!rows.some(({ kind }) => kind === 'envelope')) return
    for (const row of this.#envelopes()) note(row)
    for (const row of rows) note(row)
  }
}

function keyOf(row: ArchiveRow): readonly KeyPart[] {
  if (row.kind === 'envelope') return [row.system, row.envelope.place]
  const { system, parent, name } = row.kind === 'outcome' ? row.id : row.actor.id
  if (row.kind === 'actor') return [system, parent, name]
  return [system, parent, name, row.kind === 'past' ? row.actor.revision : row.outcome.key]
}

/** An empty key is before all others. */
function compareKeys(left: readonly KeyPart[], right: readonly KeyPart[]): number {
  for (const [at, part] of left.entries()) {
    const other = right[at]
    if (other === undefined) return 1
    const order = typeof part === 'number' ? part - Number(other) : compareCodePoints(part, String(other))
    if (order !== 0) return order
  }
  return left.length - right.length
}
