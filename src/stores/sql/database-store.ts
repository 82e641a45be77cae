// The statestore in a database server, whichever it is: which part answers which request. Decides nothing else; what a
// vendor's parts do stands in its own files. It starts when its tables are as this release knows them, and stops when nothing is
// under way any more.

import type {
  ActorFilter,
  ActorPage,
  Archive,
  Box,
  Commit,
  DuePage,
  EnvelopePage,
  EnvelopePosition,
  FactPage,
  Holdings,
  OutcomeRecord,
  PageRequest,
  RevisionQuery,
  StandingEnvelope,
  Statestore,
  StoredActor,
  Verdict,
} from '../../ports/index.ts'
import type { ActorId } from '../../protocol/index.ts'
import { Commits, type CommitStatements } from './commits.ts'
import type { Database } from './database.ts'
import { commitInParts } from './group-parts.ts'
import { Listing, type ListingRows } from './listing.ts'
import { type LoadRows, Loads } from './loads.ts'
import { Outbox, type OutboxRows } from './outbox.ts'
import { type OutcomeRows, Outcomes } from './outcomes.ts'
import { Past, type PastStatements } from './past.ts'
import type { CheckedSchema } from './schema-status.ts'
import type { Session } from './session.ts'

/** What a vendor brings. */
export interface StoreParts<Opened extends Session> {
  readonly database: Database<Opened>
  readonly schema: CheckedSchema
  readonly archive: Archive
  readonly commits: CommitStatements
  /** The most that one statement can carry, in bytes. */
  readonly statementBytes: number
  readonly loads: LoadRows
  readonly outcomes: OutcomeRows
  readonly past: PastStatements
  readonly listing: ListingRows
  readonly outbox: OutboxRows
  readonly holdings: () => Promise<Holdings>
}

export abstract class DatabaseStore<Opened extends Session> implements Statestore {
  abstract readonly name: string
  readonly supports = { durable: true }
  readonly schema: CheckedSchema
  readonly archive: Archive
  readonly #database: Database<Opened>
  readonly #statementBytes: number
  readonly #commits: Commits<Opened>
  readonly #loads: Loads
  readonly #outcomes: Outcomes
  readonly #past: Past
  readonly #listing: Listing
  readonly #outbox: Outbox
  readonly #holdings: () => Promise<Holdings>

  constructor(parts: StoreParts<Opened>) {
    const { database } = parts
    const { clock } = database.options
    this.#database = database
    this.schema = parts.schema
    this.archive = parts.archive
    this.#statementBytes = parts.statementBytes
    this.#commits = new Commits(database, parts.commits)
    this.#loads = new Loads(parts.loads, clock)
    this.#outcomes = new Outcomes(parts.outcomes, clock)
    this.#past = new Past(parts.past)
    this.#listing = new Listing(parts.listing)
    this.#outbox = new Outbox(parts.outbox)
    this.#holdings = parts.holdings
  }

  async start(): Promise<void> {
    try {
      if (this.#database.options.migrates) await this.schema.migrate()
      await this.schema.check()
      this.#database.open()
    } catch (thrown) {
      await this.#database.close()
      throw thrown
    }
  }

  stop(): Promise<void> {
    return this.#database.close()
  }

  /**
   * Gives up all sessions in the middle of whatever they do, as a process that dies.
   *
   * @internal For tests of what survives.
   */
  abandon(): void {
    this.#database.abandon()
  }

  async load(ids: readonly ActorId[]): Promise<(StoredActor | null)[]> {
    return ids.length === 0 ? [] : this.#loads.load(ids)
  }

  async commit(group: readonly Commit[]): Promise<Verdict[]> {
    if (group.length === 0) return []
    const verdicts = await this.#database.request(() =>
      commitInParts(group, this.#statementBytes, (part) => this.#commits.commit(part)),
    )
    return [...verdicts]
  }

  loadRevision(id: ActorId, query: RevisionQuery): Promise<StoredActor | null> {
    return this.#past.revision(id, query)
  }

  revisions(id: ActorId, limit: number, before?: number): Promise<Omit<StoredActor, 'state'>[]> {
    return this.#past.revisions(id, limit, before)
  }

  loadOutcome(id: ActorId, key: string, nowMs: number): Promise<OutcomeRecord | null> {
    return this.#outcomes.find(id, key, nowMs)
  }

  outcomeKeys(id: ActorId, limit: number): Promise<Uint32Array | null> {
    return this.#outcomes.keys(id, limit)
  }

  list(filter: ActorFilter, page: PageRequest): Promise<ActorPage> {
    return this.#listing.list(filter, page)
  }

  count(filter: ActorFilter): Promise<number> {
    return this.#listing.count(filter)
  }

  systems(): Promise<string[]> {
    return this.#listing.systems()
  }

  holdings(): Promise<Holdings> {
    return this.#holdings()
  }

  due(system: string, untilMs: number, limit: number, after?: EnvelopePosition): Promise<DuePage> {
    return this.#outbox.due(system, untilMs, limit, after)
  }

  async envelopes(system: string, ids: readonly string[]): Promise<(StandingEnvelope | null)[]> {
    return ids.length === 0 ? [] : this.#outbox.envelopes(system, ids)
  }

  listEnvelopes(system: string, box: Box, page: PageRequest): Promise<EnvelopePage> {
    return this.#outbox.list(system, box, page)
  }

  facts(system: string, after: number, limit: number): Promise<FactPage> {
    return this.#outbox.facts(system, after, limit)
  }

  delete(id: ActorId, follows: number, birth: number): Promise<Verdict> {
    return this.#database.request(() => this.#commits.delete(id, follows, birth))
  }

  prune(nowMs: number, limit: number): Promise<number> {
    return this.#past.prune(nowMs, limit)
  }

  warnings(): Promise<readonly string[]> {
    return this.#database.whileOpen(() =>
      this.#database.persist((connection) => Promise.resolve(connection.warnings)),
    )
  }
}
