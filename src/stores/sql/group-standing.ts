// What stands in the database of all that a group of commits speaks of: read in one go after the database has refused the
// group. Decides what has to be asked, and holds the answer; what follows from it is judgement.ts's.

import type { Commit } from '../../ports/index.ts'
import type { ActorId } from '../../protocol/index.ts'
import { NOTHING_STANDS, type Standing } from '../fence.ts'
import { ByActor } from './by-actor.ts'

export interface EnvelopeKey {
  readonly system: string
  readonly id: string
}

export interface OutcomeKey {
  readonly id: ActorId
  readonly key: string
}

/** What a group's verdicts depend on; nothing twice. */
export interface Mentions {
  readonly actors: readonly ActorId[]
  /** Those that are taken. */
  readonly envelopes: readonly EnvelopeKey[]
  readonly outcomes: readonly OutcomeKey[]
}

export function mentionsOf(group: readonly Commit[]): Mentions {
  const actors = new ByActor<ActorId>()
  const outcomes = new ByActor<Map<string, OutcomeKey>>()
  const envelopes = new Map<string, Map<string, EnvelopeKey>>()
  for (const { id, outcomes: kept, takes } of group) {
    const { system } = id
    if (id.name !== '') actors.set(id, id)
    for (const { key } of kept) {
      const keys = outcomes.get(id) ?? new Map<string, OutcomeKey>()
      outcomes.set(id, keys.set(key, { id, key }))
    }
    for (const taken of takes) {
      const ids = envelopes.get(system) ?? new Map<string, EnvelopeKey>()
      envelopes.set(system, ids.set(taken, { system, id: taken }))
    }
  }
  return {
    actors: [...actors.values()],
    envelopes: [...envelopes.values()].flatMap((ids) => [...ids.values()]),
    outcomes: [...outcomes.values()].flatMap((keys) => [...keys.values()]),
  }
}

export class GroupStanding {
  readonly #actors = new ByActor<Standing>()
  readonly #envelopes = new Map<string, Map<string, number>>()
  readonly #outcomes = new ByActor<Map<string, number>>()

  addActor(id: ActorId, standing: Standing): void {
    this.#actors.set(id, standing)
  }

  addEnvelope({ id, system }: EnvelopeKey, dueAtMs: number): void {
    const ids = this.#envelopes.get(system) ?? new Map<string, number>()
    this.#envelopes.set(system, ids.set(id, dueAtMs))
  }

  addOutcome({ id, key }: OutcomeKey, expiresAtMs: number): void {
    const keys = this.#outcomes.get(id) ?? new Map<string, number>()
    this.#outcomes.set(id, keys.set(key, expiresAtMs))
  }

  actor(id: ActorId): Standing {
    return this.#actors.get(id) ?? NOTHING_STANDS
  }

  /** When an envelope is due; null: it does not stand. */
  dueAtMs(system: string, id: string): number | null {
    return this.#envelopes.get(system)?.get(id) ?? null
  }

  /** When an outcome expires; null: none is kept. */
  expiresAtMs(id: ActorId, key: string): number | null {
    return this.#outcomes.get(id)?.get(key) ?? null
  }
}
