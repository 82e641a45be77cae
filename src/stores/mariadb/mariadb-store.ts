// The statestore in a MariaDB database. Decides which part answers which request; what a part does stands in its own file.
// It starts when its tables are as this release knows them, and stops when nothing is under way any more.

import { SpawnError } from '../../base/index.ts'
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
import { MariadbArchive } from './archive.ts'
import { Commits } from './commit.ts'
import { Database } from './database.ts'
import { holdingsOf } from './holdings.ts'
import { Listing } from './listing.ts'
import { Loads } from './loads.ts'
import { Outbox } from './outbox.ts'
import { Outcomes } from './outcomes.ts'
import { Past } from './past.ts'
import { MariadbSchema } from './schema.ts'
import { Writing } from './writing.ts'

export class MariadbStore implements Statestore {
  readonly name = 'mariadb'
  readonly supports = { durable: true }
  readonly archive: MariadbArchive
  readonly schema: MariadbSchema
  readonly #database: Database
  readonly #commits: Commits
  readonly #loads: Loads
  readonly #outcomes: Outcomes
  readonly #past: Past
  readonly #listing: Listing
  readonly #outbox: Outbox

  /** @throws SpawnError INVALID_ARGUMENT for numbers that cannot be meant. */
  constructor(options: DatabaseOptions) {
    const settled = settledOptions(options)
    const database = new Database(settled)
    this.#database = database
    this.schema = new MariadbSchema(database)
    const writing = new Writing(database)
    this.archive = new MariadbArchive(database, writing)
    this.#commits = new Commits(database, writing)
    this.#loads = new Loads(database, settled.clock)
    this.#outcomes = new Outcomes(database, settled.clock)
    this.#past = new Past(database)
    this.#listing = new Listing(database)
    this.#outbox = new Outbox(database)
  }

  async start(): Promise<void> {
    const { address, options } = this.#database
    try {
      const warning = await this.#database.whileOpen(() =>
        this.#database.persist((connection) => Promise.resolve(connection.warning)),
      )
      if (warning !== null) options.logger?.warn(warning, { address })
      if (options.migrates) await this.schema.migrate()
      else await this.#checkSchema()
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
   * Gives up all sessions in the middle of whatever they do.
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
    return group.length === 0 ? [] : this.#database.request(() => this.#commits.commit(group))
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

  due(system: string, untilMs: number, limit: number, after?: EnvelopePosition): Promise<DuePage> {
    return this.#outbox.due(system, untilMs, limit, after)
  }

  async envelopes(system: string, ids: readonly string[]): Promise<(StandingEnvelope | null)[]> {
    return ids.length === 0 ? [] : this.#outbox.envelopes(system, ids)
  }

  listEnvelopes(system: string, box: Box, page: PageRequest): Promise<EnvelopePage> {
    return this.#outbox.list(system, box, page)
  }

  delete(id: ActorId, follows: number, birth: number): Promise<Verdict> {
    return this.#database.request(() => this.#commits.delete(id, follows, birth))
  }

  prune(nowMs: number, limit: number): Promise<number> {
    return this.#past.prune(nowMs, limit)
  }

  holdings(): Promise<Holdings> {
    return holdingsOf(this.#database)
  }

  async #checkSchema(): Promise<void> {
    const { pending, version } = await this.schema.status()
    this.schema.checkNotNewer(version)
    if (pending.length === 0) return
    const { address } = this.#database
    const message = `the tables in ${address} are behind this release: run \`spawn store migrate\`, or let the store do it`
    throw new SpawnError('STORE_UNAVAILABLE', message, {
      retryable: false,
      details: { pending: pending.length },
    })
  }
}
