// What a store answers of actors, envelopes and outcomes, as it crosses to another process. Decides what becomes of one that cannot
// be read, ever or now: the others cross with it, and on the other side who looks at it is told, as he would be by the store.

import { errorOf, type Failure } from '../../base/index.ts'
import type { OutcomeRecord, StandingEnvelope, StoredActor } from '../../ports/index.ts'
import type { Packed } from '../../protocol/index.ts'
import { copied, crossingActor, crossingEnvelope, crossingOutcome } from '../crossing.ts'
import { lackingState } from '../frames/rows.ts'
import { looked } from '../looked.ts'

/** Bytes as they are: writing them copies them. */
const asItIs = ({ typeUrl, value }: Packed): Packed => ({ typeUrl, value })

/** The rest of it, and why that is not all. */
interface Lacking<Rest> {
  readonly rest: Rest
  readonly lack: Failure
}

/** As it is, or what can be read of it. */
export type Crossed<Whole, Rest> = { readonly whole: Whole } | Lacking<Rest>
export type CrossedActor = Crossed<StoredActor, Omit<StoredActor, 'state'>>
export type CrossedEnvelope = Crossed<StandingEnvelope, Omit<StandingEnvelope, 'header' | 'payload'>>
/** Of an outcome there is nothing but what cannot be read. */
export type CrossedOutcome = Crossed<OutcomeRecord | null, null>

export function crossedActor(actor: StoredActor): CrossedActor {
  const { lack, value } = looked(() => crossingActor(actor, asItIs))
  if (lack === null) return { whole: value }
  const { birth, committedAtMs, epoch, id, revision, tags } = actor
  const { state: _none, ...rest } = crossingActor(
    { id, revision, birth, epoch, tags, state: null, committedAtMs },
    asItIs,
  )
  return { rest, lack }
}

export function arrivedActor(crossed: CrossedActor): StoredActor {
  return 'lack' in crossed ? lackingState(crossed.rest, crossed.lack) : crossingActor(crossed.whole, copied)
}

export function crossedEnvelope(envelope: StandingEnvelope): CrossedEnvelope {
  const { lack, value } = looked(() => crossingEnvelope(envelope, asItIs))
  if (lack === null) return { whole: value }
  const { box, dueAtMs, id, place } = envelope
  return { rest: { id, box, dueAtMs, place }, lack }
}

export function arrivedEnvelope(crossed: CrossedEnvelope): StandingEnvelope {
  if (!('lack' in crossed)) return crossingEnvelope(crossed.whole, copied)
  const { lack, rest } = crossed
  return {
    ...rest,
    get header(): never {
      throw errorOf(lack)
    },
    get payload(): never {
      throw errorOf(lack)
    },
  }
}

export async function crossedOutcome(looking: Promise<OutcomeRecord | null>): Promise<CrossedOutcome> {
  const settled = await Promise.allSettled([looking])
  const { lack, value } = looked(() => {
    const [end] = settled
    if (end.status === 'rejected') throw end.reason
    return end.value && crossingOutcome(end.value, asItIs)
  })
  return lack === null ? { whole: value } : { rest: null, lack }
}

/** @throws SpawnError as the store did. */
export function arrivedOutcome(crossed: CrossedOutcome): OutcomeRecord | null {
  if ('lack' in crossed) throw errorOf(crossed.lack)
  return crossed.whole && crossingOutcome(crossed.whole, copied)
}
