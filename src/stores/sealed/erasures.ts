// How an actor is erased: intent, key, actor, messages, proof; each durable before the next, each harmless when it is done
// again. A crash between any two leaves the intent, by which the next start goes on; the proof is written before the intent
// is taken away.
//
// Invariant: once the intent stands, the key goes, whatever else fails. Two may be at it at once, and one of them may be done,
// and the actor live again, while the other one stands still: then that one finds nothing of its own to take away.

import { LIMITS, SpawnError } from '../../base/index.ts'
import {
  BOXES,
  type Box,
  type Erasure,
  type ErasurePage,
  type Erasures,
  ERASING_SYSTEM,
  ERASURES_SYSTEM,
  type FactPage,
  type PageRequest,
  type StandingEnvelope,
  type Statestore,
  type StoredActor,
} from '../../ports/index.ts'
import { type ActorId, addressText } from '../../protocol/index.ts'
import { type ActorKeys, erasingRow } from './actor-keys.ts'
import { readReserved, reservedCommit, valueOf, writeReserved } from './reserved-row.ts'
import { headOf, markOf } from './sealed-bytes.ts'

/** Attempts against others who write the same rows. */
const ATTEMPTS = 20

export interface ErasuresOptions {
  /** The sealed store itself. */
  readonly store: Statestore
  /** What is behind it, where what an envelope is sealed with can be seen. */
  readonly behind: Statestore
  readonly keys: ActorKeys
}

interface Intent {
  readonly parent: string
  readonly name: string
  readonly keyId: string
  readonly begunAtMs: number
  readonly revision: number
}

type Finished = Intent & Pick<Erasure, 'doneAtMs' | 'messages'>

export class ActorErasures implements Erasures {
  readonly #options: ErasuresOptions

  constructor(options: ErasuresOptions) {
    this.#options = options
  }

  async has(id: ActorId): Promise<boolean> {
    const { keys, store } = this.#options
    if ((await keys.standing(id)) !== null) return true
    const begun = await readReserved(store, erasingRow({ system: id.system, mark: markOf(id) }))
    return begun.value !== null || (await this.#last(id)) !== null
  }

  async erase(id: ActorId, nowMs: number, factsSeenTo = 0): Promise<Erasure | null> {
    let intent: Intent | null = null
    return again(id, async () => {
      // What has begun is what is ended: the actor may live again by now.
      if (intent !== null) return this.#finish(id, intent, nowMs, factsSeenTo)
      const { behind, keys, store } = this.#options
      const row = erasingRow({ system: id.system, mark: markOf(id) })
      // Written below.
      intent = (await readReserved(store, row)).value as Intent | null
      if (intent !== null) return this.#finish(id, intent, nowMs, factsSeenTo)
      const keyId = await keys.standing(id)
      if (keyId === null) return this.#last(id)
      const [stored = null] = await behind.load([id])
      const { name, parent } = id
      const begun: Intent = { parent, name, keyId, begunAtMs: nowMs, revision: stored?.revision ?? 0 }
      await writeReserved(store, row, 0, begun, nowMs)
      intent = begun
      return this.#finish(id, intent, nowMs, factsSeenTo)
    })
  }

  async list(system: string | null, page: PageRequest): Promise<ErasurePage> {
    const { actors, next } = await this.#options.store.list(
      { system: ERASURES_SYSTEM, ...(system !== null && { parent: system }) },
      page,
    )
    const erasures = actors.flatMap((row) => {
      // Written below.
      const finished = valueOf(row) as readonly Finished[]
      return finished.map((one) => proofOf(row.id.parent, one))
    })
    return { erasures, next }
  }

  /** Goes on with all that has begun and is not finished. */
  async resume(): Promise<void> {
    for (let after: string | null | undefined; after !== null;) {
      const page = { limit: LIMITS.defaultPageSize, ...(after !== undefined && { after }) }
      const { actors, next } = await this.#options.store.list({ system: ERASING_SYSTEM }, page)
      for (const row of actors) {
        const { name, parent } = valueOf(row) as Intent
        await this.erase({ system: row.id.parent, parent, name }, row.committedAtMs)
      }
      after = next
    }
  }

