// The statestore in a SQLite file. This is the side of the main thread: it packs requests for the store's thread, which
// does the work and waits for the disk, and keeps that thread alive. What the file promises is journal.ts's.
//
// Invariant: requests reach the thread in the order in which they were made, and a thread that died is replaced by the
// next request, on the same file.

import { resolve as resolvePath } from 'node:path'
import { type Clock, SpawnError, systemClock } from '../../base/index.ts'
import {
  type ActorFilter,
  type ActorPage,
  type Archive,
  type Box,
  type Commit,
  type DuePage,
  type EnvelopePage,
  type EnvelopePosition,
  type FactPage,
  type Holdings,
  type Logger,
  type OutcomeRecord,
  type PageRequest,
  type RevisionQuery,
  type Schema,
  silentLogger,
  type StandingEnvelope,
  type Statestore,
  type StoredActor,
  type Verdict,
} from '../../ports/index.ts'
import { type ActorId, Packed } from '../../protocol/index.ts'
import { compareCodePoints } from '../code-points.ts'
import { envelopePosition, envelopeToken } from '../envelope-token.ts'
import { type PagePosition, pagePosition, pageToken } from '../page-token.ts'
import type { NamedRow } from './actor-table.ts'
import { SqliteArchive } from './archive.ts'
import { unpackEnvelopes, unpackStretch } from '../frames/envelope-bytes.ts'
import { lockedError } from './failures.ts'
import { Expectation } from './expectation.ts'
import { FileSchema } from './file-schema.ts'
import type { FramesDoor } from '../framed-requests.ts'
import { FrameWriter } from '../frames/frame.ts'
import type { CountedStretch } from './listing.ts'
import { Together } from '../together.ts'
import type { KeysQuestion, OutcomeQuestion } from './requests.ts'
import { packIds, storedActor, unpackActors } from '../frames/rows.ts'
import { StoreThread } from './store-thread.ts'

export interface SqliteStoreOptions {
  /** The path of the file; it is made if it is not there, its folder is not. Beside it SQLite keeps a `-wal` file. */
  readonly file: string
  /** How long `start` waits for another process to let go of the file, in milliseconds. Default: 5,000. */
  readonly lockTimeoutMs?: number
  /** Whether `start` brings the file's tables up to date; if not, it refuses a file that is behind. Default: true. */
  readonly migrates?: boolean
  /** What that wait is measured by. Default: the system's clock. */
  readonly clock?: Clock
  /** Told of that wait. Default: nobody. */
  readonly logger?: Logger
}

const LOCK_RETRY_MS = 50
/** A wait that is longer is told: the process before, which is just ending, is no news. */
const UNTOLD_MS = 200
/** Bytes of states or payloads after which a page of a listing ends, though it has fewer rows than asked. */
const PAGE_BYTES = 16 * 1_024 * 1_024

/** A part of a group that is longer is not worth its copies. */
const EXPECTED_BYTES = 64 * 1_024

