// The rows of the journal. Decides where a frame is written: into the row of one that has been folded and was on as many
// pages, so that a commit changes those pages, and none that keep count of pages. Rows are never searched but on opening.
//
// Invariants: a row counts while its sequence is above the folded one. A row is written over only after the transaction
// that folded it. The sequences grow, over all openings of the file.

import type { StatementSync } from 'node:sqlite'
import type { Database } from './database.ts'
import { fields, type SQLField } from './dictionary.ts'
import { pagesOf } from '../frames/frame.ts'

/** Rows of larger frames are not kept to be written over: the space is for the tables too. */
const KEPT_BYTES = 16 * 1_024

export interface JournalRow {
  readonly frame: Uint8Array
  /** The places in the frame of commits that met a conflict. */
  readonly refused: ReadonlySet<number>
  /** The places in the outbox of all that its other commits send; null: each got the next one. */
  readonly placesGiven: readonly number[] | null
}

/** A row as it is read again, unchecked. */
export interface RecoveredRow {
  readonly id: number
  readonly frame: SQLField | undefined
  readonly refused: SQLField | undefined
  readonly placesGiven: SQLField | undefined
}

export class JournalTable {
  readonly #database: Database
  readonly #write: StatementSync
  readonly #fold: StatementSync
  readonly #raise: StatementSync
  readonly #remove: StatementSync
  /** The last place in the outbox that was given by what is folded, as the file said when it was opened. */
  readonly foldedPlace: number
  readonly #free = new FreeRows()
  #rows = 0
  #sequence: number

  constructor(database: Database) {
    this.#database = database
    this.#write = database.prepare(
      `INSERT INTO journal (id, sequence, frame, refused, places_given) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET sequence = excluded.sequence, frame = excluded.frame, refused = excluded.refused,
         places_given = excluded.places_given`,
    )
    this.#fold = database.prepare('UPDATE folded SET sequence = ?, place = ?')
    this.#raise = database.prepare('UPDATE folded SET place = max(place, ?)')
    this.#remove = database.prepare('DELETE FROM journal WHERE id = ?')
    const folded = fields([database.prepare('SELECT sequence, place FROM folded').get()])[0] ?? []
    this.#sequence = Number(folded[0])
    this.foldedPlace = Number(folded[1])
  }

  /**
   * Calls `visit` with each row that counts, in order. To be called once, before anything is written.
   *
   * @returns the places of these rows, for `fold` and `release`.
   */
  recover(visit: (row: RecoveredRow) => void): Places {
    const list = this.#database.prepare('SELECT id, sequence, length(frame) FROM journal ORDER BY sequence')
    const all = fields(list.all())
    const read = this.#database.prepare('SELECT frame, refused, places_given FROM journal WHERE id = ?')
    const recovered = new Places()
    for (const [id, sequence, bytes] of all) {
      const row = Number(id)
      this.#rows = Math.max(this.#rows, row)
      if (Number(sequence) <= this.#sequence) {
        this.#free.add({ row, bytes: Number(bytes) })
        continue
      }
      const [frame, refused, placesGiven] = fields([read.get(row)])[0] ?? []
      visit({ id: row, frame, refused, placesGiven })
      recovered.add(row, frame instanceof Uint8Array ? frame.length : 0, Number(sequence))
    }
    this.#sequence = Math.max(this.#sequence, recovered.lastSequence)
    return recovered
  }

  /** Writes rows in one transaction, and returns when the disk has them. Adds them to `places`. */
  append(rows: readonly JournalRow[], places: Places): void {
    const taken = rows.map(({ frame }) => this.#free.take(frame.length))
    let added = 0
    const ids = taken.map((free) => free?.row ?? this.#rows + (added += 1))
    const write = (): void => {
      for (const [at, { frame, refused, placesGiven }] of rows.entries()) {
        const refusedPlaces = refused.size === 0 ? null : JSON.stringify([...refused])
        const given = placesGiven === null ? null : JSON.stringify(placesGiven)
        this.#write.run(ids[at] ?? 0, this.#sequence + 1 + at, frame, refusedPlaces, given)
      }
    }
    try {
      if (rows.length === 1) this.#database.durablyAlone(write)
      else this.#database.durably(write)
    } catch (thrown) {
      for (const free of taken) if (free !== undefined) this.#free.add(free)
      throw thrown
    }
    for (const [at, { frame }] of rows.entries())
      places.add(ids[at] ?? 0, frame.length, this.#sequence + 1 + at)
    this.#sequence += rows.length
    this.#rows += added
  }

  /** All rows in `places` are folded, and with them `outboxPlace` is. Within the transaction that folds the last of them. */
  fold(places: Places, outboxPlace: number): void {
    if (places.isEmpty) return
    this.#fold.run(places.lastSequence, outboxPlace)
    for (const { row } of places.large) this.#remove.run(row)
  }

  /** Places up to this one were given without the journal. Within a transaction, and when everything is folded. */
  raisePlace(outboxPlace: number): void {
    this.#raise.run(outboxPlace)
  }

  /** That transaction has been committed: the rows may be written over. */
  release(places: Places): void {
    for (const place of places.small) this.#free.add(place)
    for (const { row } of places.large) this.#free.add({ row, bytes: 0 })
  }
}

interface Place {
  readonly row: number
  /** Of the frame that lies there. */
  readonly bytes: number
}

/** Rows that may be written over, by the number of their pages. */
class FreeRows {
  readonly #byPages: Place[][] = []

  add(place: Place): void {
    ;(this.#byPages[pagesOf(place.bytes)] ??= []).push(place)
  }

  /** One for a frame of so many bytes; undefined: there is none. */
  take(bytes: number): Place | undefined {
    return this.#byPages[pagesOf(bytes)]?.pop()
  }
}

/** Where the rows of a generation lie. */
export class Places {
  readonly small: Place[] = []
  readonly large: Place[] = []
  lastSequence = 0

  get isEmpty(): boolean {
    return this.lastSequence === 0
  }

  add(row: number, bytes: number, sequence: number): void {
    if (bytes <= KEPT_BYTES) this.small.push({ row, bytes })
    else this.large.push({ row, bytes })
    this.lastSequence = sequence
  }
}
