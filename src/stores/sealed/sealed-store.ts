// A statestore in front of another one, which gets to see states, replies, payloads and headers only sealed. Decides that
// everything that is committed is sealed and everything that is read is opened; all promises of the port are the other
// store's. Sealing is done where the commit is made, not in the store's thread: it is the same for every store, and no
// store ever has a key.
//
// Invariant: nothing leaves for the other store unsealed but what ports/statestore.ts needs to find, order and expire it.

import { type Clock, type RandomBytes, SpawnError, systemClock, systemRandomBytes } from '../../base/index.ts'
import type {
  ActorFilter,
  ActorPage,
  Archive,
  ArchiveRow,
  Box,
  Commit,
  DuePage,
  EnvelopePage,
  EnvelopePosition,
  Erasures,
  FactPage,
  KeyService,
  OutcomeRecord,
  PageRequest,
  RevisionQuery,
  Schema,
  StandingEnvelope,
  StateKey,
  Statestore,
  StoredActor,
  Verdict,
} from '../../ports/index.ts'
import type { ActorId } from '../../protocol/index.ts'
import { ActorKeys, isOwned, type KeyPlace } from './actor-keys.ts'
import { SealedArchive } from './archive.ts'
import { Associated } from './associated.ts'
import { ActorErasures } from './erasures.ts'
import { Expected } from './expected.ts'
import { hasOwnKey, type Placed, placedOf, placedState } from './placed.ts'
import { KeyRing } from './key-ring.ts'
import { Nonces } from './nonces.ts'
import { FoundKeys } from './found-keys.ts'
import { keyName, type KeysAway, NONE_AWAY, Opener } from './opener.ts'
import type { SealedCommit } from './fields.ts'
import { Rotation } from './rotation.ts'
import { headOf, isOwn } from './sealed-bytes.ts'
import { type Seal, Sealer } from './sealer.ts'
import { WrappedKeys } from './wrapped-keys.ts'
import { SealBatch } from './seal-batch.ts'

export interface SealedStoreOptions {
  /** The first seals, all open. With a service they only open: what was sealed before there was one. */
  readonly keys?: readonly StateKey[] | undefined
  /** Keeps the key that wraps the store's data keys. */
  readonly service?: KeyService | undefined
  /** Whether what was stored before there was a key is read as it is. Default: false, it is STATE_UNREADABLE. */
  readonly readsPlain?: boolean | undefined
  /**
   * Where the keys of actors' own are kept, and the proofs that some were destroyed. Default: in the store itself, whose
   * backups have them, too. It is sealed with the same keys, started and stopped with this one, and shared with nobody else.
   */
  readonly actorKeys?: Statestore | undefined
  /** What time data keys are drawn by. */
  readonly clock?: Clock | undefined
  /** Where keys and nonces come from, for tests. */
  readonly drawBytes?: RandomBytes | undefined
}

/** The store behind: nothing can be committed to it but what was sealed. */
interface Behind extends Omit<Statestore, 'commit' | 'expect'> {
  commit(group: readonly SealedCommit[]): Promise<Verdict[]>
  expect?(beginning: readonly SealedCommit[]): void
}

export class SealedStore implements Statestore {
  readonly name: string
  readonly supports: Statestore['supports']
  readonly archive: Archive | undefined
  readonly schema: Schema | undefined
  readonly holdings: Statestore['holdings']
  readonly warnings: Statestore['warnings']
  /** Seals all that it keeps anew; absent when the store behind cannot replace what it keeps. */
  readonly rotation: Rotation | undefined
  readonly erasures: Erasures
  /** Absent when the store behind has no use for it. */
  readonly expect?: (beginning: readonly Commit[]) => void
  readonly #expected = new Expected()
  readonly #store: Behind
  readonly #ring: KeyRing
  readonly #nonces: Nonces
  readonly #sealer: Sealer
  #batch: SealBatch | null = null
  readonly #clock: Clock
  /** Null: all keys were given. */
  readonly #wrapped: WrappedKeys | null
  readonly #opener: Opener
  readonly #own: ActorKeys
  /** Null: the keys of actors' own are kept here. */
  readonly #keyStore: SealedStore | null
  readonly #resume: () => Promise<void>

