// Plans of groups, carried out by a database of a few lines, beside the model of a statestore: the verdicts and all that
// stands afterwards are the same, whatever stood before.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { below, type Random, seededRandom } from '../../base/index.ts'
import type { Commit, OutcomeRecord, StandingEnvelope, StoredActor } from '../../ports/index.ts'
import type { ActorId } from '../../protocol/index.ts'
import {
  actorId,
  BIRTH,
  commitOf,
  envelopeOf,
  NOON_MS,
  outsideCommit,
  plainActor,
  plainEnvelope,
  SYSTEM,
} from '../../testing/statestore-fixture.ts'
import { StatestoreModel } from '../../testing/statestore-model.ts'
import { ACTORS, type CommitPart, KEYS, PartCommits, STEP_RANGES } from '../../testing/statestore-parts.ts'
import { NOTHING_STANDS } from '../fence.ts'
import { type GroupPlan, isIdle, planGroup, type TakenEnvelope } from './group-plan.ts'
import { GroupStanding, mentionsOf } from './group-standing.ts'

/** Carries out plans as a database would: all of one or nothing. */
class PlanDatabase {
  readonly actors = new Map<string, StoredActor>()
  readonly outcomes = new Map<string, OutcomeRecord>()
  readonly envelopes = new Map<string, StandingEnvelope>()
  #lastPlace = 0