export class SqliteStore implements Statestore {
  readonly name = 'sqlite'
  readonly supports = { durable: true }
  readonly archive: Archive = new SqliteArchive(() => this.#alive())
  readonly file: string
  readonly schema: Schema
  /** For other processes: its thread takes what they have packed. */
  readonly framesDoor: FramesDoor = {
    open: (path) => this.#openDoor(path),
    close: () => this.#closeDoor(),
  }
  /** Those of this process that have a file. */
  static readonly #holders = new Set<SqliteStore>()
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #lockTimeoutMs: number
  readonly #frames = new FrameWriter()
  readonly #expectation = new Expectation()
  readonly #outcomes: Together<OutcomeQuestion, OutcomeRecord | null>
  readonly #outcomeKeys: Together<KeysQuestion, Uint32Array | null>
  readonly #migrates: boolean
  #thread: StoreThread | null = null
  #opening: Promise<StoreThread> | null = null
  #isRunning = false
  #servedAt: string | null = null
  #endServing: (() => Promise<void>) | null = null

  constructor(options: SqliteStoreOptions) {
    if (options.file === '' || options.file === ':memory:') {
      throw new SpawnError(
        'INVALID_ARGUMENT',
        'the SQLite store needs the path of a file; to keep nothing, use MemoryStore',
      )
    }
    this.file = resolvePath(options.file)
    this.#clock = options.clock ?? systemClock
    this.#logger = options.logger ?? silentLogger
    this.#outcomes = new Together(this.#clock, async (questions) =>
      (await this.#alive()).ask('loadOutcomes', { questions }),
    )
    this.#outcomeKeys = new Together(this.#clock, async (questions) =>
      (await this.#alive()).ask('outcomeKeys', { questions }),
    )
    this.#lockTimeoutMs = options.lockTimeoutMs ?? 5_000
    this.#migrates = options.migrates ?? true
    const isOpen = (): boolean => this.#thread?.isAlive === true
    this.schema = new FileSchema(this.file, isOpen, (ask) => this.#once(ask))
  }

  async start(): Promise<void> {
    this.#isRunning = true
    try {
      await this.#alive()
    } catch (thrown) {
      this.#isRunning = false
      throw thrown
    }
  }

  async stop(): Promise<void> {
    this.#isRunning = false
    const thread = this.#opening === null ? this.#thread : await this.#opening.catch(() => null)
    this.#thread = null
    SqliteStore.#holders.delete(this)
    if (thread === null || !thread.isAlive) return
    try {
      await thread.ask('close', {})
      await thread.release()
    } catch (thrown) {
      await thread.kill()
      throw thrown
    }
  }

  async load(ids: readonly ActorId[]): Promise<(StoredActor | null)[]> {
    if (ids.length === 0) return []
    const thread = this.#thread?.isAlive === true ? this.#thread : await this.#alive()
    const packed = packIds(ids)
    return unpackActors(ids, await thread.ask('load', { ids: packed }, [packed.buffer]))
  }

  expect(beginning: readonly Commit[]): void {
    const thread = this.#thread
    if (thread?.isAlive !== true) return
    let part: Uint8Array<ArrayBuffer>
    try {
      part = this.#frames.packPart(beginning, this.#expectation.isFirst(thread))
    } catch {
      // What cannot be packed is for `commit` to say.
      this.#expectation.drop()
      return
    }
    if (part.length > EXPECTED_BYTES) {
      this.#expectation.drop()
      return
    }
    this.#expectation.add(thread, beginning)
    thread.tell('expect', { part }, [part.buffer])
  }

  async commit(group: readonly Commit[]): Promise<Verdict[]> {
    if (group.length === 0) return []
    const thread = this.#thread?.isAlive === true ? this.#thread : await this.#alive()
    const expected = this.#expectation.end(thread, group)
    const frames = expected === 0 ? this.#frames.pack(group) : this.#frames.packRest(group.slice(expected))
    const conflicts = await thread.ask(
      'commit',
      { frames, goesOn: expected > 0 },
      frames.map(({ buffer }) => buffer),
    )
    const verdicts = new Array<Verdict>(group.length).fill('committed')
    for (const at of conflicts) verdicts[at] = 'conflict'
    return verdicts
  }

  async loadRevision(id: ActorId, query: RevisionQuery): Promise<StoredActor | null> {
    const row = await (await this.#alive()).ask('loadRevision', { id: plain(id), query })
    return row === null ? null : storedActor(id, row)
  }

  async revisions(id: ActorId, limit: number, before?: number): Promise<Omit<StoredActor, 'state'>[]> {
    const asked = { id: plain(id), limit, before: before ?? Number.MAX_SAFE_INTEGER }
    const rows = await (await this.#alive()).ask('revisions', asked)
    return rows.map((row) => {
      const { state: _state, ...rest } = storedActor(id, row)
      return rest
    })
  }

  async loadOutcome(id: ActorId, key: string, nowMs: number): Promise<OutcomeRecord | null> {
    const outcome = await this.#outcomes.ask({ id: plain(id), key })
    if (outcome === null || outcome.expiresAtMs <= nowMs) return null
    const { reply } = outcome
    // Crossing between threads leaves a Packed without its class.
    return { ...outcome, reply: reply === null ? null : new Packed(reply.typeUrl, reply.value) }
  }

  async outcomeKeys(id: ActorId, limit: number): Promise<Uint32Array | null> {
    return this.#outcomeKeys.ask({ id: plain(id), limit })
  }

  async list(filter: ActorFilter, page: PageRequest): Promise<ActorPage> {
    let after = page.after === undefined ? null : pagePosition(page.after)
    const rows: NamedRow[] = []
    let bytes = 0
    do {
      // One more than asked tells whether there is another page.
      const stretch = await (
        await this.#alive()
      ).ask('list', { filter, after, limit: page.limit + 1 - rows.length })
      rows.push(...stretch.rows)
      for (const { state } of stretch.rows) bytes += state?.value.length ?? 0
      after = stretch.after
    } while (after !== null && rows.length <= page.limit && bytes < PAGE_BYTES)
    const actors = rows.slice(0, page.limit)
    const last = actors.at(-1)
    const isLast = last === undefined || (after === null && rows.length <= page.limit)
    return {
      actors: actors.map((row) =>
        storedActor({ system: filter.system, parent: row.parent, name: row.name }, row),
      ),
      next: isLast ? null : pageToken(last),
    }
  }

  async count(filter: ActorFilter): Promise<number> {
    let count = 0
    let after: PagePosition | null = null
    do {
      const stretch: CountedStretch = await (await this.#alive()).ask('count', { filter, after })
      count += stretch.count
      after = stretch.after
    } while (after !== null)
    return count
  }

  async systems(): Promise<string[]> {
    return (await (await this.#alive()).ask('systems', {})).toSorted(compareCodePoints)
  }

  async holdings(): Promise<Holdings> {
    return (await this.#alive()).ask('holdings', {})
  }

  async due(system: string, untilMs: number, limit: number, after?: EnvelopePosition): Promise<DuePage> {
    const from = after === undefined ? null : position(after)
    const thread = await this.#alive()
    const asked = { system, untilMs, after: from, limit }
    const { envelopes, isCut, nextDueMs } = unpackStretch(await thread.ask('due', asked))
    return { envelopes, nextDueMs, isLast: !isCut && envelopes.length < limit }
  }

  async envelopes(system: string, ids: readonly string[]): Promise<(StandingEnvelope | null)[]> {
    if (ids.length === 0) return []
    return unpackEnvelopes(await (await this.#alive()).ask('envelopes', { system, ids }))
  }

  async listEnvelopes(system: string, box: Box, page: PageRequest): Promise<EnvelopePage> {
    const after = page.after === undefined ? null : envelopePosition(page.after)
    // One more than asked tells whether there is another page.
    const asked = { system, box, after, limit: page.limit + 1 }
    const stretch = unpackStretch(await (await this.#alive()).ask('listEnvelopes', asked))
    const envelopes = stretch.envelopes.slice(0, page.limit)
    const last = envelopes.at(-1)
    const isLast = last === undefined || (!stretch.isCut && stretch.envelopes.length <= page.limit)
    return { envelopes, next: isLast ? null : envelopeToken(last) }
  }

  async facts(system: string, after: number, limit: number): Promise<FactPage> {
    // Likewise.
    const asked = { system, after, limit: limit + 1 }
    const { envelopes, isCut } = unpackStretch(await (await this.#alive()).ask('facts', asked))
    return { facts: envelopes.slice(0, limit), isLast: !isCut && envelopes.length <= limit }
  }

  async delete(id: ActorId, follows: number, birth: number): Promise<Verdict> {
    return (await this.#alive()).ask('delete', { id: plain(id), follows, birth })
  }

  async prune(nowMs: number, limit: number): Promise<number> {
    return (await this.#alive()).ask('prune', { nowMs, limit })
  }

  /**
   * Ends the store's thread in the middle of whatever it does. Requests under way fail; the next one opens the file again.
   *
   * @internal For tests of what survives.
   */
  async killThread(): Promise<void> {
    await this.#thread?.kill()
  }

  async #openDoor(path: string): Promise<void> {
    const thread = await this.#alive()
    // From the first time on, every new thread is served there.
    if (this.#servedAt === path) return
    this.#endServing = await thread.serve(path)
    this.#servedAt = path
  }

  async #closeDoor(): Promise<void> {
    const end = this.#endServing
    this.#servedAt = null
    this.#endServing = null
    await end?.()
  }

  async #alive(): Promise<StoreThread> {
    if (!this.#isRunning) {
      throw new SpawnError(
        'STORE_UNAVAILABLE',
        `the store of ${this.file} is not running: start it before use`,
      )
    }
    if (this.#thread?.isAlive === true) return this.#thread
    this.#opening ??= this.#open().finally(() => (this.#opening = null))
    return this.#opening
  }

  /** A new thread that has the file. */
  async #open(): Promise<StoreThread> {
    const thread = new StoreThread(this.file)
    try {
      await this.#unlocked(() => thread.ask('open', { file: this.file, migrates: this.#migrates }))
      // Others were let in to the one before: they come again.
      if (this.#servedAt !== null) this.#endServing = await thread.serve(this.#servedAt)
    } catch (thrown) {
      await thread.kill()
      throw thrown
    }
    this.#thread = thread
    SqliteStore.#holders.add(this)
    return thread
  }

  /** Asks a thread that is there for one question. */
  async #once<T>(ask: (thread: StoreThread) => Promise<T | null>): Promise<T> {
    const thread = new StoreThread(this.file)
    try {
      const answer = await this.#unlocked(() => ask(thread))
      await thread.release()
      return answer
    } catch (thrown) {
      await thread.kill()
      throw thrown
    }
  }

  /** Whether another store of this process has the file, by whatever path. */
  async #isHeldHere(): Promise<boolean> {
    const { realpath } = await import('node:fs/promises')
    const others = [...SqliteStore.#holders].filter((one) => one !== this && one.#thread?.isAlive === true)
    const [own, ...files] = await Promise.all(
      [this, ...others].map(({ file }) => realpath(file).catch(() => file)),
    )
    return files.some((file) => file === own)
  }

  /** Asks until another process lets go of the file, and null is no longer the answer. */
  async #unlocked<T>(ask: () => Promise<T | null>): Promise<T> {
    const startMs = this.#clock.elapsedMs()
    for (let isTold = false; ;) {
      const answer = await ask()
      if (answer !== null) return answer
      const waitedMs = Math.round(this.#clock.elapsedMs() - startMs)
      if (!isTold && waitedMs >= UNTOLD_MS) {
        isTold = true
        const fields = { file: this.file, limitMs: this.#lockTimeoutMs }
        this.#logger.warn('waiting for the store file, which another process has open', fields)
      }
      if (waitedMs >= this.#lockTimeoutMs) throw lockedError(this.file, waitedMs, await this.#isHeldHere())
      await new Promise<void>((resolve) => {
        this.#clock.after(LOCK_RETRY_MS, resolve)
      })
    }
  }
}

/** An id may be an object of the caller with more to it; only its fields cross to the thread. */
function plain({ system, parent, name }: ActorId): ActorId {
  return { system, parent, name }
}

function position({ dueAtMs, place }: EnvelopePosition): EnvelopePosition {
  return { dueAtMs, place }
}
