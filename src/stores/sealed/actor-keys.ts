// The keys of actors' own. Each is a row of the store, sealed with the ring, made before the first commit that needs it is
// sent; so what stands sealed with a key always has one, until the key is destroyed. Decides which keys are in memory, and whom
// it concerns when where they are kept is away: those whose key had to be read, and nobody else.
//
// Invariant: a first commit never goes by a key from memory alone: another process may have destroyed it with the life of
// the actor before. All other commits may, because the fence refuses them when that life has ended.

import { type Clock, isSpawnError, LIMITS, type RandomBytes, type SpawnError } from '../../base/index.ts'
import {
  type Commit,
  ERASING_SYSTEM,
  KEYS_SYSTEM,
  type Statestore,
  type StoredActor,
} from '../../ports/index.ts'
import type { ActorId } from '../../protocol/index.ts'
import { KEY_BYTES } from '../state-keys.ts'
import { Key } from './key.ts'
import { reservedCommit, valueOf } from './reserved-row.ts'
import { markOf, OWN_ID_BYTES, ownHead } from './sealed-bytes.ts'

/** Keys in memory; the oldest goes first. */
const KEPT = 16_384

/** How long a store of keys that was away is not asked again, at least; and no shorter than it took to say so. */
const PAUSE_MS = 1_000

/** Of an id, as many as a birth has room for: 48 bits. */
const BIRTH_DIGITS = 12

/** Where a key is found: by the system and the mark of its actor. */
export interface KeyPlace {
  readonly system: string
  readonly mark: string
}

export interface OwnKey {
  readonly id: string
  readonly key: Key
}

/** What stands in the row. */
interface KeyValue {
  readonly parent: string
  readonly name: string
  readonly id: string
  readonly secret: string
}

export interface ActorKeysOptions {
  /** The sealed store itself, or another one that is sealed. */
  readonly store: Statestore
  readonly drawBytes: RandomBytes
  /** Of another one, which is away for itself; null: without the store nothing goes on anyway. */
  readonly clock: Clock | null
}

export class ActorKeys {
  readonly #options: ActorKeysOptions
  readonly #known = new Map<string, OwnKey>()
  /** Why the key of an actor cannot be read, ever or now. */
  readonly #unreadable = new Map<string, SpawnError>()
  /** Marks are hashes; an activation's id is one object for all its commits. */
  readonly #marks = new WeakMap<ActorId, string>()
  /** Why the store was away the last time, and until when it is not asked again: who waits for it keeps others waiting. */
  #away: { readonly cause: SpawnError; readonly untilMs: number } | null = null

  constructor(options: ActorKeysOptions) {
    this.#options = options
  }

  /** Undefined: it is not in memory. */
  find(mark: string): OwnKey | undefined {
    return this.#known.get(mark)
  }

  /** Why a key that stands is not in memory; undefined: none stood, when it was looked for. */
  unreadable(mark: string): SpawnError | undefined {
    return this.#unreadable.get(mark)
  }

  /** Of an actor whose key was made sure of; undefined: it has none now, as it is being erased, or as `lack` says. */
  of(id: ActorId): Key | undefined {
    return this.#known.get(this.#markOf(id))?.key
  }

  /** Why the key that an actor has cannot be read. */
  lack(id: ActorId): SpawnError | undefined {
    return this.#unreadable.get(this.#markOf(id))
  }

