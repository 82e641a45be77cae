// A group's plan as the values of spawn.commit_2, column by column. Decides nothing but how it is written down: a column
// that has no rows is null, and costs nothing.

import { assert, hashOf } from '../../base/index.ts'
import type { Commit } from '../../ports/index.ts'
import type { ActorId } from '../../protocol/index.ts'
import { expiryMs, keepsHistory } from '../history.ts'
import type { GroupPlan, PlannedActor, SentEnvelope, TakenEnvelope } from '../sql/group-plan.ts'
import { packTags } from '../sql/tag-bytes.ts'
import { byteaArray, type BytesItem, int4Array, int8Array } from './arrays.ts'
import type { Value } from './connection.ts'
import { boxNumber } from '../sql/box-number.ts'

/** How many parameters the function has behind those that say who writes. */
export const COMMIT_VALUES = 53

/** Keys of locks that others hardly use: behind this are 32 bits of a hash. */
const PLACE_LOCKS = 0x73_70_61 * 2 ** 30

/** A revision that is to be stored. */
interface Write {
  readonly commit: Commit
  /** What stands before it; 0: nothing. */
  readonly follows: number
  /** How many of the same actor are updated before it. */
  readonly wave: number
}

export function valuesOf(plan: GroupPlan): Value[] {
  const values = [...actorValues(plan.actors), ...outcomeValues(plan), ...envelopeValues(plan)]
  assert(values.length === COMMIT_VALUES, 'a commit has a value for each parameter')
  return values
}

/** The three columns of an address. */
export function actorColumns<Item>(items: readonly Item[], idOf: (item: Item) => ActorId): Value[] {
  return [
    bytesOf(items, (item) => idOf(item).system),
    bytesOf(items, (item) => idOf(item).parent),
    bytesOf(items, (item) => idOf(item).name),
  ]
}

export function bytesOf<Item>(items: readonly Item[], of: (item: Item) => BytesItem): Value {
  return items.length === 0 ? null : byteaArray(items.map(of))
}

function numbersOf<Item>(items: readonly Item[], of: (item: Item) => number | null): Value {
  return items.length === 0 ? null : int8Array(items.map(of))
}

function actorValues(actors: readonly PlannedActor[]): Value[] {
  const firsts: Write[] = []
  const updates: Write[] = []
  const checks: PlannedActor[] = []
  for (const actor of actors) {
    let follows = actor.needs.revision
    let wave = 0
    if (actor.writes.length === 0) checks.push(actor)
    for (const commit of actor.writes) {
      if (follows === 0) firsts.push({ commit, follows, wave })
      else updates.push({ commit, follows, wave: wave++ })
      follows = commit.revision
    }
  }
  const isWaved = updates.some(({ wave }) => wave > 0)
  return [
    ...actorColumns(firsts, idOf),
    numbersOf(firsts, ({ commit }) => commit.revision),
    numbersOf(firsts, ({ commit }) => commit.birth),
    ...latestColumns(firsts),
    isWaved ? int4Array(updates.map(({ wave }) => wave)) : null,
    ...actorColumns(updates, idOf),
    numbersOf(updates, ({ follows }) => follows),
    numbersOf(updates, ({ commit }) => commit.birth),
    numbersOf(updates, ({ commit }) => commit.revision),
    ...latestColumns(updates),
    ...historyColumns(updates),
    ...actorColumns(checks, ({ id }) => id),
    numbersOf(checks, ({ needs }) => needs.revision),
    numbersOf(checks, ({ needs }) => needs.birth),
  ]
}

function idOf({ commit }: Write): ActorId {
  return commit.id
}

function latestColumns(writes: readonly Write[]): Value[] {
  return [
    numbersOf(writes, ({ commit }) => commit.epoch),
    numbersOf(writes, ({ commit }) => commit.committedAtMs),
    bytesOf(writes, ({ commit }) => packTags(commit.tags)),
    bytesOf(writes, ({ commit: { state } }) => (state === null ? null : state.typeUrl)),
    bytesOf(writes, ({ commit: { state } }) => (state === null ? null : state.value)),
  ]
}

/** Of the policy: how many are kept, and until when the one that is replaced; null where it keeps none. */
function historyColumns(writes: readonly Write[]): Value[] {
  if (!writes.some(({ commit }) => keepsHistory(commit.history))) return [null, null]
  const kept = (write: Write, number: (commit: Commit) => number): number | null =>
    keepsHistory(write.commit.history) ? number(write.commit) : null
  return [
    numbersOf(writes, (write) => kept(write, ({ history }) => history.revisions)),
    numbersOf(writes, (write) =>
      kept(write, ({ committedAtMs, history }) => expiryMs(committedAtMs, history.durationMs)),
    ),
  ]
}

function outcomeValues({ outcomes }: GroupPlan): Value[] {
  return [
    ...actorColumns(outcomes, ({ id }) => id),
    bytesOf(outcomes, ({ outcome }) => outcome.key),
    numbersOf(outcomes, ({ outcome }) => outcome.expiresAtMs),
    bytesOf(outcomes, ({ outcome: { reply } }) => (reply === null ? null : reply.typeUrl)),
    bytesOf(outcomes, ({ outcome: { reply } }) => (reply === null ? null : reply.value)),
    numbersOf(outcomes, ({ staleAtMs }) => staleAtMs),
  ]
}

function envelopeValues({ renewed, sends, swept, taken }: GroupPlan): Value[] {
  return [
    numbersOf(placeLocks(sends), (key) => key),
    ...takenColumns(taken),
    ...takenColumns(renewed),
    bytesOf(swept, ({ system }) => system),
    bytesOf(swept, ({ id }) => id),
    bytesOf(sends, ({ system }) => system),
    bytesOf(sends, ({ envelope }) => envelope.id),
    sends.length === 0 ? null : int4Array(sends.map(({ envelope }) => boxNumber(envelope.box))),
    numbersOf(sends, ({ envelope }) => envelope.dueAtMs),
    bytesOf(sends, ({ envelope }) => envelope.header),
    bytesOf(sends, ({ envelope: { payload } }) => (payload === null ? null : payload.typeUrl)),
    bytesOf(sends, ({ envelope: { payload } }) => (payload === null ? null : payload.value)),
  ]
}

function takenColumns(taken: readonly TakenEnvelope[]): Value[] {
  return [
    bytesOf(taken, ({ system }) => system),
    bytesOf(taken, ({ id }) => id),
    numbersOf(taken, ({ dueAtMs }) => dueAtMs),
  ]
}

/** Of each system that sends, the key of the lock under which it gives places; in one order everywhere. */
function placeLocks(sends: readonly SentEnvelope[]): number[] {
  if (sends.length === 0) return []
  // Systems whose hashes meet wait for each other, no more.
  const systems = new Set(sends.map(({ system }) => system))
  const keys = new Set([...systems].map((system) => PLACE_LOCKS + hashOf(system)))
  return [...keys].sort((one, other) => one - other)
}
