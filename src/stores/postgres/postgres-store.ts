// The statestore in a Postgres database, which several members may share: the wiring of its parts. Decides nothing but what
// needs no asking; see commit.ts for commits, and commit-functions.ts for what of them runs in the database.

import type {
  ActorFilter,
  ActorPage,
  Box,
  Commit,
  DuePage,
  EnvelopePage,
  EnvelopePosition,
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
import { type DatabaseOptions, settledOptions } from '../sql/options.ts'
import { PostgresArchive } from './archive.ts'
import { Commits } from './commit.ts'
import { Database } from './database.ts'
import { holdingsOf } from './holdings.ts'
import { Listing } from './listing.ts'
import { Loads } from './loads.ts'
import { Outbox } from './outbox.ts'
import { Outcomes } from './outcomes.ts'
import { Past } from './past.ts'
import { PostgresSchema } from './schema.ts'
import { Writing } from './writing.ts'

export class PostgresStore implements Statestore {
  readonly name = 'postgres'
  readonly supports = { durable: true }
  readonly schema: PostgresSchema
  readonly archive: PostgresArchive
  readonly #database: Database
  readonly #migrates: boolean
  readonly #commits: Commits
  readonly #loads: Loads
  readonly #outcomes: Outcomes
  readonly #past: Past
  readonly #listing: Listing
  readonly #outbox: Outbox

  /** @throws SpawnError INVALID_ARGUMENT */
  constructor(options: DatabaseOptions) {
    const settled = settledOptions(options)
    const database = new Database(settled)
    this.#database = database
    this.#migrates = settled.migrates
    this.schema = new PostgresSchema(database)
    this.archive = new PostgresArchive(database)
    this.#commits = new Commits(database, new Writing(database))
    this.#loads = new Loads(database, settled.clock)
    this.#outcomes = new Outcomes(database, settled.clock)
    this.#past = new Past(database)
    this.#listing = new Listing(database)
    this.#outbox = new Outbox(database)
  }

  async start(): Promise<void> {
    try {
      if (this.#migrates) await this.schema.migrate()
      await this.schema.check()
      this.#database.open()
    } catch (thrown) {
      await this.#database.close()
      throw thrown
    }
  }

  async stop(): Promise<void> {
    await this.#database.close()
  }

  async load(ids: readonly ActorId[]): Promise<(StoredActor | null)[]> {
    return ids.length === 0 ? [] : this.#loads.load(ids)
  }

  async commit(group: readonly Commit[]): Promise<Verdict[]> {
    if (group.length === 0) return []
    return this.#database.request(() => this.#commits.commit(group))
  }

  async loadRevision(id: ActorId, query: RevisionQuery): Promise<StoredActor | null> {
    return this.#past.revision(id, query)
  }

  async revisions(id: ActorId, limit: number, before?: number): Promise<Omit<StoredActor, 'state'>[]> {
    return this.#past.revisions(id, limit, before)
  }

  async loadOutcome(id: ActorId, key: string, nowMs: number): Promise<OutcomeRecord | null> {
    return this.#outcomes.find(id, key, nowMs)
  }

  async outcomeKeys(id: ActorId, limit: number): Promise<Uint32Array | null> {
    return this.#outcomes.keys(id, limit)
  }

  async list(filter: ActorFilter, page: PageRequest): Promise<ActorPage> {
    return this.#listing.list(filter, page)
  }

  async count(filter: ActorFilter): Promise<number> {
    return this.#listing.count(filter)
  }

  async systems(): Promise<string[]> {
    return this.#listing.systems()
  }

  async holdings(): Promise<Holdings> {
    return holdingsOf(this.#database)
  }

  async due(system: string, untilMs: number, limit: number, after?: EnvelopePosition): Promise<DuePage> {
    return this.#outbox.due(system, untilMs, limit, after)
  }

  async envelopes(system: string, ids: readonly string[]): Promise<(StandingEnvelope | null)[]> {
    return ids.length === 0 ? [] : this.#outbox.envelopes(system, ids)
  }

  async listEnvelopes(system: string, box: Box, page: PageRequest): Promise<EnvelopePage> {
    return this.#outbox.list(system, box, page)
  }

  async delete(id: ActorId, follows: number, birth: number): Promise<Verdict> {
    return this.#database.request(() => this.#commits.delete(id, follows, birth))
  }

  async prune(nowMs: number, limit: number): Promise<number> {
    return this.#past.prune(nowMs, limit)
  }

  /**
   * Drops it in the middle of whatever it does, as a process that dies.
   *
   * @internal For tests of what survives.
   */
  abandon(): void {
    this.#database.abandon()
  }
}
