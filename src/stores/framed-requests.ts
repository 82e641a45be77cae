// What a store is asked most, as bytes: commits in frames, loads as ids and rows. A store that keeps what comes in frames can
// take them from other processes itself, and nobody on the way reads what is in them. For any other store they are unpacked
// here.

import type { Commit, HistoryPolicy, Statestore, StoredActor, Tags } from '../ports/index.ts'
import type { ActorId } from '../protocol/index.ts'
import { type FramedCommit, unpackFrame } from './frames/frame.ts'
import { FRAMED, placesBytes, readGroup } from './frames/group-bytes.ts'
import { type LoadedRow, packRows, parsedTags, tagsText, visitIds } from './frames/rows.ts'
import { looked } from './looked.ts'

/** Takes the requests of group-bytes.ts at a socket, beside what else is asked of its store. */
export interface FramesDoor {
  /** Sees to it that it listens at a path, while the store runs. @throws Error that says why it cannot. */
  open(path: string): Promise<void>
  /** Lets nobody in any more, and closes all connections. */
  close(): Promise<void>
}

interface FramedStore extends Statestore {
  readonly framesDoor: FramesDoor
}

/** A store's own way to take frames; null: it has none. */
export function framesDoorOf(store: Statestore): FramesDoor | null {
  return isFramed(store) ? store.framesDoor : null
}

function isFramed(store: Statestore): store is FramedStore {
  return 'framesDoor' in store
}

/** A request of group-bytes.ts to a store that has no door of its own. */
export async function unpackedAnswer(
  store: Statestore,
  kind: number,
  content: Uint8Array,
): Promise<Uint8Array> {
  if (kind === FRAMED.load) return packRows(await rowsOf(store, content))
  const { frames, ownKeys } = readGroup(content)
  const group = frames.flatMap(unpackFrame).map(commitOf)
  const owned = new Set(ownKeys)
  const verdicts = await store.commit(
    owned.size === 0
      ? group
      : group.map((commit, at) => (owned.has(at) ? { ...commit, hasOwnKey: true } : commit)),
  )
  return placesBytes(verdicts.flatMap((verdict, at) => (verdict === 'conflict' ? at : [])))
}

async function rowsOf(store: Statestore, ids: Uint8Array): Promise<(LoadedRow | null)[]> {
  const asked: ActorId[] = []
  visitIds(ids, ({ system, parent }, name) => asked.push({ system, parent, name }))
  const actors = await store.load(asked)
  return actors.map((actor) => actor && rowOf(actor))
}

function rowOf(actor: StoredActor): LoadedRow {
  const { birth, committedAtMs, epoch, revision, tags } = actor
  const row = { revision, birth, epoch, committedAtMs, tags: tagsText(tags) }
  const state = looked(() => actor.state)
  return state.lack === null ? { ...row, state: state.value } : { ...row, state: null, lack: state.lack }
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
