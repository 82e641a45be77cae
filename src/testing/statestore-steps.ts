// Sequences of requests, stops and crashes as plain data, and playing them to a store beside the model. Decides what is
// compared after each step; where sequences come from is the caller's affair (test/model generates and shrinks them).
//
// Steps speak of actors by number and of revisions relative to what stands, so that a sequence from which a step was
// taken away still means something.

import assert from 'node:assert/strict'
import {
  type Box,
  BOXES,
  type EnvelopePosition,
  type OutcomeRecord,
  type Statestore,
  type StoredActor,
} from '../ports/index.ts'
import type { ActorId } from '../protocol/index.ts'
import {
  allFacts,
  NOON_MS,
  plainActor,
  plainEnvelope,
  plainPacked,
  type StatestoreSubject,
  SYSTEM,
} from './statestore-fixture.ts'
import { StatestoreModel } from './statestore-model.ts'
import { ACTORS, type CommitPart, DUE_AT_MS, ENVELOPES, idOf, KEYS, PartCommits } from './statestore-parts.ts'

const LIVE: readonly Box[] = ['delivery', 'schedule', 'timer']
const OTHERS: readonly Box[] = BOXES.filter((box) => box !== 'fact')

export type StatestoreStep =
  | { readonly step: 'commit' | 'crash-in-commit'; readonly parts: readonly CommitPart[] }
  | { readonly step: 'load' | 'wait' | 'reopen' | 'crash' }
  | { readonly step: 'delete'; readonly actor: number; readonly off: number; readonly isAlien: boolean }
  | { readonly step: 'past'; readonly actor: number; readonly off: number }
  | {
      readonly step: 'list'
      readonly limit: number
      readonly prefix: string
      readonly isTagged: boolean
      /** Milliseconds before the time of the step from which on, and until which, actors were committed; null: any. */
      readonly fromAgo: number | null
      readonly beforeAgo: number | null
    }
  | { readonly step: 'due'; readonly limit: number; readonly due: number; readonly before: number }
  /** From the first on, then behind one of them. */
  | { readonly step: 'facts'; readonly limit: number; readonly behind: number }
  | { readonly step: 'box'; readonly limit: number; readonly box: number }
  | { readonly step: 'prune'; readonly limit: number }

type ListStep = Extract<StatestoreStep, { readonly step: 'list' }>

/** Plays the steps and throws at the first answer that is not the model's. */
export async function playSteps(subject: StatestoreSubject, steps: readonly StatestoreStep[]): Promise<void> {
  const play = new Play(subject)
  for (const [at, step] of [...steps, { step: 'load' as const }].entries()) {
    try {
      await play.step(step)
    } catch (cause) {
      throw new Error(`step ${at}, ${JSON.stringify(step)}: ${cause instanceof Error ? cause.message : ''}`, {
        cause,
      })
    }
  }
}

class Play {
  readonly #subject: StatestoreSubject
  readonly #model = new StatestoreModel()
  readonly #commits = new PartCommits(this.#model)
  #store: Statestore
  #nowMs = NOON_MS

  constructor(subject: StatestoreSubject) {
    this.#subject = subject
    this.#store = subject.store
  }

  async step(step: StatestoreStep): Promise<void> {
    this.#nowMs += 1
    switch (step.step) {
      case 'commit':
        return this.#commit(step.parts)
      case 'crash-in-commit':
        return this.#crashInCommit(step.parts)
      case 'load':
        return this.#load()
      case 'past':
        return this.#past(idOf(step.actor), step.off)
      case 'delete':
        return this.#delete(idOf(step.actor), step.off, step.isAlien)
      case 'list':
        return this.#list(step)
      case 'due':
        return this.#due(step.limit, (DUE_AT_MS[step.due] ?? 0) - step.before)
      case 'facts':
        return this.#facts(step.limit, step.behind)
      case 'box':
        return this.#box(step.limit, BOXES[step.box] ?? 'dead')
      case 'prune':
        return this.#prune(step.limit)
      case 'wait':
        this.#nowMs += 4
        return
      case 'reopen':
      case 'crash':
        this.#store = (await this.#subject[step.step]?.()) ?? this.#store
    }
  }

