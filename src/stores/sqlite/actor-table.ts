// The latest revision of each actor, in the tables. Plain reads and writes of rows: what may be written when is decided
// by the journal in front of it.

import type { StatementSync } from 'node:sqlite'
import { Packed } from '../../protocol/packed.ts'
import { NOTHING_STANDS, type Standing } from '../fence.ts'
import type { Database } from './database.ts'
import { type Dictionary, type Family, fields, type SQLField } from './dictionary.ts'
import type { PastRow, StoredRow } from '../frames/rows.ts'

export interface NamedRow extends StoredRow {
  readonly parent: string
  readonly name: string
}

export interface ListedRow {
  readonly name: string
  readonly committedAtMs: number
  /** JSON; null: none. */
  readonly tags: string | null
}

/** A latest revision that is to be written. */
export interface WrittenRow extends StoredRow {
  readonly name: string
}

export class ActorTable {
  readonly #database: Database
  readonly #dictionary: Dictionary
  readonly #standing: StatementSync
  readonly #read: StatementSync
  readonly #write: StatementSync
  readonly #delete: StatementSync
  readonly #from: StatementSync
  readonly #any: StatementSync

  constructor(database: Database, dictionary: Dictionary) {
    this.#database = database
    this.#dictionary = dictionary
    this.#standing = database.prepare('SELECT revision, birth FROM actors WHERE family = ? AND name = ?')
    this.#read = database.prepare(
      `SELECT birth, revision, epoch, committed_at_ms, tags, state_type, state FROM actors
       WHERE family = ? AND name = ?`,
    )
    this.#write = database.prepare(
      `INSERT INTO actors (family, name, revision, birth, epoch, committed_at_ms, tags, state_type, state)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET revision = excluded.revision, birth = excluded.birth, epoch = excluded.epoch,
         committed_at_ms = excluded.committed_at_ms, tags = excluded.tags, state_type = excluded.state_type,
         state = excluded.state`,
    )
    this.#delete = database.prepare('DELETE FROM actors WHERE family = ? AND name = ?')
    this.#from = database.prepare(
      'SELECT name, committed_at_ms, tags FROM actors WHERE family = ? AND name >= ? ORDER BY name',
    )
    this.#any = database.prepare('SELECT 1 FROM actors WHERE family = ? LIMIT 1')
  }

  standing(family: Family | undefined, name: string): Standing {
    if (family === undefined || family.id === null) return NOTHING_STANDS
    this.#database.looks()
    const row = this.#standing.get(family.id, name)
    if (row === undefined) return NOTHING_STANDS
    const [revision, birth] = fields([row])[0] ?? []
    return { revision: Number(revision), birth: Number(birth) }
  }

  read(family: Family | undefined, name: string): StoredRow | null {
    if (family === undefined || family.id === null) return null
    this.#database.looks()
    const row = this.#read.get(family.id, name)
    if (row === undefined) return null
    const [birth, ...rest] = fields([row])[0] ?? []
    return { birth: Number(birth), ...pastRow(rest, this.#dictionary) }
  }

  write(family: Family, row: WrittenRow): void {
    const { name, revision, birth, epoch, committedAtMs, tags, state } = row
    const type = state === null ? null : this.#dictionary.typeId(state.typeUrl)
    const familyId = this.#dictionary.familyId(family)
    this.#write.run(
      familyId,
      name,
      revision,
      birth,
      epoch,
      committedAtMs,
      tags,
      type,
      state === null ? null : state.value,
    )
  }

  delete(family: Family, name: string): void {
    if (family.id !== null) this.#delete.run(family.id, name)
  }

  /** What a listing looks at, in order of names, from `name` on. */
  *from(family: Family, name: string): Generator<ListedRow> {
    if (family.id === null) return
    for (const row of this.#from.iterate(family.id, name)) {
      const [found, committedAtMs, tags] = fields([row])[0] ?? []
      const listed = { name: String(found), committedAtMs: Number(committedAtMs) }
      yield { ...listed, tags: tags === null ? null : String(tags) }
    }
  }

  /** Whether there is any actor of a family. */
  has(family: Family): boolean {
    return family.id !== null && this.#any.get(family.id) !== undefined
  }
}

/** A row of revision, epoch, committed_at_ms, tags, state_type, state. */
export function pastRow(row: readonly SQLField[], dictionary: Dictionary): PastRow {
  const [revision, epoch, committedAtMs, tags, type, state] = row
  return {
    revision: Number(revision),
    epoch: Number(epoch),
    committedAtMs: Number(committedAtMs),
    tags: tags === null ? null : String(tags),
    state: state instanceof Uint8Array ? new Packed(dictionary.typeUrl(Number(type)), state) : null,
  }
}
