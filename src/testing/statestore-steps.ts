// Sequences of requests, stops and crashes as plain data, and playing them to a store beside the model. Decides what is
// compared after each step; where sequences come from is the caller's affair (test/model generates and shrinks them).
//
// Steps speak of actors by number and of revisions relative to what stands, so that a sequence from which a step was
// taken away still means something.

import assert from 'node:assert/strict'
import type { Commit, OutcomeRecord, Statestore, StoredActor } from '../ports/index.ts'
import type { ActorId } from '../protocol/index.ts'
import {
  json,
  NOON_MS,
  plainActor,
  plainPacked,
  type StatestoreSubject,
  SYSTEM,
} from './statestore-fixture.ts'
import { StatestoreModel } from './statestore-model.ts'

/** The actors of a sequence, in the order in which a listing has them. */
const ACTORS: readonly ActorId[] = [
  { system: SYSTEM, parent: '', name: 'a\0' },
  { system: SYSTEM, parent: '', name: 'ab' },
  { system: SYSTEM, parent: '', name: '\ufffd' },
  { system: SYSTEM, parent: '', name: '\u{1f600}' },
  { system: SYSTEM, parent: 'user', name: 'ab' },
]
const HISTORIES = [
  { revisions: 0, durationMs: 0 },
  { revisions: 2, durationMs: 0 },
  { revisions: 0, durationMs: 5 },
  { revisions: 1, durationMs: 3 },
]
const KEYS = ['k', 'key'] as const

export interface CommitPart {
  readonly actor: number
  /** What it follows, relative to the revision that it would have to. */
  readonly off: number
  /** Made for another incarnation than the one that stands. */
  readonly isAlien: boolean
  /** 0: outcomes only. */
  readonly turns: number
  /** Bytes of the state, about; negative: none. */
  readonly size: number
  readonly isTagged: boolean
  readonly history: number
  /** Milliseconds that the outcome lives; null: there is none. */
  readonly outcome: number | null
}

export type StatestoreStep =
  | { readonly step: 'commit' | 'crash-in-commit'; readonly parts: readonly CommitPart[] }
  | { readonly step: 'load' | 'wait' | 'reopen' | 'crash' }
  | { readonly step: 'delete'; readonly actor: number; readonly off: number; readonly isAlien: boolean }
  | { readonly step: 'past'; readonly actor: number; readonly off: number }
  | { readonly step: 'list'; readonly limit: number; readonly prefix: string; readonly isTagged: boolean }
  | { readonly step: 'prune'; readonly limit: number }

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

export const STEP_RANGES = {
  actors: ACTORS.length,
  histories: HISTORIES.length,
  prefixes: ['', 'a', 'ab', '\ufffd'],
} as const

class Play {
  readonly #subject: StatestoreSubject
  readonly #model = new StatestoreModel()
  #store: Statestore
  #nowMs = NOON_MS
  #births = 0

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
        return this.#list(step.limit, step.prefix, step.isTagged)
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
    const group = this.#group(parts)
    const expected = this.#model.verdicts(group)
    this.#model.apply(group)
    assert.deepEqual(await this.#store.commit(group), expected)
  }

  /** The group is there whole or not at all, and whole if it was acknowledged. */
  async #crashInCommit(parts: readonly CommitPart[]): Promise<void> {
    const { crash } = this.#subject
    if (crash === undefined) return
    const group = this.#group(parts)
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

  async #list(limit: number, prefix: string, isTagged: boolean): Promise<void> {
    const filter = { system: SYSTEM, prefix, ...(isTagged && { tags: { tagged: 'yes' } }) }
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
      .sort((left, right) => placeOf(left.id) - placeOf(right.id))
    assert.deepEqual(found, matching.map(plainActor))
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

  #group(parts: readonly CommitPart[]): Commit[] {
    const standing = new Map<number, { readonly revision: number; readonly birth: number }>()
    return parts.map((part, at) => {
      const id = idOf(part.actor)
      const right = standing.get(part.actor) ?? this.#standing(id)
      const follows = Math.max(0, right.revision + part.off)
      const revision = follows + part.turns
      const birth = right.birth + (part.isAlien ? 1 : 0)
      standing.set(part.actor, { revision, birth })
      const { outcome: livesMs } = part
      const key = KEYS[at % KEYS.length] ?? ''
      const outcome = {
        key,
        reply: at % 3 === 0 ? null : json(revision),
        expiresAtMs: this.#nowMs + (livesMs ?? 0),
      }
      return {
        id,
        follows,
        revision,
        birth,
        epoch: at,
        tags: part.isTagged ? { tagged: 'yes', at: String(at) } : {},
        state: part.size < 0 ? null : json(`${revision} of ${this.#nowMs} ${'.'.repeat(part.size)}`),
        committedAtMs: this.#nowMs,
        history: HISTORIES[part.history % HISTORIES.length] ?? { revisions: 0, durationMs: 0 },
        outcomes: livesMs === null ? [] : [outcome],
        sends: [],
        takes: [],
      }
    })
  }

  /** What a commit has to name: of an actor that is not stored, a birth that none had before. */
  #standing(id: ActorId): { readonly revision: number; readonly birth: number } {
    const birth = this.#model.birthOf(id) || (this.#births += 2)
    return { revision: this.#model.revisionOf(id), birth }
  }

  #modelState(): object {
    const past = ACTORS.map((id) =>
      this.#model.revisions(id).map(({ state: _state, ...rest }) => plainActor(rest)),
    )
    const outcomes = ACTORS.map((id) =>
      KEYS.map((key) => this.#model.outcome(id, key, this.#nowMs)).map(plainReply),
    )
    return { latest: ACTORS.map((id) => this.#model.latest(id)).map(plainOrNull), outcomes, past }
  }

  /** The latest first: a store may keep it elsewhere until somebody asks for more. */
  async #storeState(): Promise<object> {
    const latest = (await this.#store.load(ACTORS)).map(plainOrNull)
    const outcomes: unknown[] = []
    for (const id of ACTORS) {
      const kept = await Promise.all(KEYS.map((key) => this.#store.loadOutcome(id, key, this.#nowMs)))
      outcomes.push(kept.map(plainReply))
    }
    const past: unknown[] = []
    for (const id of ACTORS) past.push((await this.#store.revisions(id, 1_000)).map(plainActor))
    return { latest, outcomes, past }
  }
}

function plainOrNull(actor: StoredActor | null): object | null {
  return actor === null ? null : plainActor(actor)
}

function plainReply(outcome: OutcomeRecord | null): unknown {
  return outcome === null ? 'none' : plainPacked(outcome.reply)
}

function idOf(actor: number): ActorId {
  return ACTORS[actor % ACTORS.length] ?? never()
}

function placeOf(id: ActorId): number {
  return ACTORS.findIndex(({ parent, name }) => parent === id.parent && name === id.name)
}

function never(): never {
  throw new Error('there is always an actor')
}
