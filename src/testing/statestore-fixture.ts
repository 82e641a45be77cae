// Short ways to say commits and addresses, for the suites over statestores. Decides nothing about stores.

import assert from 'node:assert/strict'
import { LIMITS } from '../base/index.ts'
import {
  type Commit,
  type Envelope,
  FACT_PREFIX,
  FOR_EVER_MS,
  type HistoryPolicy,
  type StandingEnvelope,
  type Statestore,
  type StoredActor,
} from '../ports/index.ts'
import { type ActorId, Packed } from '../protocol/index.ts'

export const SYSTEM = 'conformance'
export const TYPE_URL = 'type.googleapis.com/spawn.JSONType'
export const LATEST_ONLY: HistoryPolicy = { revisions: 0, durationMs: 0 }
/** A time that is well beyond 2^31. */
export const NOON_MS = 1_795_348_800_000
/** The birth of an actor that has only one. */
export const BIRTH = 70_368_744_177_663

/** A statestore under test: started, empty, and its own. */
export interface StatestoreSubject {
  readonly store: Statestore
  /** Stops the store and answers one that is started on the same data. Needed where the store is durable. */
  readonly reopen?: () => Promise<Statestore>
  /** The same without stopping it: as after a crash. Needed where the store is durable. */
  readonly crash?: () => Promise<Statestore>
  /** Stops what runs and removes the data. */
  readonly dispose: () => Promise<void>
}

/** One named check over a fresh store. */
export type StatestoreCase = (store: Statestore, subject: StatestoreSubject) => Promise<void>
export type StatestoreCases = Readonly<Record<string, StatestoreCase>>

export function actorId(name: string, parent = ''): ActorId {
  return { system: SYSTEM, parent, name }
}

export function json(value: unknown): Packed {
  return new Packed(TYPE_URL, new TextEncoder().encode(JSON.stringify(value)))
}

/** A commit that follows `follows`: by default one turn of the actor's only incarnation, with the state "r<revision>". */
export function commitOf(id: ActorId | string, follows: number, more: Partial<Commit> = {}): Commit {
  const revision = more.revision ?? follows + 1
  return {
    id: typeof id === 'string' ? actorId(id) : id,
    follows,
    revision,
    birth: BIRTH,
    epoch: 1,
    tags: {},
    state: json(`r${revision}`),
    committedAtMs: NOON_MS + revision,
    history: LATEST_ONLY,
    outcomes: [],
    sends: [],
    takes: [],
    ...more,
  }
}

/** A commit of the outside. */
export function outsideCommit(more: Partial<Commit>): Commit {
  const none = { revision: 0, birth: 0, state: null, committedAtMs: NOON_MS }
  return commitOf(actorId(''), 0, { ...none, ...more })
}

/** By default one to be delivered at once. */
export function envelopeOf(id: string, more: Partial<Envelope> = {}): Envelope {
  return {
    id,
    box: 'delivery',
    dueAtMs: 0,
    header: `{"of":${JSON.stringify(id)}}`,
    payload: json(id),
    ...more,
  }
}

/** One that is kept for ever. */
export function factOf(name: string, more: Partial<Envelope> = {}): Envelope {
  return envelopeOf(`${FACT_PREFIX}${name}`, { box: 'fact', dueAtMs: FOR_EVER_MS, isNew: true, ...more })
}

/** Commits revisions 1 to `last` of an actor, a group each; revision n stands from NOON_MS + n on. */
export async function commitRevisions(
  store: Statestore,
  name: string,
  last: number,
  history: HistoryPolicy,
): Promise<void> {
  for (let follows = 0; follows < last; follows += 1) {
    assert.deepEqual(await store.commit([commitOf(name, follows, { history })]), ['committed'])
  }
}

export async function loadOne(store: Statestore, id: ActorId | string): Promise<StoredActor | null> {
  const [actor] = await store.load([typeof id === 'string' ? actorId(id) : id])
  assert.notEqual(actor, undefined, 'load answers one entry for each id')
  return actor ?? null
}

/** All facts behind a place, page by page. */
export async function allFacts(
  store: Statestore,
  limit: number = LIMITS.pageSize,
  after = 0,
): Promise<StandingEnvelope[]> {
  const found: StandingEnvelope[] = []
  for (let place = after; ;) {
    const { facts, isLast } = await store.facts(SYSTEM, place, limit)
    assert.ok(facts.length <= limit)
    found.push(...facts)
    place = found.at(-1)?.place ?? place
    if (isLast) return found
  }
}

/** A stored actor with bytes as plain numbers, so that a Buffer equals a Uint8Array. */
export function plainActor(actor: Omit<StoredActor, 'state'> & { state?: Packed | null }): object {
  const { id, revision, birth, epoch, tags, committedAtMs, state } = actor
  const { system, parent, name } = id
  const plain = { id: { system, parent, name }, revision, birth, epoch, tags: { ...tags }, committedAtMs }
  return state === undefined ? plain : { ...plain, state: plainPacked(state) }
}

export function plainPacked(packed: Packed | null): object | null {
  return packed === null
    ? null
    : { typeUrl: packed.typeUrl, value: Buffer.from(packed.value).toString('base64') }
}

/** An envelope in comparable parts; its place counts only for the order. */
export function plainEnvelope(envelope: Envelope | StandingEnvelope): object {
  const { box, dueAtMs, header, id, payload } = envelope
  return { id, box, dueAtMs, header, payload: plainPacked(payload) }
}

/** Asserts that `actor` is what `commit` stored. */
export function assertStored(actor: StoredActor | null, commit: Commit): void {
  const { id, revision, birth, epoch, tags, state, committedAtMs } = commit
  assert.notEqual(actor, null, `${JSON.stringify(id)} is not stored`)
  if (actor !== null) {
    assert.ok(actor.state === null || actor.state instanceof Packed, 'a state is a Packed')
    assert.deepEqual(
      plainActor(actor),
      plainActor({ id, revision, birth, epoch, tags, state, committedAtMs }),
    )
  }
}
