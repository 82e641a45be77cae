// The outbox as far as it is folded: plain reads and writes of rows. Envelopes that wait for long are here and nowhere
// else, so a hundred thousand of them take no memory.

import type { StatementSync } from 'node:sqlite'
import {
  type Envelope,
  type EnvelopePosition,
  FACT_PREFIX,
  type StandingEnvelope,
} from '../../ports/outbox.ts'
import { Packed } from '../../protocol/packed.ts'
import type { Database } from './database.ts'
import { type Dictionary, type Family, fields, type SQLField } from './dictionary.ts'
import { isDamage } from './failures.ts'
import { boxNumber, boxOf, FACT_BOX } from '../frames/envelope-bytes.ts'
import { IdFilter } from './id-filter.ts'

const ROW = 'place, id, box, due_at_ms, header, payload_type, payload'
const FIELDS = 8
const ROW_VALUES = '(?, ?, ?, ?, ?, ?, ?, ?)'
/** The first text behind all that begin with FACT_PREFIX. */
const BEHIND_FACTS = 'fact;'
/** Rows written by one statement: of what an envelope's row costs, a third is the statement's. */
const ROWS_AT_ONCE = 8

export class OutboxTable {
  readonly #dictionary: Dictionary
  readonly #statements: Statements
  /** By how many rows each adds. */
  readonly #add: StatementSync[] = []
  readonly #database: Database
  readonly #ids = new IdFilter()
  /** Of the system that was written last: mostly there is no other. */
  #lastFamily: Family | null = null
  /** The fields of rows that are to be written, one row after another. */
  #unwritten: SQLField[] = []

  constructor(database: Database, dictionary: Dictionary) {
    this.#database = database
    this.#dictionary = dictionary
    this.#statements = prepared(database)
    for (const system of dictionary.systems()) {
      const number = this.#systemId(system)
      if (number === null) continue
      for (const row of this.#statements.ids.iterate(number, FACT_PREFIX, number, BEHIND_FACTS)) {
        this.#ids.add(String(fields([row])[0]?.[0]))
      }
    }
  }