  async #commit(parts: readonly CommitPart[]): Promise<void> {
    const group = this.#commits.group(parts, this.#nowMs)
    const expected = this.#model.verdicts(group)
    this.#model.apply(group)
    assert.deepEqual(await this.#store.commit(group), expected)
  }

  /** The group is there whole or not at all, and whole if it was acknowledged. */
  async #crashInCommit(parts: readonly CommitPart[]): Promise<void> {
    const { crash } = this.#subject
    if (crash === undefined) return
    const group = this.#commits.group(parts, this.#nowMs)
    const expected = this.#model.verdicts(group)
    const under = this.#store.commit(group).catch(() => null)
    this.#store = await crash()
    const verdicts = await under
    if (verdicts !== null) assert.deepEqual(verdicts, expected)
    const before = this.#modelState()
    const after = await this.#storeState()
    const isThere = verdicts !== null || JSON.stringify(after) !== JSON.stringify(before)
    if (isThere) this.#model.apply(group)
    assert.deepEqual(after, this.#modelState(), 'a part of a group')
  }

  async #load(): Promise<void> {
    assert.deepEqual(await this.#storeState(), this.#modelState())
  }

  async #past(id: ActorId, off: number): Promise<void> {
    const revision = this.#model.revisionOf(id) + off
    const atMs = this.#nowMs + off * 3
    for (const query of [{ revision }, { atMs }]) {
      const [found, expected] = [await this.#store.loadRevision(id, query), this.#model.revision(id, query)]
      assert.deepEqual(plainOrNull(found), plainOrNull(expected), JSON.stringify(query))
    }
  }

  async #delete(id: ActorId, off: number, isAlien: boolean): Promise<void> {
    const follows = this.#model.revisionOf(id) + off
    const birth = this.#model.birthOf(id) + (isAlien ? 1 : 0)
    const expected = this.#model.delete(id, follows, birth)
    assert.equal(await this.#store.delete(id, follows, birth), expected)
  }

