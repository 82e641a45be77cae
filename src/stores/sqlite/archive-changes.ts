// Rows of an archive on their way into the tables. Decides what fits, and what is still as somebody read it. To be called
// within a transaction, when the journal is folded: then the tables are all there is.

import { assert } from '../../base/index.ts'
import type { ArchiveChange, ArchiveRow, OutcomeRecord, StoredActor } from '../../ports/index.ts'
import { sameActor } from '../../protocol/address.ts'
import { placeTaken, standsAsRead, withBytesOf } from '../archive-rows.ts'
import type { Tables } from './journal.ts'
import { ROW_OUTCOMES } from './kept-outcomes.ts'
import { storedActor, type StoredRow, tagsText } from '../frames/rows.ts'

/** Of replies, after which a row of the table takes no more. */
const ROW_BYTES = 64 * 1_024

type OutcomeRow = Extract<ArchiveRow, { kind: 'outcome' }>
type EnvelopeRow = Extract<ArchiveRow, { kind: 'envelope' }>
type PastRow = Extract<ArchiveRow, { kind: 'past' }>

export class ArchiveChanges {
  readonly #tables: Tables
  #lastPlace = 0
  /** Ids of envelopes that have stood already. */
  #replaced: string[] = []

  constructor(tables: Tables) {
    this.#tables = tables
  }

  /** The last place at which an envelope was put; 0: none was. */
  get lastPlace(): number {
    return this.#lastPlace
  }

  /** The transaction has been committed. */
  settle(): void {
    for (const id of this.#replaced) this.#tables.outbox.forget(id)
  }

  /** @returns how many stand now. */
  write(rows: readonly ArchiveRow[]): number {
    let written = 0
    for (let at = 0; at < rows.length;) {
      const outcomes = outcomesOfOneActor(rows, at)
      if (outcomes.length > 0) this.#putOutcomes(outcomes)
      const row = rows[at]
      if (row !== undefined && (outcomes.length > 0 || this.#put(row))) written += outcomes.length || 1
      at += outcomes.length || 1
    }
    return written
  }

  /** @returns how many were replaced. */
  replace(changes: readonly ArchiveChange[]): number {
    return changes.filter(({ before, after }) => this.#replace(before, after)).length
  }

  #put(row: ArchiveRow): boolean {
    if (row.kind === 'past') return this.#putPast(row)
    if (row.kind === 'actor') this.#putActor(row.actor)
    else if (row.kind === 'envelope') this.#putEnvelope(row)
    return true
  }

  #putActor(actor: StoredActor): void {
    const { actors, dictionary, past } = this.#tables
    const { birth, id, revision } = actor
    const family = dictionary.family(id)
    const stands = actors.standing(family, id.name)
    if (stands.revision > 0) past.dropFrom(family, id.name, stands.birth === birth ? revision : 0)
    actors.write(family, { name: id.name, ...rowOf(actor) })
  }

  #putPast({ actor, counted, expiresAtMs, replacedAtMs }: PastRow): boolean {
    const { actors, dictionary, past } = this.#tables
    const family = dictionary.find(actor.id)
    const stands = actors.standing(family, actor.id.name)
    if (family === undefined || stands.birth !== actor.birth || stands.revision <= actor.revision)
      return false
    past.put(family, actor.id.name, { ...rowOf(actor), counted, expiresAtMs, replacedAtMs })
    return true
  }

  #putOutcomes(rows: readonly OutcomeRow[]): void {
    const { dictionary, outcomes } = this.#tables
    const [first] = rows
    if (first === undefined) return
    const family = dictionary.family(first.id)
    const { name } = first.id
    const byKey = new Map<string, OutcomeRecord>()
    for (const { outcome } of rows) byKey.set(outcome.key, outcome)
    for (const key of byKey.keys()) outcomes.remove(family, name, key)
    outcomes.write(family, name, [...byKey.values()])
    // The next one may be of the same key.
    outcomes.flush()
  }

  #putEnvelope({ envelope, system }: EnvelopeRow): void {
    const { outbox } = this.#tables
    const { id, place } = envelope
    // One by one, so that each is seen by the next.
    const stands = outbox.place(system, id)
    if (stands !== place && outbox.at(place) !== null) throw placeTaken(id, place)
    outbox.write(system, envelope, place, stands > 0)
    outbox.flush()
    if (stands > 0) this.#replaced.push(id)
    this.#lastPlace = Math.max(this.#lastPlace, place)
  }

  #replace(before: ArchiveRow, after: ArchiveRow): boolean {
    assert(before.kind === after.kind, 'a row that is replaced stays of its kind')
    if (before.kind === 'outcome') return this.#replaceOutcome(before, after)
    const stands = this.#standing(before)
    return stands !== null && standsAsRead(stands, before) && this.#put(withBytesOf(stands, after))
  }

  #replaceOutcome({ id, ...read }: OutcomeRow, after: ArchiveRow): boolean {
    const { dictionary, outcomes } = this.#tables
    const family = dictionary.find(id)
    if (family === undefined) return false
    return outcomes.replace(family, id.name, read.outcome.key, (outcome) => {
      const stands: ArchiveRow = { kind: 'outcome', id, outcome }
      if (!standsAsRead(stands, { id, ...read })) return null
      const changed = withBytesOf(stands, after)
      return changed.kind === 'outcome' ? changed.outcome : null
    })
  }

  #standing(row: Exclude<ArchiveRow, OutcomeRow>): ArchiveRow | null {
    const { actors, dictionary, outbox, past } = this.#tables
    if (row.kind === 'envelope') {
      const envelope = outbox.find(row.system, row.envelope.id)
      return envelope === null ? null : { ...row, envelope }
    }
    const { id, revision } = row.actor
    const family = dictionary.find(id)
    const latest = actors.read(family, id.name)
    if (latest === null) return null
    if (row.kind === 'actor') return { kind: 'actor', actor: storedActor(id, latest) }
    const kept = past.kept(family, id.name, revision)
    if (kept === null) return null
    const { counted, expiresAtMs, replacedAtMs } = kept
    const actor = storedActor(id, { ...kept, birth: latest.birth })
    return { kind: 'past', actor, counted, expiresAtMs, replacedAtMs }
  }
}

function rowOf({ birth, committedAtMs, epoch, revision, state, tags }: StoredActor): StoredRow {
  return { birth, committedAtMs, epoch, revision, state, tags: tagsText(tags) }
}

/** The outcomes from `at` on that go into one row of the table; empty when there is none. */
function outcomesOfOneActor(rows: readonly ArchiveRow[], at: number): OutcomeRow[] {
  const found: OutcomeRow[] = []
  if (rows[at]?.kind !== 'outcome') return found
  let bytes = 0
  for (const row of rows.slice(at, at + ROW_OUTCOMES)) {
    if (row.kind !== 'outcome' || bytes >= ROW_BYTES) break
    if (!sameActor(found[0]?.id ?? row.id, row.id)) break
    found.push(row)
    bytes += row.outcome.reply?.value.length ?? 0
  }
  return found
}
