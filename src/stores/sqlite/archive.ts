// The archive of a store file, on the side of the main thread: what crosses to the store's thread and back. What a page has
// in it and what is written is decided there.

import type { Archive, ArchiveChange, ArchivePage, ArchiveRow, PageRequest } from '../../ports/index.ts'
import { type ActorId, Packed } from '../../protocol/index.ts'
import { ARCHIVE_START, archivePosition } from '../archive-token.ts'
import { ARCHIVE_KEYS } from './archive-keys.ts'
import type { StoreThread } from './store-thread.ts'

export class SqliteArchive implements Archive {
  readonly #alive: () => Promise<StoreThread>

  /** @param alive answers the store's thread. */
  constructor(alive: () => Promise<StoreThread>) {
    this.#alive = alive
  }

  async read({ after, limit }: PageRequest): Promise<ArchivePage> {
    const position = after === undefined ? ARCHIVE_START : archivePosition(after, ARCHIVE_KEYS)
    const { next, rows } = await (await this.#alive()).ask('readArchive', { position, limit })
    return { next, rows: rows.map((row) => crossing(row, withClass)) }
  }

  async write(rows: readonly ArchiveRow[]): Promise<number> {
    if (rows.length === 0) return 0
    return (await this.#alive()).ask('writeArchive', { rows: rows.map((row) => crossing(row, alone)) })
  }

  async replace(changes: readonly ArchiveChange[]): Promise<number> {
    if (changes.length === 0) return 0
    const crossed = changes.map(({ after, before }) => ({
      before: crossing(before, alone),
      after: crossing(after, alone),
    }))
    return (await this.#alive()).ask('replaceInArchive', { changes: crossed })
  }
}

/** A row of its fields alone: it may be an object of the caller with more to it. */
function crossing(row: ArchiveRow, packed: (value: Packed) => Packed): ArchiveRow {
  const bytes = (value: Packed | null): Packed | null => (value === null ? null : packed(value))
  if (row.kind === 'outcome') {
    const { expiresAtMs, key, reply } = row.outcome
    return { kind: 'outcome', id: plain(row.id), outcome: { key, reply: bytes(reply), expiresAtMs } }
  }
  if (row.kind === 'envelope') {
    const { box, dueAtMs, header, id, payload, place } = row.envelope
    const envelope = { id, box, dueAtMs, header, payload: bytes(payload), place }
    return { kind: 'envelope', system: row.system, envelope }
  }
  const { birth, committedAtMs, epoch, id, revision, state, tags } = row.actor
  const rest = { revision, birth, epoch, tags: { ...tags }, committedAtMs }
  const actor = { id: plain(id), ...rest, state: bytes(state) }
  if (row.kind === 'actor') return { kind: 'actor', actor }
  const { counted, expiresAtMs, replacedAtMs } = row
  return { kind: 'past', actor, replacedAtMs, expiresAtMs, counted }
}

function plain({ name, parent, system }: ActorId): ActorId {
  return { system, parent, name }
}

/** Crossing between threads leaves a Packed without its class. */
function withClass({ typeUrl, value }: Packed): Packed {
  return new Packed(typeUrl, value)
}

/** Bytes that are a part of a larger buffer would take all of it along. */
function alone({ typeUrl, value }: Packed): Packed {
  return { typeUrl, value: value.byteLength === value.buffer.byteLength ? value : value.slice() }
}
