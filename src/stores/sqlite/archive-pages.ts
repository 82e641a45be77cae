// Pages over all rows of the tables, in the order of the tables' own keys, so that each page is one search. Decides what a
// page has in it; the journal is folded before anybody asks. Outcomes lie many in a row of the table: a page may end within
// one, and the next goes on behind the one that was the last.

import type { ArchivePage, ArchiveRow } from '../../ports/index.ts'
import type { ActorId } from '../../protocol/index.ts'
import { Packed } from '../../protocol/packed.ts'
import { ARCHIVE_PAGE_BYTES, rowBytes } from '../archive-rows.ts'
import { archiveToken, type ArchivePosition, type KeyPart, nextKind } from '../archive-token.ts'
import { pastRow } from './actor-table.ts'
import type { Tables } from './journal.ts'
import { fields, type SQLField } from './dictionary.ts'
import { standingEnvelope } from './outbox-table.ts'
import { isOf, unpackKept } from './kept-outcomes.ts'
import { storedActor } from '../frames/rows.ts'

/** A row, and where a reading goes on behind it. */
type Found = readonly [row: ArchiveRow, key: readonly KeyPart[]]

export class ArchivePages {
  readonly #tables: Tables
  readonly #statements: Statements

  constructor(tables: Tables) {
    this.#tables = tables
    this.#statements = prepared(tables)
  }

  read(position: ArchivePosition, limit: number): ArchivePage {
    const rows: ArchiveRow[] = []
    let bytes = 0
    for (const [row, key] of this.#behind(position)) {
      rows.push(row)
      bytes += rowBytes(row)
      if (rows.length === limit || bytes >= ARCHIVE_PAGE_BYTES)
        return { rows, next: archiveToken({ kind: position.kind, key }) }
    }
    const next = nextKind(position.kind)
    return { rows, next: next === null ? null : archiveToken(next) }
  }

  #behind({ key, kind }: ArchivePosition): Generator<Found> {
    if (kind === 'actor') return this.#actors(key)
    if (kind === 'past') return this.#past(key)
    return kind === 'outcome' ? this.#outcomes(key) : this.#envelopes(key)
  }

  *#actors([family = 0, name = '']: readonly KeyPart[]): Generator<Found> {
    for (const row of this.#statements.actors.iterate(family, name)) {
      const [inFamily, found, birth, ...rest] = fieldsOf(row)
      const id = this.#id(inFamily, found)
      const stored = { birth: Number(birth), ...pastRow(rest, this.#tables.dictionary) }
      yield [{ kind: 'actor', actor: storedActor(id, stored) }, [Number(inFamily), id.name]]
    }
  }

  *#past([family = 0, name = '', revision = 0]: readonly KeyPart[]): Generator<Found> {
    for (const row of this.#statements.past.iterate(family, name, revision)) {
      const [inFamily, found, birth, replacedAtMs, expiresAtMs, counted, ...rest] = fieldsOf(row)
      const id = this.#id(inFamily, found)
      const stored = { birth: Number(birth), ...pastRow(rest, this.#tables.dictionary) }
      const kept = {
        replacedAtMs: Number(replacedAtMs),
        expiresAtMs: Number(expiresAtMs),
        counted: counted === 1,
      }
      const key = [Number(inFamily), id.name, stored.revision]
      yield [{ kind: 'past', actor: storedActor(id, stored), ...kept }, key]
    }
  }

  *#outcomes([from = 0, lastKey, lastFamily, lastName]: readonly KeyPart[]): Generator<Found> {
    const last = { family: Number(lastFamily), name: String(lastName) }
    for (const found of this.#statements.outcomes.iterate(from)) {
      const [row, family, name, packed] = fieldsOf(found)
      const bytes = packed instanceof Uint8Array ? packed : new Uint8Array()
      const owner = { family: Number(family), name: String(name) }
      const kept = unpackKept(bytes, owner, (type) => this.#tables.dictionary.typeUrl(type))
      // If that one has gone meanwhile, what was read comes again: -1 is before the first.
      const behind =
        row === from ? kept.findIndex((each) => each.outcome.key === lastKey && isOf(each, last)) : -1
      for (const each of kept.slice(behind + 1)) {
        const { expiresAtMs, key, reply } = each.outcome
        // A copy: a view would take the whole row along to the other thread.
        const copy = reply === null ? null : new Packed(reply.typeUrl, new Uint8Array(reply.value))
        const id = this.#id(each.family, each.name)
        const place = [Number(row), key, each.family, each.name]
        yield [{ kind: 'outcome', id, outcome: { key, reply: copy, expiresAtMs } }, place]
      }
    }
  }

  *#envelopes([place = 0]: readonly KeyPart[]): Generator<Found> {
    for (const row of this.#statements.envelopes.iterate(place)) {
      const [family, ...rest] = fieldsOf(row)
      const { system } = this.#id(family, '')
      const envelope = standingEnvelope(rest, this.#tables.dictionary)
      yield [{ kind: 'envelope', system, envelope }, [envelope.place]]
    }
  }

  #id(family: SQLField | undefined, name: SQLField | undefined): ActorId {
    const { parent, system } = this.#tables.dictionary.familyAt(Number(family))
    return { system, parent, name: String(name) }
  }
}

function fieldsOf(row: unknown): SQLField[] {
  return fields([row])[0] ?? []
}

type Statements = ReturnType<typeof prepared>

const REVISION = 'revision, epoch, committed_at_ms, tags, state_type, state'

function prepared({ database }: Tables) {
  return {
    actors: database.prepare(
      `SELECT family, name, birth, ${REVISION} FROM actors WHERE (family, name) > (?, ?) ORDER BY family, name`,
    ),
    // All that is kept of the past is of the incarnation that stands.
    past: database.prepare(
      `SELECT family, name, (SELECT birth FROM actors WHERE actors.family = revisions.family
         AND actors.name = revisions.name), replaced_at_ms, expires_at_ms, counted, ${REVISION} FROM revisions
       WHERE (family, name, revision) > (?, ?, ?) ORDER BY family, name, revision`,
    ),
    outcomes: database.prepare('SELECT id, family, name, kept FROM outcomes WHERE id >= ? ORDER BY id'),
    envelopes: database.prepare(
      `SELECT system, place, id, box, due_at_ms, header, payload_type, payload FROM outbox
       WHERE place > ? ORDER BY place`,
    ),
  }
}