  /**
   * Reads keys into memory; one that is not stored is forgotten, and one that cannot be read, ever or now, keeps none of the
   * others away: see `unreadable`.
   */
  async read(places: readonly KeyPlace[]): Promise<void> {
    for (let from = 0; from < places.length; from += LIMITS.loadGroup) {
      const some = places.slice(from, from + LIMITS.loadGroup)
      const isThere = await this.#orLacking(places.slice(from), async () => {
        const rows = await this.#load(some.map(rowOf))
        for (const [at, { mark }] of some.entries()) this.#learn(mark, rows[at] ?? null)
      })
      if (!isThere) return
    }
  }

  /**
   * Makes sure that every actor of a group that has a key of its own has it in memory, as it stands in the store. While one
   * is erased it gets none: what was sealed with that would outlive it. Nor does one that has a key which cannot be read: the
   * others of the group have nothing to do with that.
   */
  async ready(group: readonly Commit[]): Promise<void> {
    const needed = new Map<string, Commit>()
    for (const commit of group) {
      if (!isOwned(commit)) continue
      const mark = this.#markOf(commit.id)
      if (commit.follows === 0 || !this.#known.has(mark)) needed.set(mark, commit)
    }
    if (needed.size === 0) return
    const missing = await this.#missing(needed)
    if (missing.size > 0) await this.#orLacking(placesOf(missing), () => this.#draw(missing))
    // One that is in memory, and could not be looked for, may be of the life before.
    for (const mark of needed.keys()) if (this.#unreadable.has(mark)) this.#known.delete(mark)
  }

  async #draw(missing: ReadonlyMap<string, Commit>): Promise<void> {
    const rows = [...missing].map(([mark, commit]) => this.#drawn(mark, commit))
    const verdicts = await this.#options.store.commit(rows.map(({ commit }) => commit))
    for (const [at, { mark, own }] of rows.entries())
      if (verdicts[at] === 'committed') this.#remember(mark, own)
    // Another process was faster with these.
    if (verdicts.includes('conflict')) await this.read(placesOf(missing))
  }

  /** @returns false: the store is away, and that is why the keys at these places cannot be read. */
  async #orLacking(places: readonly KeyPlace[], work: () => Promise<void>): Promise<boolean> {
    try {
      await work()
      return true
    } catch (thrown) {
      if (!isAway(thrown)) throw thrown
      for (const { mark } of places) this.#lacks(mark, thrown)
      return false
    }
  }

  async #load(ids: readonly ActorId[]): Promise<(StoredActor | null)[]> {
    const { clock, store } = this.#options
    if (clock === null) return store.load(ids)
    const fromMs = clock.elapsedMs()
    if (this.#away !== null && fromMs < this.#away.untilMs) throw this.#away.cause
    try {
      const rows = await store.load(ids)
      this.#away = null
      return rows
    } catch (thrown) {
      const toMs = clock.elapsedMs()
      if (isAway(thrown)) this.#away = { cause: thrown, untilMs: toMs + Math.max(PAUSE_MS, toMs - fromMs) }
      throw thrown
    }
  }

  /** Those that have no key, and may be given one. */
  async #missing(needed: ReadonlyMap<string, Commit>): Promise<Map<string, Commit>> {
    await this.read(placesOf(needed))
    const hasNone = (mark: string): boolean => !this.#known.has(mark) && !this.#unreadable.has(mark)
    const missing = new Map([...needed].filter(([mark]) => hasNone(mark)))
    const marks = [...missing.keys()]
    // Asked for after the keys: whoever has destroyed one has said before that it would.
    for (let from = 0; from < marks.length; from += LIMITS.loadGroup) {
      const some = marks.slice(from, from + LIMITS.loadGroup)
      const places = some.map((mark) => ({ system: missing.get(mark)?.id.system ?? '', mark }))
      const isThere = await this.#orLacking(places, async () => {
        for (const [at, erasing] of (await this.#load(places.map(erasingRow))).entries())
          if (erasing !== null) missing.delete(some[at] ?? '')
      })
      if (!isThere) for (const mark of some) missing.delete(mark)
    }
    return missing
  }

  /** Destroys a key of an actor; another one that it may have by now stays. */
  async destroy(id: ActorId, keyId: string): Promise<void> {
    const mark = this.#markOf(id)
    const row = rowOf({ system: id.system, mark })
    const { store } = this.#options
    const [stored = null] = await store.load([row])
    this.#known.delete(mark)
    if (stored === null || keyValueOf(stored).id !== keyId) return
    await store.delete(row, stored.revision, stored.birth)
  }

  /** The id of the key that stands; null: there is none. */
  async standing(id: ActorId): Promise<string | null> {
    const [stored = null] = await this.#options.store.load([
      rowOf({ system: id.system, mark: this.#markOf(id) }),
    ])
    return stored === null ? null : keyValueOf(stored).id
  }

  #markOf(id: ActorId): string {
    let mark = this.#marks.get(id)
    if (mark === undefined) this.#marks.set(id, (mark = markOf(id)))
    return mark
  }

  #drawn(mark: string, { committedAtMs, id: actor }: Commit) {
    const { drawBytes } = this.#options
    const id = Buffer.from(drawBytes(OWN_ID_BYTES)).toString('hex')
    const secret = drawBytes(KEY_BYTES)
    const { name, parent, system } = actor
    const value: KeyValue = { parent, name, id, secret: Buffer.from(secret).toString('base64') }
    const own: OwnKey = { id, key: new Key(ownHead(mark, id), secret) }
    const commit = reservedCommit(rowOf({ system, mark }), 0, value, committedAtMs)
    // Each key's row is a life of its own: who destroys one never meets the row of the next.
    return { mark, own, commit: { ...commit, birth: 1 + Number.parseInt(id.slice(0, BIRTH_DIGITS), 16) } }
  }

  #learn(mark: string, row: StoredActor | null): void {
    this.#unreadable.delete(mark)
    if (row === null) {
      this.#known.delete(mark)
      return
    }
    let value: KeyValue
    try {
      value = keyValueOf(row)
    } catch (thrown) {
      if (!isSpawnError(thrown) || thrown.group !== 'store') throw thrown
      this.#known.delete(mark)
      this.#lacks(mark, thrown)
      return
    }
    const { id, secret } = value
    if (this.#known.get(mark)?.id === id) return
    this.#remember(mark, { id, key: new Key(ownHead(mark, id), Buffer.from(secret, 'base64')) })
  }

  #lacks(mark: string, cause: SpawnError): void {
    if (this.#unreadable.size === KEPT) this.#unreadable.clear()
    this.#unreadable.set(mark, cause)
  }

  #remember(mark: string, own: OwnKey): void {
    this.#known.set(mark, own)
    if (this.#known.size <= KEPT) return
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest)
      return
    }
  }
}

function isAway(thrown: unknown): thrown is SpawnError {
  return isSpawnError(thrown) && thrown.code === 'STORE_UNAVAILABLE'
}

/** Whether what it stores is sealed with a key of its actor's own. Commits of the outside have no actor. */
export function isOwned({ hasOwnKey, id }: Commit): boolean {
  return hasOwnKey === true && id.name !== ''
}

function placesOf(needed: ReadonlyMap<string, Commit>): KeyPlace[] {
  return [...needed].map(([mark, { id }]) => ({ system: id.system, mark }))
}

/** Where it stands that an actor is being erased. */
export function erasingRow({ mark, system }: KeyPlace): ActorId {
  return { system: ERASING_SYSTEM, parent: system, name: mark }
}

function rowOf({ mark, system }: KeyPlace): ActorId {
  return { system: KEYS_SYSTEM, parent: system, name: mark }
}

/** Written above, and sealed. */
function keyValueOf(row: StoredActor): KeyValue {
  return valueOf(row) as KeyValue
}
