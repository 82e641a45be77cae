// The statestore that keeps everything in maps and forgets it with the process. It is the reference: where another store
// answers differently, one of the two is wrong. Simple before fast: a listing sorts all of a system's actors.
//
// Invariant: a request is applied whole at the moment it is made, so requests never interleave.

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
  SystemHoldings,
  Verdict,
} from '../../ports/index.ts'
import { SpawnError } from '../../base/index.ts'
import { type ActorId, sameActor } from '../../protocol/index.ts'
import { compareCodePoints } from '../code-points.ts'
import { mayFollow, NOTHING_STANDS } from '../fence.ts'
import { isCommittedWithin } from '../last-commit.ts'
import { pagePosition, pageToken } from '../page-token.ts'
import { carriesAll } from '../tags.ts'
import { MemoryArchive } from './archive.ts'
import { MemoryOutbox } from './outbox.ts'
import { ActorRecord } from './record.ts'

type Parents = Map<string, Map<string, ActorRecord>>

export class MemoryStore implements Statestore {
  readonly name = 'memory'
  readonly supports = { durable: false }
  /** By system, parent and name. */
  readonly #systems = new Map<string, Parents>()
  readonly #outbox = new MemoryOutbox()
  readonly archive: Archive = new MemoryArchive({
    outbox: this.#outbox,
    checkRunning: () => this.#checkRunning(),
    records: () => this.#records(),
    find: (id) => this.#find(id),
    create: (id) => this.#find(id) ?? this.#create(id),
  })
  #running = false

  /** Opens it; what was stored before a stop is still there. */
  async start(): Promise<void> {
    this.#running = true
  }

  async stop(): Promise<void> {
    this.#running = false
  }