  /** 0: it does not stand. */
  place(system: string, id: string): number {
    if (!id.startsWith(FACT_PREFIX) && !this.#ids.mayHave(id)) return 0
    const number = this.#systemId(system)
    const row = number === null ? undefined : this.#statements.place.get(number, id)
    return row === undefined ? 0 : Number(fields([row])[0]?.[0])
  }

  find(system: string, id: string): StandingEnvelope | null {
    const number = this.#systemId(system)
    return number === null ? null : this.#standing(this.#statements.byId.get(number, id))
  }

  /** Whether there is any envelope of a system. */
  has(system: string): boolean {
    const number = this.#systemId(system)
    return number !== null && this.#statements.any.get(number) !== undefined
  }

  at(place: number): StandingEnvelope | null {
    return this.#standing(this.#statements.byPlace.get(place))
  }

  /** The places of facts behind `after`, in order. */
  *facts(system: string, after: number): Generator<number> {
    const number = this.#systemId(system)
    if (number === null) return
    for (const row of this.#statements.facts.iterate(number, after)) yield Number(fields([row])[0]?.[0])
  }

  /**
   * What stands at a place of which not all can be read: by the first page of its row, and if that is damaged by indexes
   * alone, which are gone through for it; but those of facts, of which there may be millions, only for facts.
   */
  headAt(system: string, box: number, place: number): Pick<Envelope, 'id' | 'dueAtMs'> | null {
    const number = this.#systemId(system)
    if (number === null) return null
    try {
      const row = this.#statements.headAt.get(place)
      if (row === undefined) return null
      const [id, dueAtMs] = fields([row])[0] ?? []
      return { id: String(id), dueAtMs: Number(dueAtMs) }
    } catch (thrown) {
      if (!isDamage(thrown)) throw thrown
      const { idAt, idOfFactAt } = this.#statements
      const found =
        box === FACT_BOX
          ? idOfFactAt.get(number, FACT_PREFIX, BEHIND_FACTS, place)
          : idAt.get(number, FACT_PREFIX, place, number, BEHIND_FACTS, place)
      const [id] = fields([found ?? []])[0] ?? []
      const [dueAtMs] = fields([this.#statements.dueOf.get(number, box, place) ?? []])[0] ?? []
      return id === undefined ? null : { id: String(id), dueAtMs: Number(dueAtMs ?? 0) }
    }
  }

  /**
   * In place of what stands under its id, if anything does. Done when `flush` is, within the same transaction.
   *
   * @param stands whether something is known to. If not, it is cheaper where nothing does.
   * @returns about how many bytes that is.
   */
  write(
    system: string,
    { box, dueAtMs, header, id, payload }: Envelope,
    place: number,
    stands: boolean,
  ): number {
    if (!id.startsWith(FACT_PREFIX)) this.#ids.add(id)
    this.#database.looks()
    const type = payload === null ? null : this.#dictionary.typeId(payload.typeUrl)
    const number = this.#dictionary.familyId(this.#familyOf(system))
    const bytes = payload === null ? null : payload.value
    if (stands) this.#statements.replace.run(place, id, boxNumber(box), dueAtMs, header, type, bytes, number)
    else {
      this.#unwritten.push(place, id, boxNumber(box), dueAtMs, header, type, bytes, number)
      if (this.#unwritten.length === ROWS_AT_ONCE * FIELDS) this.flush()
    }
    return header.length + (bytes === null ? 0 : bytes.length)
  }

  flush(): void {
    const rows = this.#unwritten
    if (rows.length === 0) return
    this.#unwritten = []
    const count = rows.length / FIELDS
    const { changes } = this.#adding(count).run(...rows)
    if (changes === count) return
    // Some stand already, perhaps as they were.
    for (let at = 0; at < rows.length; at += FIELDS)
      this.#statements.replace.run(...rows.slice(at, at + FIELDS))
  }

  #familyOf(system: string): Family {
    if (this.#lastFamily?.system !== system)
      this.#lastFamily = this.#dictionary.family({ system, parent: '' })
    return this.#lastFamily
  }

  #adding(rows: number): StatementSync {
    return (this.#add[rows] ??= this.#database.prepare(
      // With any other way out of a conflict SQLite copies each page that it changes first, to undo the statement alone.
      `INSERT OR IGNORE INTO outbox (${ROW}, system) VALUES ${Array<string>(rows).fill(ROW_VALUES).join()}`,
    ))
  }

  /** The transaction is given up. */
  forgetUnwritten(): void {
    this.#unwritten = []
  }

  remove(system: string, id: string): void {
    const number = this.#systemId(system)
    if (number !== null) this.#statements.remove.run(number, id)
  }

  /** The row that an id had is durably gone, or another has taken its place. To be said once of each. */
  forget(id: string): void {
    if (!id.startsWith(FACT_PREFIX)) this.#ids.remove(id)
  }

  /** Positions behind `after` that are due at `untilMs`, in order. */
  *positions(
    system: string,
    box: number,
    after: EnvelopePosition,
    untilMs: number,
  ): Generator<EnvelopePosition> {
    const number = this.#systemId(system)
    if (number === null) return
    const { dueAtMs, place } = after
    // Two ranges of the index: with both in one condition SQLite would begin at the first of this due time.
    if (dueAtMs <= untilMs) {
      for (const row of this.#statements.dueAt.iterate(number, box, dueAtMs, place)) yield positionOf(row)
    }
    for (const row of this.#statements.dueBehind.iterate(number, box, dueAtMs, untilMs)) yield positionOf(row)
  }

  /** Drops at most `limit` facts that are over, those that were over first; answers how many went. */
  prune(nowMs: number, limit: number): number {
    let dropped = 0
    for (const system of this.#dictionary.systems()) {
      const number = this.#systemId(system)
      if (number === null || dropped === limit) continue
      dropped += Number(this.#statements.prune.run(number, nowMs, limit - dropped).changes)
    }
    return dropped
  }

  #systemId(system: string): number | null {
    return this.#dictionary.find({ system, parent: '' })?.id ?? null
  }

  #standing(row: unknown): StandingEnvelope | null {
    return row === undefined ? null : standingEnvelope(fields([row])[0] ?? [], this.#dictionary)
  }
}

/** A row of place, id, box, due_at_ms, header, payload_type, payload. */
export function standingEnvelope(row: readonly SQLField[], dictionary: Dictionary): StandingEnvelope {
  const [place, id, box, dueAtMs, header, type, payload] = row
  return {
    id: String(id),
    box: boxOf(Number(box)),
    dueAtMs: Number(dueAtMs),
    header: String(header),
    payload: payload instanceof Uint8Array ? new Packed(dictionary.typeUrl(Number(type)), payload) : null,
    place: Number(place),
  }
}

function positionOf(row: unknown): EnvelopePosition {
  const [dueAtMs, place] = fields([row])[0] ?? []
  return { dueAtMs: Number(dueAtMs), place: Number(place) }
}

type Statements = ReturnType<typeof prepared>

function prepared(database: Database) {
  return {
    place: database.prepare('SELECT place FROM outbox WHERE system = ? AND id = ?'),
    byId: database.prepare(`SELECT ${ROW} FROM outbox WHERE system = ? AND id = ?`),
    ids: database.prepare(
      `SELECT id FROM outbox INDEXED BY outbox_by_id WHERE system = ? AND id < ?
       UNION ALL SELECT id FROM outbox INDEXED BY outbox_by_id WHERE system = ? AND id >= ?`,
    ),
    facts: database.prepare(
      `SELECT place FROM outbox INDEXED BY outbox_facts WHERE system = ? AND box = ${FACT_BOX} AND place > ?
       ORDER BY place`,
    ),
    any: database.prepare('SELECT 1 FROM outbox WHERE system = ? LIMIT 1'),
    byPlace: database.prepare(`SELECT ${ROW} FROM outbox WHERE place = ?`),
    headAt: database.prepare('SELECT id, due_at_ms FROM outbox WHERE place = ?'),
    idAt: database.prepare(
      `SELECT id FROM outbox INDEXED BY outbox_by_id WHERE system = ? AND id < ? AND place = ?
       UNION ALL SELECT id FROM outbox INDEXED BY outbox_by_id WHERE system = ? AND id >= ? AND place = ?`,
    ),
    idOfFactAt: database.prepare(
      'SELECT id FROM outbox INDEXED BY outbox_by_id WHERE system = ? AND id >= ? AND id < ? AND place = ?',
    ),
    dueOf: database.prepare(
      'SELECT due_at_ms FROM outbox INDEXED BY outbox_by_due WHERE system = ? AND box = ? AND place = ?',
    ),
    replace: database.prepare(
      `INSERT INTO outbox (${ROW}, system) VALUES ${ROW_VALUES}
       ON CONFLICT DO UPDATE SET place = excluded.place, box = excluded.box, due_at_ms = excluded.due_at_ms,
         header = excluded.header, payload_type = excluded.payload_type, payload = excluded.payload`,
    ),
    remove: database.prepare('DELETE FROM outbox WHERE system = ? AND id = ?'),
    prune: database.prepare(
      `DELETE FROM outbox WHERE place IN
         (SELECT place FROM outbox INDEXED BY outbox_by_due WHERE system = ? AND box = ${FACT_BOX} AND due_at_ms <= ?
          ORDER BY due_at_ms LIMIT ?)`,
    ),
    dueAt: database.prepare(
      `SELECT due_at_ms, place FROM outbox WHERE system = ? AND box = ? AND due_at_ms = ? AND place > ?
       ORDER BY place`,
    ),
    dueBehind: database.prepare(
      `SELECT due_at_ms, place FROM outbox WHERE system = ? AND box = ? AND due_at_ms > ? AND due_at_ms <= ?
       ORDER BY due_at_ms, place`,
    ),
  }
}
