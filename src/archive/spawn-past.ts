// The past of actors out of Spawn's tables, row by row, the newest of each actor first. Decides which rows fit: those below
// the next newer one, of an actor that came along; and when a row of the past stands in for one that was overwritten.

import type { ArchiveRow, SpawnPastRow, StoredActor } from '../ports/index.ts'
import type { Packed } from '../protocol/index.ts'
import type { RowReader } from './spawn-row.ts'
import type { SpawnNotice } from './spawn-source.ts'

/** What is known of an actor whose past comes. */
type Thread =
  /** The last row that was kept. */
  | { readonly newer: StoredActor }
  /** Why none is. */
  | { readonly reason: string }

export class SpawnPast {
  readonly #reader: RowReader
  readonly #notice: (notice: SpawnNotice) => Promise<void>
  /** Of actors with the id that comes just now, by name. */
  readonly #threads = new Map<string, Thread>()
  #id: number | null = null
  /** Actors that were taken from their past: few, and not all of them are stored yet. */
  readonly #recovered = new Map<string, StoredActor>()

  constructor(reader: RowReader, notice: (notice: SpawnNotice) => Promise<void>) {
    this.#reader = reader
    this.#notice = notice
  }

  /**
   * The row that it becomes; null: none.
   *
   * @param stored what has been taken in under its name.
   */
  async take(row: SpawnPastRow, stored: StoredActor | null): Promise<ArchiveRow | null> {
    if (row.id !== this.#id) this.#threads.clear()
    this.#id = row.id
    const read = this.#reader.read(row)
    if ('problem' in read) return this.#reject(row, read.problem)
    const { actor } = read
    const key = JSON.stringify([row.system, row.actor])
    const thread = this.#threads.get(key) ?? this.#begin(row, actor, this.#recovered.get(key) ?? stored)
    if (thread === null) {
      this.#recovered.set(key, actor)
      this.#threads.set(key, { newer: actor })
      const { actor: owner, system } = row.owner ?? {}
      const reason =
        `its row was overwritten by ${system ?? '?'} ${owner ?? '?'}, whose key is the same: the newest revision of its past ` +
        'stands in for it'
      await this.#notice({ ...marksOf(row), kind: 'recovered', reason })
      return { kind: 'actor', actor }
    }
    this.#threads.set(key, thread)
    if ('reason' in thread) return this.#reject(row, thread.reason)
    const { newer } = thread
    // Some keep the row itself, or one that was saved again as it was.
    if (isSame(actor, newer)) return null
    if (actor.revision >= newer.revision)
      return this.#reject(row, `its revision is not below ${newer.revision}, that of the next newer one`)
    this.#threads.set(key, { newer: actor })
    const replacedAtMs = Math.max(actor.committedAtMs, newer.committedAtMs)
    return { kind: 'past', actor, replacedAtMs, expiresAtMs: replacedAtMs, counted: true }
  }

  /** Null: it is to stand in for the latest. */
  #begin(
    { owner, system, actor: name }: SpawnPastRow,
    actor: StoredActor,
    stands: StoredActor | null,
  ): Thread | null {
    if (stands?.birth === actor.birth) return { newer: stands }
    if (stands !== null) return { reason: 'it is of another actor of the same name' }
    if (owner === null) return { reason: 'its actor was deleted' }
    if (owner.system === system && owner.actor === name)
      return { reason: 'the row of its actor did not come along' }
    return null
  }

  async #reject(row: SpawnPastRow, reason: string): Promise<null> {
    await this.#notice({ ...marksOf(row), kind: 'rejected', reason })
    return null
  }
}

function marksOf({ actor, id, revision, system }: SpawnPastRow) {
  return { id, system, actor, revision, isPast: true }
}

function isSame(left: StoredActor, right: StoredActor): boolean {
  return (
    left.revision === right.revision &&
    samePacked(left.state, right.state) &&
    sortedText(left.tags) === sortedText(right.tags)
  )
}

function samePacked(left: Packed | null, right: Packed | null): boolean {
  if (left === null || right === null) return left === right
  return left.typeUrl === right.typeUrl && Buffer.compare(left.value, right.value) === 0
}

function sortedText(tags: StoredActor['tags']): string {
  const entries = Object.entries(tags).map((entry) => JSON.stringify(entry))
  return entries.toSorted().join()
}
