// A store file and everything in it, as plain synchronous calls: what the store's thread runs. Decides which requests
// read behind the journal and which need it folded first. Knows nothing of threads.

import type {
  ActorFilter,
  ArchiveChange,
  ArchivePage,
  ArchiveRow,
  Box,
  EnvelopePosition,
  Holdings,
  OutcomeRecord,
  RevisionQuery,
  Verdict,
} from '../../ports/index.ts'
import { mayFollow } from '../fence.ts'
import type { PagePosition } from '../page-token.ts'
import type { ActorId } from '../../protocol/address.ts'
import { Packed } from '../../protocol/packed.ts'
import type { ArchivePosition } from '../archive-token.ts'
import { ActorTable } from './actor-table.ts'
import { ArchiveChanges } from './archive-changes.ts'
import { ArchivePages } from './archive-pages.ts'
import { Database } from './database.ts'
import { Dictionary } from './dictionary.ts'
import { packEnvelopes, packStretch } from '../frames/envelope-bytes.ts'
import { storeError } from './failures.ts'
import { Journal, type Tables } from './journal.ts'
import { holdingsOf } from './holdings.ts'
import { type CountedStretch, Listing, type Stretch } from './listing.ts'
import { OutboxPages } from './outbox-pages.ts'
import { OutboxTable } from './outbox-table.ts'
import { OutcomeTable } from './outcome-table.ts'
import { PastTable } from './past-table.ts'
import { packRows, type StoredRow, visitIds } from '../frames/rows.ts'

export class StoreFile {
  readonly #database: Database
  readonly #dictionary: Dictionary
  readonly #actors: ActorTable
  readonly #past: PastTable
  readonly #outcomes: OutcomeTable
  readonly #listing: Listing
  readonly #journal: Journal
  readonly #outbox: OutboxTable
  readonly #outboxPages: OutboxPages
  readonly #tables: Tables
  readonly #archivePages: ArchivePages