  /** @throws SpawnError INVALID_ARGUMENT for keys that cannot be. */
  constructor(store: Statestore, options: SealedStoreOptions) {
    const { actorKeys, clock = systemClock, drawBytes = systemRandomBytes, keys = [] } = options
    const { readsPlain = false, service } = options
    if (keys.length === 0 && service === undefined)
      throw new SpawnError('INVALID_ARGUMENT', 'a sealed store needs a key')
    this.name = store.name
    this.supports = store.supports
    this.schema = store.schema
    this.holdings = store.holdings?.bind(store)
    this.warnings = store.warnings?.bind(store)
    if (store.expect !== undefined) this.expect = (beginning) => this.#expect(beginning)
    this.#store = store
    this.#ring = new KeyRing(keys)
    const associated = new Associated()
    this.#nonces = new Nonces(drawBytes)
    this.#clock = clock
    this.#wrapped =
      service === undefined
        ? null
        : new WrappedKeys({ service, behind: store, ring: this.#ring, drawBytes, clock })
    this.#sealer = new Sealer(associated)
    this.#keyStore =
      actorKeys === undefined
        ? null
        : new SealedStore(actorKeys, { keys, service, readsPlain, clock, drawBytes })
    const home = this.#keyStore ?? this
    this.#own = new ActorKeys({ store: home, drawBytes, clock: this.#keyStore === null ? null : clock })
    this.#opener = new Opener({ associated, readsPlain, keys: new FoundKeys(this.#ring, this.#own) })
    const erasures = new ActorErasures({ store: home, behind: store, keys: this.#own })
    this.erasures = erasures
    this.#resume = () => erasures.resume()
    const { archive } = store
    if (archive !== undefined) {
      const { opener, sealer } = { opener: this.#opener, sealer: this.#sealer }
      const ring = this.#ring
      const seal: Seal = (associated, plain) => ring.sealing.seal(this.#nonces, associated, plain)
      const ready = (rows: readonly ArchiveRow[]): Promise<void> => this.#readyFor(rows.map(placedOf))
      this.archive = new SealedArchive({ store, archive, opener, sealer, seal, ready })
      this.rotation = new Rotation({ store: this, archive, opener, sealer, seal, ready, ring })
    }
  }

  /** Opens it, and finishes the erasures that a crash has cut off. */
  async start(): Promise<void> {
    await this.#store.start()
    await this.#wrapped?.open(this.#clock.now())
    await this.#keyStore?.start()
    await this.#resume()
  }

  /**
   * Draws a new data key, which seals from now on: with it `rotation` seals all that is stored anew. Other processes open it,
   * and seal with it after their next start.
   *
   * @throws SpawnError INVALID_ARGUMENT without a key service, STORE_UNAVAILABLE when it does not answer.
   */
  async drawKey(): Promise<void> {
    if (this.#wrapped === null)
      throw new SpawnError(
        'INVALID_ARGUMENT',
        'this store was given its keys: put a new one in front of them',
      )
    await this.#wrapped.draw(this.#clock.now())
  }

  async stop(): Promise<void> {
    try {
      await this.#keyStore?.stop()
    } finally {
      await this.#store.stop()
    }
  }

  async load(ids: readonly ActorId[]): Promise<(StoredActor | null)[]> {
    const stored = await this.#store.load(ids)
    const away = await this.#keysOfStatesAway(stored)
    return stored.map((actor) => (actor === null ? null : this.#opener.actor(actor, away)))
  }

  commit(group: readonly Commit[]): Promise<Verdict[]> {
    const begun = this.#expected.end(group)
    if (group.some(isOwned)) return this.#commitOwned(group, begun)
    return this.#store.commit(this.#sealed(group, begun))
  }

  #expect(beginning: readonly Commit[]): void {
    if (!this.#expected.takes(beginning, isOwned)) return
    const sealed = this.#sealed(beginning)
    this.#expected.add(beginning, sealed)
    this.#store.expect?.(sealed)
  }

  /**
   * Those of actors that are being erased meet a conflict, as they would have when that is done; and those whose key cannot be
   * read, as it can be told of no commit in a group that it failed for another reason. Where there is nothing else in it,
   * the group fails with the reason.
   */
  async #commitOwned(group: readonly Commit[], begun: readonly SealedCommit[]): Promise<Verdict[]> {
    await this.#own.ready(group)
    const isRefused = (commit: Commit): boolean => isOwned(commit) && this.#own.of(commit.id) === undefined
    const refused = new Set(group.filter(isRefused))
    const kept = refused.size === 0 ? group : group.filter((commit) => !refused.has(commit))
    if (kept.length === 0) this.#throwLack(refused)
    const verdicts = (await this.#store.commit(this.#sealed(kept, begun))).values()
    return group.map((commit) => (refused.has(commit) ? 'conflict' : (verdicts.next().value ?? 'conflict')))
  }

  #throwLack(refused: ReadonlySet<Commit>): void {
    for (const { id } of refused) {
      const cause = this.#own.lack(id)
      if (cause !== undefined) throw cause
    }
  }

  /** @param begun its first ones, sealed already; none of them has a key of its own. */
  #sealed(group: readonly Commit[], begun: readonly SealedCommit[] = []): SealedCommit[] {
    const key = this.#ring.sealing
    const batch = this.#batch?.key === key ? this.#batch : new SealBatch(key, this.#nonces)
    this.#batch = batch
    const byRing: Seal = (associated, plain) => batch.add(associated, plain)
    const rest = begun.length === 0 ? group : group.slice(begun.length)
    const sealed = rest.map((commit) => {
      const own = isOwned(commit) ? this.#own.of(commit.id) : undefined
      const seal: Seal =
        own === undefined ? byRing : (associated, plain) => own.seal(this.#nonces, associated, plain)
      return this.#sealer.commit(seal, commit)
    })
    batch.finish()
    return begun.length === 0 ? sealed : [...begun, ...sealed]
  }

  async loadRevision(id: ActorId, query: RevisionQuery): Promise<StoredActor | null> {
    const stored = await this.#store.loadRevision(id, query)
    if (this.#wrapped !== null || hasOwnKey(stored)) await this.#readyFor([placedState(stored)])
    return stored === null ? null : this.#opener.actor(stored)
  }

  revisions(id: ActorId, limit: number, before?: number): Promise<Omit<StoredActor, 'state'>[]> {
    return this.#store.revisions(id, limit, before)
  }

  async loadOutcome(id: ActorId, key: string, nowMs: number): Promise<OutcomeRecord | null> {
    const outcome = await this.#store.loadOutcome(id, key, nowMs)
    if (outcome !== null) await this.#readyFor([{ system: id.system, packed: outcome.reply }])
    return outcome === null ? null : this.#opener.outcome(id, outcome)
  }

  outcomeKeys(id: ActorId, limit: number): Promise<Uint32Array | null> {
    return this.#store.outcomeKeys(id, limit)
  }

  async list(filter: ActorFilter, page: PageRequest): Promise<ActorPage> {
    const { actors, next } = await this.#store.list(filter, page)
    const away = await this.#keysOfStatesAway(actors)
    return { actors: actors.map((actor) => this.#opener.actor(actor, away)), next }
  }

  count(filter: ActorFilter): Promise<number> {
    return this.#store.count(filter)
  }

  systems(): Promise<string[]> {
    return this.#store.systems()
  }

  async due(system: string, untilMs: number, limit: number, after?: EnvelopePosition): Promise<DuePage> {
    const { envelopes, isLast, nextDueMs } = await this.#store.due(system, untilMs, limit, after)
    return { envelopes: await this.#opened(system, envelopes), isLast, nextDueMs }
  }

  async envelopes(system: string, ids: readonly string[]): Promise<(StandingEnvelope | null)[]> {
    const standing = await this.#store.envelopes(system, ids)
    const away = await this.#keysAway(
      standing.map((envelope) => ({ system, packed: envelope?.payload ?? null })),
    )
    return standing.map((envelope) => envelope && this.#opener.envelope(system, envelope, away))
  }

  async listEnvelopes(system: string, box: Box, page: PageRequest): Promise<EnvelopePage> {
    const { envelopes, next } = await this.#store.listEnvelopes(system, box, page)
    return { envelopes: await this.#opened(system, envelopes), next }
  }

  async facts(system: string, after: number, limit: number): Promise<FactPage> {
    const { facts, isLast } = await this.#store.facts(system, after, limit)
    // A reader may pass over one that cannot be read, but none that can be read later: such a page fails as a whole.
    await this.#readyFor(facts.map(({ payload }) => ({ system, packed: payload })))
    return { facts: facts.map((fact) => this.#opener.envelope(system, fact)), isLast }
  }

  delete(id: ActorId, follows: number, birth: number): Promise<Verdict> {
    return this.#store.delete(id, follows, birth)
  }

  prune(nowMs: number, limit: number): Promise<number> {
    return this.#store.prune(nowMs, limit)
  }

  /** Of most loads none has to be looked for. */
  async #keysOfStatesAway(stored: readonly (StoredActor | null)[]): Promise<KeysAway> {
    if (this.#wrapped === null && !stored.some(hasOwnKey)) return NONE_AWAY
    return this.#keysAway(stored.map(placedState))
  }

  async #opened(system: string, envelopes: readonly StandingEnvelope[]): Promise<StandingEnvelope[]> {
    const away = await this.#keysAway(envelopes.map(({ payload }) => ({ system, packed: payload })))
    return envelopes.map((envelope) => this.#opener.envelope(system, envelope, away))
  }

  /** @throws SpawnError STORE_UNAVAILABLE when one of the keys that these are sealed with is away. */
  async #readyFor(placed: readonly Placed[]): Promise<void> {
    for (const cause of (await this.#keysAway(placed)).values()) throw cause
  }

  /**
   * Reads those keys that these are sealed with and that are not in memory: actors' own, and other processes'.
   *
   * @returns those that could not be had now.
   */
  async #keysAway(placed: readonly Placed[]): Promise<KeysAway> {
    const away = new Map<string, SpawnError>()
    const places = new Map<string, KeyPlace>()
    const ringIds = new Set<string>()
    for (const { packed, system } of placed) {
      if (packed === null || (this.#wrapped === null && !isOwn(packed.value))) continue
      const head = headOf(packed.value)
      if (head?.kind === 'ring') ringIds.add(head.id)
      if (head?.kind !== 'own' || this.#own.find(head.mark)?.id === head.id) continue
      places.set(head.mark, { system, mark: head.mark })
    }
    const find = async (id: string): Promise<void> => {
      const cause = await this.#wrapped?.find(id)
      if (cause !== undefined) away.set(keyName({ kind: 'ring', id }), cause)
    }
    if (this.#wrapped !== null) await Promise.all(Array.from(ringIds, find))
    if (places.size === 0) return away
    await this.#own.read([...places.values()])
    for (const mark of places.keys()) {
      const cause = this.#own.unreadable(mark)
      if (cause?.code === 'STORE_UNAVAILABLE') away.set(keyName({ kind: 'own', mark, id: '' }), cause)
    }
    return away
  }
}
