// The statestore of a process that does not have the store itself: it asks the process that has. Commits are packed here, in
// the frames in which the store keeps them; what they promise is the store's. Decides what a caller is told when there is no
// answer.
//
// Invariant: when the connection has ended nothing is answered any more, and it does not come back: the process at its other
// end is gone, and another one may have the store.

import { type Clock, isSpawnError } from '../../base/index.ts'
import type {
  ActorFilter,
  ActorPage,
  Archive,
  Box,
  Commit,
  DuePage,
  EnvelopePage,
  EnvelopePosition,
  Erasures,
  FactPage,
  OutcomeRecord,
  PageRequest,
  RevisionQuery,
  Schema,
  StandingEnvelope,
  Statestore,
  StoredActor,
  Verdict,
} from '../../ports/index.ts'
import type { ActorId } from '../../protocol/index.ts'
import { plainId } from '../crossing.ts'
import { FrameWriter } from '../frames/frame.ts'
import { FRAMED, groupHead, placesIn } from '../frames/group-bytes.ts'
import { packIds, unpackActors } from '../frames/rows.ts'
import { Together } from '../together.ts'
import { arrivedActor, arrivedEnvelope, arrivedOutcome, type CrossedOutcome } from './crossed.ts'
import type { StoreLink } from './store-link.ts'
import { servedArchive, servedErasures, servedSchema } from './served-parts.ts'
import type { KeysQuestion, Offer, OutcomeQuestion } from './served-requests.ts'

export class ServedStore implements Statestore {
  readonly name: string
  readonly supports: Statestore['supports']
  readonly archive: Archive | undefined
  readonly schema: Schema | undefined
  readonly erasures: Erasures | undefined
  readonly holdings: Statestore['holdings']
  readonly #link: StoreLink
  readonly #frames = new FrameWriter()
  readonly #outcomes: Together<OutcomeQuestion, CrossedOutcome>
  readonly #outcomeKeys: Together<KeysQuestion, Uint32Array | null>

  /** @param link to a store that has made this offer. */
  constructor(link: StoreLink, offer: Offer, clock: Clock) {
    this.#link = link
    this.name = offer.name
    this.supports = { durable: offer.durable }
    this.archive = offer.archive ? servedArchive(link) : undefined
    this.schema = offer.schema === null ? undefined : servedSchema(offer.schema)
    this.erasures = offer.erasures ? servedErasures(link) : undefined
    this.holdings = offer.holdings ? () => link.do('holdings', {}) : undefined
    this.#outcomes = new Together(clock, (questions) => link.do('loadOutcomes', { questions }))
    this.#outcomeKeys = new Together(clock, (questions) => link.do('outcomeKeys', { questions }))
  }

  /** Resolves when the process that has the store is gone; never because this was stopped. */
  get closed(): Promise<void> {
    return this.#link.closed
  }

  async start(): Promise<void> {
    this.#link.start()
  }

  /** Once it is stopped it stays so: another one is opened. */
  stop(): Promise<void> {
    return this.#link.stop()
  }

  async load(ids: readonly ActorId[]): Promise<(StoredActor | null)[]> {
    if (ids.length === 0) return []
    try {
      return unpackActors(ids, await this.#link.ask(FRAMED.load, packIds(ids)))
    } catch (thrown) {
      const isTooMuch = isSpawnError(thrown) && thrown.details['limit'] === 'messageBytes'
      if (!isTooMuch || ids.length === 1) throw thrown
      const half = Math.ceil(ids.length / 2)
      return [...(await this.load(ids.slice(0, half))), ...(await this.load(ids.slice(half)))]
    }
  }

  async commit(group: readonly Commit[]): Promise<Verdict[]> {
    if (group.length === 0) return []
    const frames = this.#frames.pack(group)
    const conflicts = await this.#link.ask(FRAMED.commit, groupHead(frames, ownKeysIn(group)), ...frames)
    const verdicts = new Array<Verdict>(group.length).fill('committed')
    for (const at of placesIn(conflicts)) verdicts[at] = 'conflict'
    return verdicts
  }

  async loadRevision(id: ActorId, query: RevisionQuery): Promise<StoredActor | null> {
    const actor = await this.#link.do('loadRevision', { id: plainId(id), query: plainQuery(query) })
    return actor && arrivedActor(actor)
  }

  async revisions(id: ActorId, limit: number, before?: number): Promise<Omit<StoredActor, 'state'>[]> {
    const revisions = await this.#link.do('revisions', { id: plainId(id), limit, before })
    return revisions.map((revision) => ({ ...revision, id }))
  }

  async loadOutcome(id: ActorId, key: string, nowMs: number): Promise<OutcomeRecord | null> {
    return arrivedOutcome(await this.#outcomes.ask({ id: plainId(id), key, nowMs }))
  }

  async outcomeKeys(id: ActorId, limit: number): Promise<Uint32Array | null> {
    const hashes = await this.#outcomeKeys.ask({ id: plainId(id), limit })
    return hashes && Uint32Array.from(hashes)
  }

  async list(filter: ActorFilter, page: PageRequest): Promise<ActorPage> {
    const { actors, next } = await this.#link.do('list', { filter: { ...filter }, page: { ...page } })
    return { actors: actors.map(arrivedActor), next }
  }

  count(filter: ActorFilter): Promise<number> {
    return this.#link.do('count', { filter: { ...filter } })
  }

  async systems(): Promise<string[]> {
    return [...(await this.#link.do('systems', {}))]
  }

  async due(system: string, untilMs: number, limit: number, after?: EnvelopePosition): Promise<DuePage> {
    const from = after && { dueAtMs: after.dueAtMs, place: after.place }
    const page = await this.#link.do('due', { system, untilMs, limit, after: from })
    return { ...page, envelopes: page.envelopes.map(arrivedEnvelope) }
  }

  async envelopes(system: string, ids: readonly string[]): Promise<(StandingEnvelope | null)[]> {
    if (ids.length === 0) return []
    const envelopes = await this.#link.do('envelopes', { system, ids: [...ids] })
    return envelopes.map((envelope) => envelope && arrivedEnvelope(envelope))
  }

  async listEnvelopes(system: string, box: Box, page: PageRequest): Promise<EnvelopePage> {
    const { envelopes, next } = await this.#link.do('listEnvelopes', { system, box, page: { ...page } })
    return { envelopes: envelopes.map(arrivedEnvelope), next }
  }

  async facts(system: string, after: number, limit: number): Promise<FactPage> {
    const { facts, isLast } = await this.#link.do('facts', { system, after, limit })
    return { facts: facts.map(arrivedEnvelope), isLast }
  }

  delete(id: ActorId, follows: number, birth: number): Promise<Verdict> {
    return this.#link.do('delete', { id: plainId(id), follows, birth })
  }

  prune(nowMs: number, limit: number): Promise<number> {
    return this.#link.do('prune', { nowMs, limit })
  }
}

const NONE: readonly number[] = Object.freeze([])

function ownKeysIn(group: readonly Commit[]): readonly number[] {
  if (!group.some(({ hasOwnKey }) => hasOwnKey === true)) return NONE
  return group.flatMap(({ hasOwnKey }, at) => (hasOwnKey === true ? at : []))
}

function plainQuery(query: RevisionQuery): RevisionQuery {
  return 'revision' in query ? { revision: query.revision } : { atMs: query.atMs }
}
