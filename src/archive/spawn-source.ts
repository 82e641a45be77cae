// The tables of Spawn's Elixir runtime as a source of parts. Decides which row counts where several claim to be one actor's:
//
//  - Two rows of one system and name are of actors of two definitions, which the tables do not tell apart. The one that was
//    saved last counts.
//  - An actor whose row was overwritten by another one, because their keys are the same, is taken from its past: the newest of
//    it stands in for the row.
//  - The past goes down from the row: a revision that is not below the next newer one does not fit.
//
// Whatever does not come along is told, row by row; the tables keep it. First come all actors, then their past: what stands in
// the store that takes them in says what fits.

import { LIMITS } from '../base/index.ts'
import type { ArchiveRow, SpawnRow, SpawnTables, Statestore, StoredActor } from '../ports/index.ts'
import type { ActorId } from '../protocol/index.ts'
import { PART_ROWS } from './frame-line.ts'
import type { CarriedPart, PartSource } from './intake.ts'
import { SpawnPast } from './spawn-past.ts'
import { RowReader } from './spawn-row.ts'

/** Something that people should know of a row. */
export interface SpawnNotice {
  /** `rejected`: it does not come along. `recovered`: it does, but it is not what stood last. */
  readonly kind: 'rejected' | 'recovered'
  /** Of the row; null: of one that was taken in before. */
  readonly id: number | null
  readonly system: string | null
  readonly actor: string | null
  readonly revision: number | null
  readonly isPast: boolean
  readonly reason: string
}

export interface SpawnSourceOptions {
  readonly tables: SpawnTables
  /** What people call the tables; no secrets. */
  readonly name: string
  /** The store that takes them in, which has nothing else. */
  readonly target: Statestore
  readonly keys: readonly Uint8Array[]
  readonly notice: (notice: SpawnNotice) => Promise<void>
}

/** Bytes of states after which a part ends. */
const PART_BYTES = 4 * 1_024 * 1_024

export class SpawnSource implements PartSource {
  readonly identity: string
  readonly name: string
  readonly isFixed = false
  readonly parts: AsyncIterable<CarriedPart>
  readonly #options: SpawnSourceOptions
  readonly #reader: RowReader
  /** Of the next part. */
  #rows: ArchiveRow[] = []
  /** Where in it an actor is, with the row that it was. */
  readonly #places = new Map<string, { readonly at: number; readonly row: SpawnRow }>()
  #bytes = 0
  #number = 0

  constructor(options: SpawnSourceOptions) {
    this.#options = options
    this.#reader = new RowReader(options.keys)
    this.name = options.name
    this.identity = `tables of ${options.name}`
    this.parts = this.#parts()
  }

  async *#parts(): AsyncGenerator<CarriedPart> {
    const { notice, tables, target } = this.#options
    for await (const batch of tables.current()) {
      const stored = await target.load(batch.map(idOf))
      for (const [at, row] of batch.entries()) await this.#takeCurrent(row, stored[at] ?? null)
      if (this.#isFull) yield this.#part()
    }
    this.#reader.checkKeys()
    if (this.#rows.length > 0) yield this.#part()
    const past = new SpawnPast(this.#reader, notice)
    for await (const batch of tables.past()) {
      const stored = await target.load(batch.map(idOf))
      for (const [at, row] of batch.entries()) {
        const taken = await past.take(row, stored[at] ?? null)
        if (taken !== null) this.#add(taken)
      }
      if (this.#isFull) yield this.#part()
    }
    if (this.#rows.length > 0) yield this.#part()
  }

  /** @param stored what has been taken in under its name, not in this part. */
  async #takeCurrent(row: SpawnRow, stored: StoredActor | null): Promise<void> {
    const read = this.#reader.read(row)
    if ('problem' in read) return this.#reject(row, read.problem)
    const { actor } = read
    const key = JSON.stringify([row.system, row.actor])
    const place = this.#places.get(key)
    const known = place === undefined ? stored : actorAt(this.#rows, place.at)
    if (known === null || known.birth === actor.birth) {
      this.#places.set(key, { at: this.#rows.length, row })
      return this.#add({ kind: 'actor', actor })
    }
    const isNewer = actor.committedAtMs > known.committedAtMs
    const reason =
      'another row has the same system and name, and was saved later: it is of an actor of another definition'
    if (!isNewer) return this.#reject(row, reason)
    await this.#reject(place?.row ?? { ...row, id: null, revision: known.revision }, reason)
    this.#places.set(key, { at: this.#rows.length, row })
    // The same key again: in a store the last one counts.
    this.#add({ kind: 'actor', actor })
  }

  async #reject(row: Omit<SpawnRow, 'id'> & { readonly id: number | null }, reason: string): Promise<void> {
    const { actor, id, revision, system } = row
    await this.#options.notice({ kind: 'rejected', id, system, actor, revision, isPast: false, reason })
  }

  #add(row: ArchiveRow): void {
    this.#rows.push(row)
    this.#bytes += row.kind === 'actor' || row.kind === 'past' ? (row.actor.state?.value.length ?? 0) : 0
  }

  /** Whether the next batch may not find room. */
  get #isFull(): boolean {
    return this.#rows.length > PART_ROWS - LIMITS.loadGroup || this.#bytes >= PART_BYTES
  }

  #part(): CarriedPart {
    const rows = this.#rows
    this.#rows = []
    this.#places.clear()
    this.#bytes = 0
    this.#number += 1
    return { number: this.#number, mark: '', rows }
  }
}

function actorAt(rows: readonly ArchiveRow[], at: number): StoredActor | null {
  const row = rows[at]
  return row?.kind === 'actor' ? row.actor : null
}

function idOf({ actor, system }: SpawnRow): ActorId {
  return { system: system ?? '', parent: '', name: actor ?? '' }
}
