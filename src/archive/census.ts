// Whether a store stood still while it was read. Decides by comparing what was read with what stands afterwards: how many
// actors there are, which of them were committed lately, all that waits, and whether facts stand behind the last one that was
// read: there may be millions, none comes to stand before another, and so one look tells. What it cannot see: an outcome
// that a turn left which changed nothing else, facts that went (they were over, or went with their actor), what an encrypted
// store keeps for itself (of which a part stays there), and a commit by a member whose clock was behind by more than the
// allowance.

import { createHash } from 'node:crypto'
import { LIMITS } from '../base/index.ts'
import {
  type ArchiveRow,
  BOXES,
  type Envelope,
  KEYS_SYSTEM,
  type StandingEnvelope,
  type Statestore,
  type StoredActor,
} from '../ports/index.ts'

/** How far the clock of a member may be behind that of who reads. */
const ALLOWANCE_MS = 600_000

/** Sums of hashes, so that the order does not count. */
class Digest {
  #sum = 0

  add(...parts: readonly (string | number)[]): void {
    const hash = createHash('sha256').update(JSON.stringify(parts)).digest().readUIntBE(0, 6)
    this.#sum = (this.#sum + hash) % 2 ** 48
  }

  equals(other: Digest): boolean {
    return this.#sum === other.#sum
  }
}

export class Census {
  readonly #fromMs: number
  readonly #actors = new Map<string, number>()
  readonly #lately = new Digest()
  readonly #envelopes = new Digest()
  /** Where the last fact of a system stands that was read. */
  readonly #lastFacts = new Map<string, number>()

  /** @param startedAtMs when the reading began. */
  constructor(startedAtMs: number) {
    this.#fromMs = Math.max(0, startedAtMs - ALLOWANCE_MS)
  }

  note(row: ArchiveRow): void {
    if (row.kind === 'envelope') {
      const { envelope, system } = row
      if (envelope.box === 'fact')
        this.#lastFacts.set(system, Math.max(this.#lastFacts.get(system) ?? 0, envelope.place))
      else noteEnvelope(this.#envelopes, system, envelope)
    }
    if (row.kind !== 'actor') return
    const { system } = row.actor.id
    if (system === KEYS_SYSTEM) return
    this.#actors.set(system, (this.#actors.get(system) ?? 0) + 1)
    if (row.actor.committedAtMs >= this.#fromMs) noteActor(this.#lately, row.actor)
  }

  /** What is not any more as it was read, as sentences; empty: nothing. */
  async changes(store: Statestore): Promise<string[]> {
    const systems = await store.systems()
    const changes: string[] = []
    const lately = new Digest()
    const envelopes = new Digest()
    let factsCame = false
    for (const system of new Set([...systems, ...this.#actors.keys()])) {
      if (system === KEYS_SYSTEM) continue
      const read = this.#actors.get(system) ?? 0
      const stand = await store.count({ system })
      if (read !== stand)
        changes.push(`system ${system}: ${read} actors were read, and ${stand} are stored now`)
      for await (const actor of actorsSince(store, system, this.#fromMs)) noteActor(lately, actor)
      for await (const envelope of waitingIn(store, system)) noteEnvelope(envelopes, system, envelope)
      const { facts } = await store.facts(system, this.#lastFacts.get(system) ?? 0, 1)
      factsCame ||= facts.length > 0
    }
    if (!lately.equals(this.#lately)) changes.push('actors were committed while they were read')
    if (!envelopes.equals(this.#envelopes)) changes.push('messages were sent or taken while they were read')
    if (factsCame) changes.push('facts came while they were read')
    return changes
  }
}

function noteActor(digest: Digest, { birth, id, revision }: StoredActor): void {
  digest.add(id.system, id.parent, id.name, birth, revision)
}

function noteEnvelope(digest: Digest, system: string, { box, dueAtMs, header, id }: Envelope): void {
  digest.add(system, id, box, dueAtMs, header)
}

async function* actorsSince(
  store: Statestore,
  system: string,
  committedFromMs: number,
): AsyncGenerator<StoredActor> {
  let after: string | null = null
  do {
    const page = { limit: LIMITS.pageSize, ...(after !== null && { after }) }
    const { actors, next } = await store.list({ system, committedFromMs }, page)
    yield* actors
    after = next
  } while (after !== null)
}

/** All envelopes that are no facts, one box after the other. */
export async function* waitingIn(store: Statestore, system: string): AsyncGenerator<StandingEnvelope> {
  for (const box of BOXES) {
    if (box === 'fact') continue
    let after: string | null = null
    do {
      const page = { limit: LIMITS.pageSize, ...(after !== null && { after }) }
      const { envelopes, next } = await store.listEnvelopes(system, box, page)
      yield* envelopes
      after = next
    } while (after !== null)
  }
}