  async load(ids: readonly ActorId[]): Promise<(StoredActor | null)[]> {
    this.#checkRunning()
    return ids.map((id) => this.#find(id)?.latest ?? null)
  }

  async commit(group: readonly Commit[]): Promise<Verdict[]> {
    this.#checkRunning()
    const refused: ActorId[] = []
    return group.map((commit) => {
      const { id, sends, takes } = commit
      const isOutside = id.name === ''
      const fits = this.#outbox.accepts(commit) && (isOutside || this.#fits(commit, refused))
      if (!fits) {
        if (!isOutside) refused.push(id)
        return 'conflict'
      }
      this.#outbox.apply(id.system, takes, sends)
      if (!isOutside && changesActor(commit)) (this.#find(id) ?? this.#create(id)).apply(commit)
      return 'committed'
    })
  }

  async loadRevision(id: ActorId, query: RevisionQuery): Promise<StoredActor | null> {
    this.#checkRunning()
    return this.#find(id)?.revisionAsked(query) ?? null
  }

  async revisions(id: ActorId, limit: number, before?: number): Promise<Omit<StoredActor, 'state'>[]> {
    this.#checkRunning()
    const revisions = this.#find(id)?.revisions(limit, before) ?? []
    return revisions.map(({ state: _state, ...rest }) => rest)
  }

  async loadOutcome(id: ActorId, key: string, nowMs: number): Promise<OutcomeRecord | null> {
    this.#checkRunning()
    return this.#find(id)?.outcome(key, nowMs) ?? null
  }

  async outcomeKeys(id: ActorId, limit: number): Promise<Uint32Array | null> {
    this.#checkRunning()
    const record = this.#find(id)
    return record === undefined ? new Uint32Array() : record.outcomeKeys(limit)
  }

  async list(filter: ActorFilter, page: PageRequest): Promise<ActorPage> {
    this.#checkRunning()
    const after = page.after === undefined ? null : pagePosition(page.after)
    const rest = [...this.#matching(filter)]
      .filter(({ id }) => after === null || comparePositions(id, after) > 0)
      .sort((left, right) => comparePositions(left.id, right.id))
    const actors = rest.slice(0, page.limit)
    const last = actors.at(-1)
    return { actors, next: last === undefined || rest.length <= page.limit ? null : pageToken(last.id) }
  }

  async count(filter: ActorFilter): Promise<number> {
    this.#checkRunning()
    return [...this.#matching(filter)].length
  }

  async systems(): Promise<string[]> {
    this.#checkRunning()
    const systems = new Set(this.#outbox.systems())
    for (const system of this.#systems.keys()) {
      // Of some actors there are only outcomes.
      for (const _actor of this.#matching({ system })) {
        systems.add(system)
        break
      }
    }
    return [...systems].sort(compareCodePoints)
  }

  async due(system: string, untilMs: number, limit: number, after?: EnvelopePosition): Promise<DuePage> {
    this.#checkRunning()
    return this.#outbox.due(system, untilMs, limit, after)
  }

  async envelopes(system: string, ids: readonly string[]): Promise<(StandingEnvelope | null)[]> {
    this.#checkRunning()
    return ids.map((id) => this.#outbox.find(system, id))
  }

  async listEnvelopes(system: string, box: Box, page: PageRequest): Promise<EnvelopePage> {
    this.#checkRunning()
    return this.#outbox.list(system, box, page)
  }

  async facts(system: string, after: number, limit: number): Promise<FactPage> {
    this.#checkRunning()
    return this.#outbox.facts(system, after, limit)
  }

  async delete(id: ActorId, follows: number, birth: number): Promise<Verdict> {
    this.#checkRunning()
    if (!mayFollow(this.#find(id)?.latest ?? NOTHING_STANDS, { follows, birth })) return 'conflict'
    this.#remove(id)
    return 'committed'
  }

  async prune(nowMs: number, limit: number): Promise<number> {
    this.#checkRunning()
    let dropped = 0
    for (const [system, parents] of this.#systems) {
      for (const [parent, names] of parents) {
        for (const [name, record] of names) {
          if (dropped >= limit) return dropped
          dropped += record.prune(nowMs, limit - dropped)
          if (record.isEmpty) this.#remove({ system, parent, name })
        }
      }
    }
    return dropped + this.#outbox.prune(nowMs, limit - dropped)
  }

  async holdings(): Promise<Holdings> {
    this.#checkRunning()
    const systems = (await this.systems()).map((system): SystemHoldings => {
      const records = [...(this.#systems.get(system)?.values() ?? [])].flatMap((names) => [...names.values()])
      const stored = records.filter(({ latest }) => latest !== null)
      const past = stored.reduce((sum, { pastCount }) => sum + pastCount, 0)
      return { system, actors: stored.length, past, envelopes: this.#outbox.counts(system) }
    })
    return { systems, bytes: null }
  }

  *#matching(filter: ActorFilter): Generator<StoredActor> {
    for (const [parent, names] of this.#systems.get(filter.system) ?? []) {
      if (filter.parent !== undefined && filter.parent !== parent) continue
      for (const { latest } of names.values()) if (latest !== null && matches(latest, filter)) yield latest
    }
  }

  #checkRunning(): void {
    if (this.#running) return
    throw new SpawnError('STORE_UNAVAILABLE', 'the memory store is not running: start it before use')
  }

  /** Whether an actor's commit follows what stands. */
  #fits(commit: Commit, refused: readonly ActorId[]): boolean {
    // Behind a refused commit stands what would have followed it. If another owner is ahead by just that commit, the
    // revision would fit, and the state would not.
    if (refused.some((id) => sameActor(id, commit.id))) return false
    const record = this.#find(commit.id)
    return mayFollow(record?.latest ?? NOTHING_STANDS, commit) && record?.repeats(commit) !== true
  }

  *#records(): Generator<readonly [ActorId, ActorRecord]> {
    for (const [system, parents] of this.#systems)
      for (const [parent, names] of parents)
        for (const [name, record] of names) yield [{ system, parent, name }, record]
  }

  #find({ system, parent, name }: ActorId): ActorRecord | undefined {
    return this.#systems.get(system)?.get(parent)?.get(name)
  }

  #create({ system, parent, name }: ActorId): ActorRecord {
    let parents = this.#systems.get(system)
    if (parents === undefined)
      this.#systems.set(system, (parents = new Map<string, Map<string, ActorRecord>>()))
    let names = parents.get(parent)
    if (names === undefined) parents.set(parent, (names = new Map<string, ActorRecord>()))
    const record = new ActorRecord()
    names.set(name, record)
    return record
  }

  #remove({ system, parent, name }: ActorId): void {
    const parents = this.#systems.get(system)
    const names = parents?.get(parent)
    names?.delete(name)
    if (names?.size === 0) parents?.delete(parent)
    if (parents?.size === 0) this.#systems.delete(system)
  }
}

/** A turn may leave nothing of its actor behind but what it sent and took. */
function changesActor({ follows, outcomes, revision }: Commit): boolean {
  return revision > follows || outcomes.length > 0
}

function matches({ committedAtMs, id, tags }: StoredActor, filter: ActorFilter): boolean {
  if (!isCommittedWithin(committedAtMs, filter)) return false
  if (filter.name !== undefined && id.name !== filter.name) return false
  if (filter.prefix !== undefined && !id.name.startsWith(filter.prefix)) return false
  return carriesAll(tags, filter.tags)
}

function comparePositions(
  left: { readonly parent: string; readonly name: string },
  right: { readonly parent: string; readonly name: string },
): number {
  return compareCodePoints(left.parent, right.parent) || compareCodePoints(left.name, right.name)
}
