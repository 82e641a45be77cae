// A statestore in front of another one, which gets to see states, replies, payloads and headers only sealed. Decides that
// everything that is committed is sealed and everything that is read is opened; all promises of the port are the other
// store's. Sealing is done where the commit is made, not in the store's thread: it is the same for every store, and no
// store ever has a key.
//
// Invariant: nothing leaves for the other store unsealed but what ports/statestore.ts needs to find, order and expire it.

import { type RandomBytes, SpawnError } from '../../base/index.ts'
import type {
  ActorFilter,
  ActorPage,
  Archive,
  Box,
  Commit,
  DuePage,
  EnvelopePage,
  EnvelopePosition,
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
import { SealedArchive } from './archive.ts'
import { Associated } from './associated.ts'
import { KeyRing } from './key-ring.ts'
import { Nonces } from './nonces.ts'
import { keyText, Opener } from './opener.ts'
import { Rotation } from './rotation.ts'
import { type Seal, Sealer } from './sealer.ts'
import { SealBatch } from './seal-batch.ts'

export interface SealedStoreOptions {
  /** The first seals, all open. */
  readonly keys: readonly StateKey[]
  /** Whether what was stored before there was a key is read as it is. Default: false, it is STATE_UNREADABLE. */
  readonly readsPlain?: boolean | undefined
  /** Where nonces come from, for tests. */
  readonly drawBytes?: RandomBytes | undefined
}

export class SealedStore implements Statestore {
  readonly name: string
  readonly supports: Statestore['supports']
  readonly archive: Archive | undefined
  readonly schema: Schema | undefined
  readonly holdings: Statestore['holdings']
  /** Seals all that it keeps anew; absent when the store behind cannot replace what it keeps. */
  readonly rotation: Rotation | undefined
  readonly #store: Statestore
  readonly #ring: KeyRing
  readonly #nonces: Nonces
  readonly #sealer: Sealer
  readonly #batch: SealBatch
  readonly #opener: Opener

  /** @throws SpawnError INVALID_ARGUMENT for keys that cannot be. */
  constructor(store: Statestore, { drawBytes, keys, readsPlain = false }: SealedStoreOptions) {
    if (keys.length === 0) throw new SpawnError('INVALID_ARGUMENT', 'a sealed store needs a key')
    this.name = store.name
    this.supports = store.supports
    this.schema = store.schema
    this.holdings = store.holdings?.bind(store)
    this.#store = store
    this.#ring = new KeyRing(keys)
    const associated = new Associated()
    this.#nonces = new Nonces(drawBytes)
    this.#batch = new SealBatch(this.#ring.sealing, this.#nonces)
    this.#sealer = new Sealer(associated)
    this.#opener = new Opener({
      associated,
      readsPlain,
      keys: {
        find: (head) => (head.kind === 'ring' ? this.#ring.find(head.id) : undefined),
        missing: (head) =>
          `it is sealed with ${keyText(head)}, which is not among those given ("${this.#ring.ids.join('", "')}")`,
      },
    })
    const { archive } = store
    if (archive !== undefined) {
      const { opener, sealer } = { opener: this.#opener, sealer: this.#sealer }
      const ring = this.#ring
      const seal: Seal = (associated, plain) => ring.sealing.seal(this.#nonces, associated, plain)
      this.archive = new SealedArchive({ store, archive, opener, sealer, seal })
      this.rotation = new Rotation({ store: this, archive, opener, sealer, seal, ring })
    }
  }

  start(): Promise<void> {
    return this.#store.start()
  }

  stop(): Promise<void> {
    return this.#store.stop()
  }

  async load(ids: readonly ActorId[]): Promise<(StoredActor | null)[]> {
    const stored = await this.#store.load(ids)
    return stored.map((actor) => (actor === null ? null : this.#opener.actor(actor)))
  }

  commit(group: readonly Commit[]): Promise<Verdict[]> {
    const batch = this.#batch
    const seal: Seal = (associated, plain) => batch.add(associated, plain)
    const sealed = group.map((commit) => this.#sealer.commit(seal, commit))
    batch.finish()
    return this.#store.commit(sealed)
  }

  async loadRevision(id: ActorId, query: RevisionQuery): Promise<StoredActor | null> {
    const stored = await this.#store.loadRevision(id, query)
    return stored === null ? null : this.#opener.actor(stored)
  }

  revisions(id: ActorId, limit: number, before?: number): Promise<Omit<StoredActor, 'state'>[]> {
    return this.#store.revisions(id, limit, before)
  }

  async loadOutcome(id: ActorId, key: string, nowMs: number): Promise<OutcomeRecord | null> {
    const outcome = await this.#store.loadOutcome(id, key, nowMs)
    return outcome === null ? null : this.#opener.outcome(id, outcome)
  }

  outcomeKeys(id: ActorId, limit: number): Promise<Uint32Array | null> {
    return this.#store.outcomeKeys(id, limit)
  }

  async list(filter: ActorFilter, page: PageRequest): Promise<ActorPage> {
    const { actors, next } = await this.#store.list(filter, page)
    return { actors: actors.map((actor) => this.#opener.actor(actor)), next }
  }

  count(filter: ActorFilter): Promise<number> {
    return this.#store.count(filter)
  }

  systems(): Promise<string[]> {
    return this.#store.systems()
  }

  async due(system: string, untilMs: number, limit: number, after?: EnvelopePosition): Promise<DuePage> {
    const { envelopes, isLast, nextDueMs } = await this.#store.due(system, untilMs, limit, after)
    return { envelopes: this.#opened(system, envelopes), isLast, nextDueMs }
  }

  async envelopes(system: string, ids: readonly string[]): Promise<(StandingEnvelope | null)[]> {
    const standing = await this.#store.envelopes(system, ids)
    return standing.map((envelope) => (envelope === null ? null : this.#opener.envelope(system, envelope)))
  }

  async listEnvelopes(system: string, box: Box, page: PageRequest): Promise<EnvelopePage> {
    const { envelopes, next } = await this.#store.listEnvelopes(system, box, page)
    return { envelopes: this.#opened(system, envelopes), next }
  }

  delete(id: ActorId, follows: number, birth: number): Promise<Verdict> {
    return this.#store.delete(id, follows, birth)
  }

  prune(nowMs: number, limit: number): Promise<number> {
    return this.#store.prune(nowMs, limit)
  }

  #opened(system: string, envelopes: readonly StandingEnvelope[]): StandingEnvelope[] {
    return envelopes.map((envelope) => this.#opener.envelope(system, envelope))
  }
}