  constructor(file: string, migrates = true, sliceEntries?: number) {
    this.#database = new Database(file, migrates)
    try {
      this.#dictionary = new Dictionary(this.#database)
      this.#actors = new ActorTable(this.#database, this.#dictionary)
      this.#past = new PastTable(this.#database, this.#dictionary)
      this.#outcomes = new OutcomeTable(this.#database, this.#dictionary)
      this.#listing = new Listing(this.#actors, this.#dictionary)
      this.#outbox = new OutboxTable(this.#database, this.#dictionary)
      this.#tables = {
        database: this.#database,
        dictionary: this.#dictionary,
        actors: this.#actors,
        past: this.#past,
        outcomes: this.#outcomes,
        outbox: this.#outbox,
      }
      this.#archivePages = new ArchivePages(this.#tables)
      this.#journal = new Journal(this.#tables, sliceEntries)
      this.#outboxPages = new OutboxPages(this.#journal.outbox, this.#outbox)
      this.#journal.recover()
      this.#database.reserve()
    } catch (thrown) {
      this.#database.close()
      throw thrown
    }
  }

  /** Whether there is something to do in the background, and whether it should be done now. */
  get background(): 'none' | 'later' | 'now' {
    if (this.#journal.isDue || this.#outcomes.hasWork) return 'now'
    return this.#journal.hasWork ? 'later' : 'none'
  }

  /** How many generations of the journal have begun to be folded. */
  get generations(): number {
    return this.#journal.generations
  }

  /** Does a little of it. */
  runBackground(): void {
    if (this.#outcomes.hasWork) {
      this.#outcomes.fillFilter()
      if (!this.#journal.isDue) return
    }
    this.#journal.foldSlice()
    if (!this.#journal.isDue) this.#database.checkpoint()
  }

  /** Judges what the next group begins with, as far as that can be done; see Journal. */
  expect(frame: Uint8Array): void {
    this.#journal.expect(frame)
  }

  giveUpExpected(): void {
    this.#journal.giveUpExpected()
  }

  /** See Journal. */
  commit(
    groups: readonly (readonly Uint8Array[])[],
    told: (conflicts: number[][]) => void,
    goesOn?: boolean,
  ): void {
    this.#journal.commit(groups, told, goesOn)
  }

  /** Ids and rows are packed by rows.ts. */
  load(ids: Uint8Array): Uint8Array<ArrayBuffer> {
    const rows: (StoredRow | null)[] = []
    visitIds(ids, (family, name) => rows.push(this.#journal.read(family, name)))
    return packRows(rows)
  }

  loadOutcome(id: ActorId, key: string): OutcomeRecord | null {
    const outcome = this.#journal.outcome(id, id.name, key)
    if (outcome === null) return null
    const { expiresAtMs, reply } = outcome
    // A copy: a view would take the whole frame that it came in along to the other thread.
    const copy = reply === null ? null : new Packed(reply.typeUrl, new Uint8Array(reply.value))
    return { key, expiresAtMs, reply: copy }
  }

  /** Null: there are more than `limit`. */
  outcomeKeys(id: ActorId, limit: number): Uint32Array | null {
    return this.#journal.outcomeKeys(id, id.name, limit)
  }

  loadRevision(id: ActorId, query: RevisionQuery): StoredRow | null {
    this.#journal.settle()
    const latest = this.#journal.read(id, id.name)
    if (latest === null) return null
    const isLatest =
      'revision' in query ? latest.revision === query.revision : latest.committedAtMs <= query.atMs
    if (isLatest) return latest
    const past = this.#past.revision(this.#dictionary.find(id), id.name, query)
    return past === null ? null : { ...past, birth: latest.birth }
  }

  /** Newest first, those below `before`. */
  revisions(id: ActorId, limit: number, before = Number.MAX_SAFE_INTEGER): StoredRow[] {
    this.#journal.settle()
    const latest = this.#journal.read(id, id.name)
    if (latest === null) return []
    const { birth, revision } = latest
    const newest = revision < before ? [{ ...latest, state: null }] : []
    const past = this.#past.revisions(this.#dictionary.find(id), id.name, limit - newest.length, before)
    return [...newest, ...past.map((row) => ({ ...row, birth }))]
  }

  list(filter: ActorFilter, after: PagePosition | null, limit: number): Stretch {
    this.#journal.settle()
    return this.#listing.stretch(filter, after, limit)
  }

  count(filter: ActorFilter, after: PagePosition | null): CountedStretch {
    this.#journal.settle()
    return this.#listing.count(filter, after)
  }

  /** In no order. */
  systems(): string[] {
    this.#journal.settle()
    const withEnvelopes = this.#dictionary.systems().filter((system) => this.#outbox.has(system))
    return [...new Set([...this.#listing.systems(), ...withEnvelopes])]
  }

  holdings(): Holdings {
    this.#journal.settle()
    return holdingsOf(this.#database)
  }

  /** Stretches and envelopes are packed by envelope-bytes.ts. */
  due(
    system: string,
    untilMs: number,
    after: EnvelopePosition | null,
    limit: number,
  ): Uint8Array<ArrayBuffer> {
    return packStretch(this.#outboxPages.due(system, untilMs, limit, after))
  }

  listEnvelopes(
    system: string,
    box: Box,
    after: EnvelopePosition | null,
    limit: number,
  ): Uint8Array<ArrayBuffer> {
    return packStretch(this.#outboxPages.list(system, box, after, limit))
  }

  /** In the order of places. */
  facts(system: string, after: number, limit: number): Uint8Array<ArrayBuffer> {
    return packStretch(this.#outboxPages.facts(system, after, limit))
  }

  envelopes(system: string, ids: readonly string[]): Uint8Array<ArrayBuffer> {
    return packEnvelopes(ids.map((id) => this.#journal.outbox.find(system, id)))
  }

  delete(id: ActorId, follows: number, birth: number): Verdict {
    this.#journal.settle()
    if (!mayFollow(this.#journal.standing(id, id.name), { follows, birth })) return 'conflict'
    const family = this.#dictionary.find(id)
    if (family === undefined) return 'committed'
    this.#removing(() => {
      this.#actors.delete(family, id.name)
      this.#past.delete(family, id.name)
      this.#outcomes.delete(family, id.name)
    })
    return 'committed'
  }

  prune(nowMs: number, limit: number): number {
    this.#journal.settle()
    return this.#removing(() => {
      const outcomes = this.#outcomes.prune(nowMs, limit)
      const withPast = outcomes + this.#past.prune(nowMs, limit - outcomes)
      return withPast + this.#outbox.prune(nowMs, limit - withPast)
    })
  }

  readArchive(position: ArchivePosition, limit: number): ArchivePage {
    this.#journal.settle()
    return this.#archivePages.read(position, limit)
  }

  /** @returns how many rows stand now. */
  writeArchive(rows: readonly ArchiveRow[]): number {
    return this.#changing((changes) => changes.write(rows))
  }

  /** @returns how many rows were replaced. */
  replaceInArchive(replacements: readonly ArchiveChange[]): number {
    return this.#changing((changes) => changes.replace(replacements))
  }

  #changing(work: (changes: ArchiveChanges) => number): number {
    const changes = new ArchiveChanges(this.#tables)
    let result = 0
    this.#journal.bypass(() => {
      result = work(changes)
      return changes.lastPlace
    })
    changes.settle()
    return result
  }

  /** Runs `work` durably, which may remove outcomes. */
  #removing<T>(work: () => T): T {
    try {
      const result = this.#database.durably(work)
      this.#outcomes.settle(true)
      return result
    } catch (thrown) {
      this.#outcomes.settle(false)
      throw thrown
    }
  }

  /** Folds what is left, if the disk allows it: if not, it stays in the journal and is folded on opening. */
  close(): void {
    try {
      this.#journal.settle()
    } catch (thrown) {
      if (storeError(this.#database.file, thrown).code !== 'STORE_UNAVAILABLE') throw thrown
    } finally {
      this.#database.close()
    }
  }
}
