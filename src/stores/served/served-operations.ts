// What a store does for those who ask it from another process, but for commits and loads: each operation as a call of the
// port, its answer as plain values.

import { SpawnError } from '../../base/index.ts'
import type { Archive, ArchiveRow, Erasures, Statestore } from '../../ports/index.ts'
import type { Packed } from '../../protocol/index.ts'
import { crossingActor, crossingRow, plainId, withClass } from '../crossing.ts'
import type { FramesDoor } from '../framed-requests.ts'
import { crossedActor, crossedEnvelope, crossedOutcome } from './crossed.ts'
import type { ServedOperations } from './served-requests.ts'

/** Bytes as they are: writing them copies them. */
const asItIs = ({ typeUrl, value }: Packed): Packed => ({ typeUrl, value })

/** Where a store takes frames itself. */
export interface FramesEntrance {
  readonly door: FramesDoor
  readonly path: string
}

/** @param frames null: they come with everything else. */
export function servedOperations(store: Statestore, frames: FramesEntrance | null): ServedOperations {
  return { ...readings(store), ...changes(store), ...parts(store, frames) }
}

type Readings = Pick<
  ServedOperations,
  | 'loadRevision'
  | 'revisions'
  | 'loadOutcomes'
  | 'outcomeKeys'
  | 'list'
  | 'count'
  | 'systems'
  | 'due'
  | 'envelopes'
  | 'listEnvelopes'
  | 'facts'
>

function readings(store: Statestore): Readings {
  return {
    loadRevision: async ({ id, query }) => {
      const actor = await store.loadRevision(id, query)
      return actor && crossedActor(actor)
    },
    revisions: async ({ id, limit, before }) => {
      const revisions = await store.revisions(id, limit, before)
      return revisions.map((revision) => {
        const { state: _state, ...rest } = crossingActor({ ...revision, state: null }, asItIs)
        return rest
      })
    },
    loadOutcomes: ({ questions }) =>
      Promise.all(questions.map(({ id, key, nowMs }) => crossedOutcome(store.loadOutcome(id, key, nowMs)))),
    outcomeKeys: ({ questions }) =>
      Promise.all(questions.map(({ id, limit }) => store.outcomeKeys(id, limit))),
    list: async ({ filter, page }) => {
      const { actors, next } = await store.list(filter, page)
      return { actors: actors.map(crossedActor), next }
    },
    count: ({ filter }) => store.count(filter),
    systems: () => store.systems(),
    due: async ({ system, untilMs, limit, after }) => {
      const { envelopes, isLast, nextDueMs } = await store.due(system, untilMs, limit, after)
      return { envelopes: envelopes.map(crossedEnvelope), isLast, nextDueMs }
    },
    envelopes: async ({ system, ids }) => {
      const envelopes = await store.envelopes(system, ids)
      return envelopes.map((envelope) => envelope && crossedEnvelope(envelope))
    },
    listEnvelopes: async ({ system, box, page }) => {
      const { envelopes, next } = await store.listEnvelopes(system, box, page)
      return { envelopes: envelopes.map(crossedEnvelope), next }
    },
    facts: async ({ system, after, limit }) => {
      const { facts, isLast } = await store.facts(system, after, limit)
      return { facts: facts.map(crossedEnvelope), isLast }
    },
  }
}

function changes(store: Statestore): Pick<ServedOperations, 'delete' | 'prune'> {
  return {
    delete: ({ id, follows, birth }) => store.delete(id, follows, birth),
    prune: ({ nowMs, limit }) => store.prune(nowMs, limit),
  }
}

type Parts = Omit<ServedOperations, keyof Readings | 'delete' | 'prune'>

function parts(store: Statestore, frames: FramesEntrance | null): Parts {
  const archive = (): Archive => store.archive ?? missing('archive')
  const erasures = (): Erasures => store.erasures ?? missing('erasures')
  const whole = (row: ArchiveRow): ArchiveRow => crossingRow(row, withClass)
  return {
    offer: async () => ({
      name: store.name,
      durable: store.supports.durable,
      archive: store.archive !== undefined,
      schema: (await store.schema?.status()) ?? null,
      erasures: store.erasures !== undefined,
      holdings: store.holdings !== undefined,
      framesAt: frames?.path ?? null,
    }),
    letIn: async () => {
      await frames?.door.open(frames.path)
      return null
    },
    holdings: async () => (await store.holdings?.()) ?? missing('holdings'),
    readArchive: async ({ page }) => {
      const { next, rows } = await archive().read(page)
      return { next, rows: rows.map((row) => crossingRow(row, asItIs)) }
    },
    writeArchive: ({ rows }) => archive().write(rows.map(whole)),
    replaceInArchive: ({ changes: replaced }) =>
      archive().replace(
        replaced.map(({ after, before }) => ({ before: whole(before), after: whole(after) })),
      ),
    hasErasure: ({ id }) => erasures().has(id),
    erase: async ({ factsSeenTo, id, nowMs }) => {
      const erasure = await erasures().erase(id, nowMs, factsSeenTo)
      return erasure && { ...erasure, id: plainId(erasure.id) }
    },
    listErasures: ({ system, page }) => erasures().list(system, page),
  }
}

/** Who asks has been told in the offer what there is. */
function missing(what: string): never {
  throw new SpawnError('DEFECT', `the store has no ${what}, and was asked for it`)
}