  /** Whether all that it needs stood, and it was done. */
  carryOut(plan: GroupPlan): boolean {
    if (!this.#hasAll(plan)) return false
    for (const { writes } of plan.actors)
      for (const { id, revision, birth, epoch, tags, state, committedAtMs } of writes)
        this.actors.set(keyOf(id), { id, revision, birth, epoch, tags, state, committedAtMs })
    for (const { id, outcome } of plan.outcomes) this.outcomes.set(keyOf(id, outcome.key), outcome)
    for (const { id } of [...plan.taken, ...plan.swept]) this.envelopes.delete(id)
    for (const { envelope } of plan.sends) {
      const place = this.envelopes.get(envelope.id)?.place ?? (this.#lastPlace += 1)
      this.envelopes.set(envelope.id, { ...envelope, place })
    }
    return true
  }

  standingOf(group: readonly Commit[]): GroupStanding {
    const standing = new GroupStanding()
    const { actors, envelopes, outcomes } = mentionsOf(group)
    for (const id of actors) {
      const actor = this.actors.get(keyOf(id))
      if (actor !== undefined) standing.addActor(id, actor)
    }
    for (const key of envelopes) {
      const envelope = this.envelopes.get(key.id)
      if (envelope !== undefined) standing.addEnvelope(key, envelope.dueAtMs)
    }
    for (const key of outcomes) {
      const outcome = this.outcomes.get(keyOf(key.id, key.key))
      if (outcome !== undefined) standing.addOutcome(key, outcome.expiresAtMs)
    }
    return standing
  }

  #hasAll({ actors, outcomes, renewed, taken }: GroupPlan): boolean {
    const stands = ({ dueAtMs, id }: TakenEnvelope): boolean => {
      const envelope = this.envelopes.get(id)
      return envelope !== undefined && (dueAtMs === null || dueAtMs === envelope.dueAtMs)
    }
    return (
      [...taken, ...renewed].every(stands) &&
      actors.every(({ id, needs }) => {
        const { birth, revision } = this.actors.get(keyOf(id)) ?? NOTHING_STANDS
        return birth === needs.birth && revision === needs.revision
      }) &&
      outcomes.every(
        ({ id, outcome, staleAtMs }) =>
          (this.outcomes.get(keyOf(id, outcome.key))?.expiresAtMs ?? -1) <= staleAtMs,
      )
    )
  }
}

const keyOf = ({ system, parent, name }: ActorId, ...more: string[]): string =>
  JSON.stringify([system, parent, name, ...more])

function partOf(random: Random): CommitPart {
  const oneOf = <Item>(items: readonly Item[]): Item => items[below(random, items.length)] as Item
  const some = <Item>(most: number, item: () => Item): Item[] =>
    Array.from({ length: below(random, most + 1) }, item)
  const sends = some(3, () => ({
    envelope: below(random, STEP_RANGES.envelopes),
    box: below(random, STEP_RANGES.boxes),
    due: below(random, STEP_RANGES.dueTimes),
  }))
  return {
    actor: below(random, STEP_RANGES.actors),
    off: oneOf([0, 0, 0, 0, 0, 0, 1, -1]),
    isAlien: below(random, 12) === 0,
    turns: oneOf([1, 1, 2, 0]),
    size: oneOf([10, -1]),
    isTagged: below(random, 2) === 0,
    history: below(random, STEP_RANGES.histories),
    outcome: oneOf([null, null, null, 2, 3, 1_000]),
    sends: sends.filter(({ envelope }, at) => sends.findIndex((one) => one.envelope === envelope) === at),
    takes: some(2, () => (below(random, 5) === 0 ? 100 + below(random, 8) : below(random, 8))),
    occasion: oneOf([null, null, 0, 0, 1]),
    isOutside: below(random, 5) === 0,
  }
}

function assertSame(database: PlanDatabase, model: StatestoreModel, nowMs: number): void {
  for (const id of ACTORS) {
    const [found, expected] = [database.actors.get(keyOf(id)), model.latest(id)]
    assert.deepEqual(found && plainActor(found), expected === null ? undefined : plainActor(expected))
    for (const key of KEYS) {
      const kept = database.outcomes.get(keyOf(id, key))
      const live = kept !== undefined && kept.expiresAtMs > nowMs ? kept : null
      assert.deepEqual(live, model.outcome(id, key, nowMs))
    }
  }
  const inOrder = [...database.envelopes.values()].sort((left, right) => left.place - right.place)
  assert.deepEqual(inOrder.map(plainEnvelope), model.outbox.standing.map(plainEnvelope))
}

test('plans of generated groups mean what the model says, and the second one fits', () => {
  const random = seededRandom(11)
  const counts = { refused: 0, committed: 0, conflict: 0 }
  for (let sequence = 0; sequence < 300; sequence += 1) {
    const model = new StatestoreModel()
    const commits = new PartCommits(model)
    const database = new PlanDatabase()
    for (let at = 0; at < 12; at += 1) {
      const nowMs = NOON_MS + at * 3
      const group = commits.group(
        Array.from({ length: 1 + below(random, 7) }, () => partOf(random)),
        nowMs,
      )
      const expected = model.verdicts(group)
      let plan = planGroup(group, null)
      if (!database.carryOut(plan)) {
        counts.refused += 1
        plan = planGroup(group, database.standingOf(group))
        assert.ok(database.carryOut(plan), 'a plan that knows what stands needs nothing else')
      }
      assert.deepEqual(plan.verdicts, expected)
      for (const verdict of expected) counts[verdict] += 1
      model.apply(group)
      assertSame(database, model, nowMs)
    }
  }
  for (const [what, count] of Object.entries(counts)) assert.ok(count > 500, `${what}: ${count}`)
})

const BOTH = { history: { revisions: 3, durationMs: 0 } }

test('an actor is written once, but for revisions that history may keep', () => {
  const revisionsOf = (group: Commit[]) =>
    planGroup(group, null).actors.map(({ needs, writes }) => [
      needs.revision,
      ...writes.map(({ revision }) => revision),
    ])
  assert.deepEqual(revisionsOf([commitOf('one', 4), commitOf('one', 5), commitOf('one', 6)]), [[4, 7]])
  assert.deepEqual(revisionsOf([commitOf('one', 4, BOTH), commitOf('one', 5, BOTH)]), [[4, 5, 6]])
  const mixed = [commitOf('one', 4, BOTH), commitOf('one', 5), commitOf('one', 6, BOTH)]
  assert.deepEqual(revisionsOf(mixed), [[4, 6, 7]], 'the second drops what the first has left')
  const still = commitOf('one', 4, { revision: 4, sends: [envelopeOf('a')] })
  assert.deepEqual(revisionsOf([still]), [[4]])
  assert.deepEqual(revisionsOf([still, commitOf('one', 4)]), [[4, 5]])
})

test('what a group sends and takes within itself leaves only what the database must do', () => {
  const names = (keys: readonly { readonly id: string }[]) => keys.map(({ id }) => id).join('')
  const shown = (group: Commit[]) => {
    const { renewed, sends, swept, taken } = planGroup(group, null)
    return [names(taken), names(renewed), names(swept), names(sends.map(({ envelope }) => envelope))]
  }
  const send = (...ids: string[]) => outsideCommit({ sends: ids.map((id) => envelopeOf(id)) })
  const take = (...takes: string[]) => outsideCommit({ takes })
  const pass = (id: string) => outsideCommit({ takes: [id], sends: [envelopeOf(id)] })
  assert.deepEqual(shown([send('b', 'a')]), ['', '', '', 'ba'])
  assert.deepEqual(shown([take('b', 'a')]), ['ab', '', '', ''])
  assert.deepEqual(shown([send('a', 'b'), take('a')]), ['', '', 'a', 'b'])
  assert.deepEqual(shown([pass('a'), send('b')]), ['', 'a', '', 'ab'])
  assert.deepEqual(shown([pass('a'), take('a')]), ['a', '', '', ''])
  assert.deepEqual(shown([take('a'), send('b'), send('a')]), ['a', '', '', 'ba'], 'it gets a new place')
  assert.deepEqual(shown([send('a', 'b'), take('a'), send('a')]), ['', '', 'a', 'ba'])
  const twice = [take('a'), take('a')]
  assert.deepEqual(planGroup(twice, null).verdicts, ['committed', 'conflict'])
})

test('a commit that rests on a conflict of its group is judged by what stands', () => {
  const stale = commitOf('one', 3, { takes: ['a'], sends: [envelopeOf('b')] })
  const group = [stale, outsideCommit({ takes: ['a'] }), commitOf('two', 0, { takes: ['b'] })]
  assert.deepEqual(planGroup(group, null).verdicts, ['committed', 'conflict', 'committed'])
  const standing = new GroupStanding()
  standing.addActor(actorId('one'), { revision: 4, birth: BIRTH })
  standing.addEnvelope({ system: SYSTEM, id: 'a' }, 0)
  const plan = planGroup(group, standing)
  assert.deepEqual(plan.verdicts, ['conflict', 'committed', 'conflict'])
  assert.deepEqual(plan.actors, [])
  assert.deepEqual(
    plan.taken.map(({ id }) => id),
    ['a'],
  )
})

test('a group of conflicts leaves nothing to do', () => {
  const plan = planGroup([commitOf('one', 3), commitOf('one', 4)], new GroupStanding())
  assert.deepEqual(plan.verdicts, ['conflict', 'conflict'])
  assert.ok(isIdle(plan))
  assert.ok(!isIdle(planGroup([commitOf('one', 3)], null)))
})

test('keys are locked in one order everywhere, and envelopes get their places in that of the group', () => {
  const ids = ['b', 'a', 'c', 'A'].map((name) => actorId(name))
  const group = ids.map((id) =>
    commitOf(id, 1, { takes: [`t-${id.name}`], sends: [envelopeOf(`s-${id.name}`)] }),
  )
  const plan = planGroup(group, null)
  const sorted = ['A', 'a', 'b', 'c']
  assert.deepEqual(
    plan.actors.map(({ id }) => id.name),
    sorted,
  )
  assert.deepEqual(
    plan.taken.map(({ id }) => id),
    sorted.map((name) => `t-${name}`),
  )
  assert.deepEqual(
    plan.sends.map(({ envelope }) => envelope.id),
    ['s-b', 's-a', 's-c', 's-A'],
  )
})
