// How what a runtime commits is sealed: states, replies, and envelopes with their headers. Ids, tags, type URLs and times
// stay as they are, so that a store can find, order and expire what it cannot read. That there is no state is sealed like
// a state: a row that was emptied is known from one that was always empty.
//
// This is on the path of every durable call: what need not be sealed is passed on as it is.

import type { Commit, Envelope, OutcomeRecord } from '../../ports/index.ts'
import { type ActorId, Packed } from '../../protocol/index.ts'
import { type Associated, type StateAddress } from './associated.ts'
import { packLetter } from './letter-bytes.ts'
import { NOTHING } from './sealed-bytes.ts'

const NO_BYTES = new Uint8Array()

/** Seals with some key. */
export type Seal = (associated: Uint8Array, plain: Uint8Array) => Uint8Array

export class Sealer {
  readonly #associated: Associated

  constructor(associated: Associated) {
    this.#associated = associated
  }

  commit(seal: Seal, commit: Commit): Commit {
    const { birth, committedAtMs, epoch, follows, history, id, occasions, revision, tags, takes } = commit
    const { outcomes, sends } = commit
    return {
      id,
      follows,
      revision,
      birth,
      epoch,
      tags,
      // A turn that changed nothing stores no state.
      state: revision === follows ? null : this.state(seal, commit, commit.state),
      committedAtMs,
      history,
      outcomes: outcomes.length === 0 ? outcomes : outcomes.map((kept) => this.outcome(seal, id, kept)),
      sends: sends.length === 0 ? sends : sends.map((sent) => this.envelope(seal, id.system, sent)),
      takes,
      occasions,
    }
  }

  state(seal: Seal, address: StateAddress, state: Packed | null): Packed {
    const typeUrl = state === null ? NOTHING : state.typeUrl
    const bound = this.#associated.state(address, typeUrl)
    return new Packed(typeUrl, seal(bound, state === null ? NO_BYTES : state.value))
  }

  outcome(seal: Seal, id: ActorId, outcome: OutcomeRecord): OutcomeRecord {
    const { expiresAtMs, key: kept, reply } = outcome
    const typeUrl = reply === null ? NOTHING : reply.typeUrl
    const bound = this.#associated.outcome(id, kept, typeUrl)
    const sealed = seal(bound, reply === null ? NO_BYTES : reply.value)
    return { key: kept, reply: new Packed(typeUrl, sealed), expiresAtMs }
  }

  /** Its header goes where its payload is; what stands in the header's place says nothing. */
  envelope(seal: Seal, system: string, envelope: Envelope): Envelope {
    const { box, dueAtMs, header, id, isNew, payload } = envelope
    const typeUrl = payload === null ? NOTHING : payload.typeUrl
    const bound = this.#associated.envelope(system, envelope, typeUrl)
    const letter = packLetter(header, payload === null ? null : payload.value)
    const sealed = new Packed(typeUrl, seal(bound, letter))
    return { id, box, dueAtMs, header: '', payload: sealed, ...(isNew === true && { isNew }) }
  }
}
