// What can be seen of an actor's past, and done with it. All of it is read from the store, so an actor need not be in memory
// for it. Decides which revision is meant where none is named; how one is restored is restore.ts's.

import { isSpawnError, SpawnError } from '../../base/index.ts'
import type {
  Definition,
  Diff,
  DiffOptions,
  History,
  PageRequest,
  Past,
  PastInspection,
  Restored,
  RestoreOptions,
  Revision,
  RevisionQuery,
  Statestore,
  StoredActor,
} from '../../ports/index.ts'
import { type ActorId, checkName, jsonDiff } from '../../protocol/index.ts'
import type { Catalog } from '../catalog.ts'
import { pageOf } from '../post/letters.ts'
import { decodeState } from '../life/loader.ts'
import { keepsNoState, notKept, nothingBefore, notStored, unreadableRevision } from './past-faults.ts'
import { Residents } from '../life/residents.ts'

export interface PastsOptions {
  readonly store: Statestore
  /** Where the actor lives. */
  readonly restore: (name: string, query: RevisionQuery, options: RestoreOptions) => Promise<Restored>
  /** Throws when no calls are taken now. */
  readonly admit: () => void
  readonly catalog: Catalog
}

export class Pasts implements Past {
  private readonly options: PastsOptions

  constructor(options: PastsOptions) {
    this.options = options
  }

  async history(name: string, ref?: string, page: Partial<PageRequest> = {}): Promise<History> {
    const { limit, after } = pageOf(page)
    const { definition, id } = await this.actor(name, ref)
    const before = after === undefined ? undefined : positionOf(after)
    // One more than asked tells whether there is another page.
    const found = await this.options.store.revisions(id, limit + 1, before)
    if (found.length === 0 && before === undefined) throw notStored(id)
    const revisions = found.slice(0, limit).map(revisionOf)
    const last = revisions.at(-1)
    const next = found.length > limit && last !== undefined ? String(last.revision) : null
    return { id, policy: definition.history, revisions, next }
  }

  async inspect(name: string, query: RevisionQuery, ref?: string): Promise<PastInspection> {
    checkQuery(query)
    const { definition, id } = await this.actor(name, ref)
    const stored = await this.load(id, definition, query)
    const { kind } = definition
    const { committedAtMs, revision, tags } = stored
    const state = readState(definition, stored)
    return { id, kind, revision, tags, state, stateJson: jsonOf(definition, state), committedAtMs }
  }

  async diff(name: string, { from, ref, to }: DiffOptions = {}): Promise<Diff> {
    for (const query of [from, to]) if (query !== undefined) checkQuery(query)
    const { definition, id } = await this.actor(name, ref)
    const after = await (to === undefined ? this.latest(id) : this.load(id, definition, to))
    const before = await (from === undefined
      ? this.before(id, definition, after.revision)
      : this.load(id, definition, from))
    const json = (stored: StoredActor): unknown => jsonOf(definition, readState(definition, stored))
    return {
      id,
      from: revisionOf(before),
      to: revisionOf(after),
      state: jsonDiff(json(before), json(after)),
      tags: jsonDiff(before.tags, after.tags),
    }
  }

  restore(name: string, query: RevisionQuery, options: RestoreOptions = {}): Promise<Restored> {
    return this.options.restore(name, query, options)
  }

  private async actor(
    name: string,
    ref: string | undefined,
  ): Promise<{ definition: Definition; id: ActorId }> {
    this.options.admit()
    checkName('actor', name)
    const { catalog } = this.options
    const residents = catalog.find(name, ref) ?? (await catalog.locate(name, ref))
    if (!(residents instanceof Residents)) throw hostedElsewhere(residents.name)
    const { definition } = residents
    const id = residents.id(name)
    checkKeeps(definition, id)
    return { definition, id }
  }

  private async load(id: ActorId, { history }: Definition, query: RevisionQuery): Promise<StoredActor> {
    const stored = await this.options.store.loadRevision(id, query)
    if (stored !== null) return stored
    await this.latest(id)
    throw notKept(id, query, history)
  }

  private async latest(id: ActorId): Promise<StoredActor> {
    const [latest] = await this.options.store.load([id])
    if (latest === null || latest === undefined) throw notStored(id)
    return latest
  }

  /** The newest revision that is kept before another one. */
  private async before(id: ActorId, { history }: Definition, revision: number): Promise<StoredActor> {
    const { store } = this.options
    const [found] = await store.revisions(id, 1, revision)
    const stored = found === undefined ? null : await store.loadRevision(id, { revision: found.revision })
    if (stored === null) throw nothingBefore(id, revision, history)
    return stored
  }
}

/** What a revision of it was, only its definition can read. */
function hostedElsewhere(definition: string): SpawnError {
  const text = `"${definition}" is hosted by other members of the cluster alone: ask one of them for the past of its actors`
  return new SpawnError('INVALID_ARGUMENT', text)
}

export function checkKeeps(definition: Definition, id: ActorId): void {
  if (!definition.stateful || definition.kind === 'pooled') throw keepsNoState(definition, id)
}

export function checkQuery(query: RevisionQuery): void {
  if ('revision' in query) checkRevision(query.revision)
  else if (!(Number.isSafeInteger(query.atMs) && Math.abs(query.atMs) <= MAX_TIME_MS))
    throw new SpawnError(
      'INVALID_ARGUMENT',
      `a time is a whole number of epoch milliseconds, not ${query.atMs}`,
    )
}

export function checkRevision(revision: number): void {
  if (Number.isSafeInteger(revision) && revision > 0) return
  throw new SpawnError('INVALID_ARGUMENT', `a revision is a whole number from 1, not ${revision}`)
}

/** The last time that a Date can say, in epoch milliseconds. */
const MAX_TIME_MS = 8_640_000_000_000_000

/** Of the `next` of a page, which comes from outside. */
function positionOf(after: string): number {
  if (/^[1-9]\d{0,15}$/.test(after)) return Number(after)
  const advice = 'pass it on unchanged, or leave it out to begin at the newest'
  throw new SpawnError('INVALID_ARGUMENT', `\`after\` is not the \`next\` of a page of revisions: ${advice}`)
}

function revisionOf({ committedAtMs, revision, tags }: Omit<StoredActor, 'state'>): Revision {
  return { revision, committedAtMs, tags }
}

function readState(definition: Definition, stored: StoredActor): unknown {
  try {
    return decodeState(definition, stored)
  } catch (cause) {
    if (isSpawnError(cause) && cause.code === 'STORE_UNAVAILABLE') throw cause
    throw unreadableRevision(stored.id, stored.revision, cause)
  }
}

function jsonOf({ state: declared }: Definition, state: unknown): unknown {
  return state === undefined ? undefined : declared?.codec.toJson(state)
}
