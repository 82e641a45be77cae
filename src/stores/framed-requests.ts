// What a store is asked most, as bytes: commits in frames, loads as ids and rows. A store that keeps what comes in frames can
// take them as another process has packed them, and nobody on the way reads what is in them. For any other store they are
// unpacked here.

import type { Commit, HistoryPolicy, Statestore, Tags } from '../ports/index.ts'
import type { ActorId } from '../protocol/index.ts'
import { type FramedCommit, unpackFrame } from './frames/frame.ts'
import { packRows, parsedTags, type StoredRow, tagsText, visitIds } from './frames/rows.ts'

export interface FramedRequests {
  /**
   * A group, as FrameWriter has packed it, all of it in one transaction.
   *
   * @param frames each in a buffer of its own, which is given away.
   * @param ownKeys places of those commits that say `hasOwnKey`, which frames do not.
   * @returns the places of the commits that met a conflict, counted through the frames.
   */
  commit(frames: readonly Uint8Array<ArrayBuffer>[], ownKeys: readonly number[]): Promise<readonly number[]>
  /** Ids as packIds packs them, in a buffer of its own, which is given away; rows as packRows does. */
  load(ids: Uint8Array<ArrayBuffer>): Promise<Uint8Array>
}

interface FramedStore extends Statestore {
  readonly framed: FramedRequests
}

/** A store's own way to take frames, or one that unpacks them for it. */
export function framedRequestsOf(store: Statestore): FramedRequests {
  return isFramed(store) ? store.framed : new UnpackedRequests(store)
}

function isFramed(store: Statestore): store is FramedStore {
  return 'framed' in store
}

class UnpackedRequests implements FramedRequests {
  readonly #store: Statestore

  constructor(store: Statestore) {
    this.#store = store
  }

  async commit(frames: readonly Uint8Array[], ownKeys: readonly number[]): Promise<readonly number[]> {
    const group = frames.flatMap(unpackFrame).map(commitOf)
    const owned = new Set(ownKeys)
    const verdicts = await this.#store.commit(
      owned.size === 0
        ? group
        : group.map((commit, at) => (owned.has(at) ? { ...commit, hasOwnKey: true } : commit)),
    )
    return verdicts.flatMap((verdict, at) => (verdict === 'conflict' ? at : []))
  }

  async load(ids: Uint8Array): Promise<Uint8Array> {
    const asked: ActorId[] = []
    visitIds(ids, ({ system, parent }, name) => asked.push({ system, parent, name }))
    const actors = await this.#store.load(asked)
    return packRows(
      actors.map((actor): StoredRow | null => actor && { ...actor, tags: tagsText(actor.tags) }),
    )
  }
}

function commitOf(framed: FramedCommit): Commit {
  const { family, name, tags, keepRevisions, keepDurationMs, occasions, sends, takes, ...rest } = framed
  const history: HistoryPolicy = { revisions: keepRevisions, durationMs: keepDurationMs }
  const parsed: Tags = parsedTags(tags)
  const id = { system: family.system, parent: family.parent, name }
  return {
    ...rest,
    id,
    tags: parsed,
    history,
    sends: sends.map(({ box, dueAtMs, header, id: envelope, payload }) => {
      return { id: envelope, box, dueAtMs, header, payload }
    }),
    takes,
    ...(occasions.length > 0 && { occasions: new Map(occasions) }),
  }
}