  async #list({ beforeAgo, fromAgo, isTagged, limit, prefix }: ListStep): Promise<void> {
    const fromMs = fromAgo === null ? -Infinity : this.#nowMs - fromAgo
    const beforeMs = beforeAgo === null ? Infinity : this.#nowMs - beforeAgo
    const filter = {
      system: SYSTEM,
      prefix,
      ...(isTagged && { tags: { tagged: 'yes' } }),
      ...(fromAgo !== null && { committedFromMs: fromMs }),
      ...(beforeAgo !== null && { committedBeforeMs: beforeMs }),
    }
    const found: object[] = []
    let after: string | null = null
    do {
      const page = await this.#store.list(filter, after === null ? { limit } : { limit, after })
      assert.ok(page.actors.length <= limit)
      found.push(...page.actors.map(plainActor))
      after = page.next
    } while (after !== null)
    const matching = this.#model
      .actors()
      .filter(({ id, tags }) => id.name.startsWith(prefix) && (!isTagged || tags['tagged'] === 'yes'))
      .filter(({ committedAtMs }) => committedAtMs >= fromMs && committedAtMs < beforeMs)
      .sort((left, right) => placeOf(left.id) - placeOf(right.id))
    assert.deepEqual(found, matching.map(plainActor))
    assert.equal(await this.#store.count(filter), matching.length)
    const isEmpty = this.#model.actors().length + this.#model.outbox.due(BOXES, Infinity).length === 0
    assert.deepEqual(await this.#store.systems(), isEmpty ? [] : [SYSTEM])
  }

  async #due(limit: number, untilMs: number): Promise<void> {
    const found: object[] = []
    const later = this.#model.outbox.due(LIVE, Infinity).find(({ dueAtMs }) => dueAtMs > untilMs)
    for (let after: EnvelopePosition | undefined; ;) {
      const page = await this.#store.due(SYSTEM, untilMs, limit, after)
      assert.equal(page.nextDueMs, later?.dueAtMs ?? null)
      found.push(...page.envelopes.map(plainEnvelope))
      after = page.envelopes.at(-1) ?? after
      if (page.isLast) break
    }
    assert.deepEqual(found, this.#model.outbox.due(LIVE, untilMs).map(plainEnvelope))
  }

  async #box(limit: number, box: Box): Promise<void> {
    const found: object[] = []
    let after: string | null = null
    do {
      const page = await this.#store.listEnvelopes(SYSTEM, box, after === null ? { limit } : { limit, after })
      assert.ok(page.envelopes.length <= limit)
      found.push(...page.envelopes.map(plainEnvelope))
      after = page.next
    } while (after !== null)
    assert.deepEqual(found, this.#model.outbox.due([box], Infinity).map(plainEnvelope))
  }

  async #facts(limit: number, behind: number): Promise<void> {
    const expected = this.#model.outbox.facts(0).map(plainEnvelope)
    const found = await allFacts(this.#store, limit)
    assert.deepEqual(found.map(plainEnvelope), expected)
    const rest = await allFacts(this.#store, limit, found[behind]?.place)
    assert.deepEqual(rest, found.slice(behind < found.length ? behind + 1 : 0))
    const ids = found.map(({ id }) => id)
    assert.deepEqual(await this.#store.envelopes(SYSTEM, ids), found)
  }

  async #prune(limit: number): Promise<void> {
    const expired = this.#model.expired(this.#nowMs)
    // Which ones go first is the store's affair: go on until all have gone.
    for (let left = expired; left > 0; left -= limit) {
      assert.equal(await this.#store.prune(this.#nowMs, limit), Math.min(limit, left))
    }
    assert.equal(await this.#store.prune(this.#nowMs, limit), 0)
    this.#model.prune(this.#nowMs)
  }

  #modelState(): object {
    const past = ACTORS.map((id) =>
      this.#model.revisions(id).map(({ state: _state, ...rest }) => plainActor(rest)),
    )
    const outcomes = ACTORS.map((id) =>
      KEYS.map((key) => this.#model.outcome(id, key, this.#nowMs)).map(plainReply),
    )
    const { outbox } = this.#model
    const envelopes = outbox.due(OTHERS, Infinity).map(plainEnvelope)
    const facts = outbox.facts(0).map(plainEnvelope)
    const latest = ACTORS.map((id) => this.#model.latest(id)).map(plainOrNull)
    return { latest, outcomes, envelopes, facts, past }
  }

  /** The latest first: a store may keep it elsewhere until somebody asks for more. */
  async #storeState(): Promise<object> {
    const latest = (await this.#store.load(ACTORS)).map(plainOrNull)
    const outcomes: unknown[] = []
    for (const id of ACTORS) {
      const kept = await Promise.all(KEYS.map((key) => this.#store.loadOutcome(id, key, this.#nowMs)))
      outcomes.push(kept.map(plainReply))
    }
    const envelopes = await this.#standingEnvelopes()
    const facts = (await allFacts(this.#store)).map(plainEnvelope)
    const past: unknown[] = []
    for (const id of ACTORS) past.push((await this.#store.revisions(id, 1_000)).map(plainActor))
    return { latest, outcomes, envelopes, facts, past }
  }

  /** By id; their places say in which order. */
  async #standingEnvelopes(): Promise<object[]> {
    const found = await this.#store.envelopes(SYSTEM, ENVELOPES)
    return found
      .flatMap((envelope) => envelope ?? [])
      .sort((left, right) => left.dueAtMs - right.dueAtMs || left.place - right.place)
      .map(plainEnvelope)
  }
}

function plainOrNull(actor: StoredActor | null): object | null {
  return actor === null ? null : plainActor(actor)
}

function plainReply(outcome: OutcomeRecord | null): unknown {
  return outcome === null ? 'none' : plainPacked(outcome.reply)
}

function placeOf(id: ActorId): number {
  return ACTORS.findIndex(({ parent, name }) => parent === id.parent && name === id.name)
}