  async #finish(id: ActorId, intent: Intent, nowMs: number, factsSeenTo: number): Promise<Erasure> {
    const { keys, store } = this.#options
    await keys.destroy(id, intent.keyId)
    await this.#remove(id, intent.keyId)
    const messages = await this.#sweep(id, intent.keyId)
    await this.#sweepFacts(id, intent.keyId, factsSeenTo)
    const row = proofRow(id)
    const { revision, value } = await readReserved(store, row)
    const before = (value ?? []) as readonly Finished[]
    let finished = before.find(
      ({ begunAtMs, keyId }) => begunAtMs === intent.begunAtMs && keyId === intent.keyId,
    )
    if (finished === undefined) {
      finished = { ...intent, doneAtMs: nowMs, messages }
      await writeReserved(store, row, revision, [...before, finished], nowMs)
    }
    const erasing = erasingRow({ system: id.system, mark: markOf(id) })
    const [begun = null] = await store.load([erasing])
    if (begun !== null && (valueOf(begun) as Intent).keyId === intent.keyId)
      await store.delete(erasing, begun.revision, begun.birth)
    return proofOf(id.system, finished)
  }

  /** With its history and its outcomes. Who commits meanwhile is refused from then on. */
  async #remove(id: ActorId, keyId: string): Promise<void> {
    const { behind } = this.#options
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const [stored = null] = await behind.load([id])
      if (stored === null || (await this.#livesAgain(stored, keyId))) return
      if ((await behind.delete(id, stored.revision, stored.birth)) === 'committed') return
    }
    throw busy(id)
  }

  /** Whether it is sealed with another key, which stands. */
  async #livesAgain({ id, state }: StoredActor, keyId: string): Promise<boolean> {
    const head = state === null ? null : headOf(state.value)
    if (head?.kind !== 'own' || head.id === keyId) return false
    return (await this.#options.keys.standing(id)) === head.id
  }

  /** Takes the messages that it has sent, and that can be read by nobody any more. @returns how many. */
  async #sweep(id: ActorId, keyId: string): Promise<number> {
    let messages = 0
    for (const box of BOXES) if (box !== 'fact') messages += await this.#sweepBox(id, keyId, box)
    return messages
  }

  async #sweepBox(id: ActorId, keyId: string, box: Box): Promise<number> {
    let taken = 0
    for (let after: string | null | undefined; after !== null;) {
      const page = { limit: LIMITS.pageSize, ...(after !== undefined && { after }) }
      const { envelopes, next } = await this.#options.behind.listEnvelopes(id.system, box, page)
      taken += await this.#take(id, keyId, envelopes)
      after = next
    }
    return taken
  }

  async #sweepFacts(id: ActorId, keyId: string, seenTo: number): Promise<void> {
    for (let after: number | null = seenTo; after !== null;) {
      const { facts, isLast }: FactPage = await this.#options.behind.facts(id.system, after, LIMITS.pageSize)
      await this.#take(id, keyId, facts)
      after = isLast ? null : (facts.at(-1)?.place ?? null)
    }
  }

  /** Those that are sealed with the key. @returns how many that were. */
  async #take(id: ActorId, keyId: string, envelopes: readonly StandingEnvelope[]): Promise<number> {
    const mark = markOf(id)
    const outside = reservedCommit({ ...id, parent: '', name: '' }, 0, null, 0)
    const own = envelopes.filter(({ payload }) => {
      const head = payload === null ? null : headOf(payload.value)
      return head?.kind === 'own' && head.id === keyId && head.mark === mark
    })
    // In one group, each by itself: one that was taken meanwhile is gone as well, and no reason to leave the others.
    const takes = own.map(({ id: envelope }) => {
      return { ...outside, state: null, revision: 0, birth: 0, takes: [envelope] }
    })
    const verdicts = takes.length === 0 ? [] : await this.#options.behind.commit(takes)
    return verdicts.filter((verdict) => verdict === 'committed').length
  }

  /** The proof of the last time; null: there is none. */
  async #last(id: ActorId): Promise<Erasure | null> {
    const { value } = await readReserved(this.#options.store, proofRow(id))
    const last = ((value ?? []) as readonly Finished[]).at(-1)
    return last === undefined ? null : proofOf(id.system, last)
  }
}

/** Others may write the same rows: a second start, or the same call made twice. */
async function again<Value>(id: ActorId, work: () => Promise<Value>): Promise<Value> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    try {
      return await work()
    } catch (thrown) {
      if (!(thrown instanceof SpawnError) || thrown.code !== 'STATE_CONFLICT') throw thrown
    }
  }
  throw busy(id)
}

function busy(id: ActorId): SpawnError {
  const text = `"${addressText(id)}" is changed so often by others that it was not erased yet; the key is destroyed, ask again`
  return new SpawnError('STORE_UNAVAILABLE', text)
}

function proofRow(id: ActorId): ActorId {
  return { system: ERASURES_SYSTEM, parent: id.system, name: markOf(id) }
}

function proofOf(
  system: string,
  { begunAtMs, doneAtMs, keyId, messages, name, parent, revision }: Finished,
): Erasure {
  return { id: { system, parent, name }, keyId, begunAtMs, doneAtMs, revision, messages }
}
