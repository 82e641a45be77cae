// How what a runtime commits is sealed. Which of its parts are, and which stay as they are so that a store can find, order
// and expire what it cannot read, is in fields.ts: nothing is handed on here but by name, as it is said there. That there is
// no state is sealed like a state: a row that was emptied is known from one that was always empty.
//
// This is on the path of every durable call: what need not be sealed is passed on as it is.

import type { ArchiveRow, Commit, Envelope, OutcomeRecord, StoredActor } from '../../ports/index.ts'
import { type ActorId, Packed } from '../../protocol/index.ts'
import { type Associated, type StateAddress } from './associated.ts'
import type {
  SealedActor,
  SealedCommit,
  SealedEnvelope,
  SealedOutcome,
  SealedPacked,
  SealedRow,
} from './fields.ts'
import { packLetter } from './letter-bytes.ts'
import { NOTHING } from './sealed-bytes.ts'

const NO_BYTES = new Uint8Array()
const NONE: readonly never[] = []

/** Seals with some key. */
export type Seal = (associated: Uint8Array, plain: Uint8Array) => Uint8Array

export class Sealer {
  readonly #associated: Associated

  constructor(associated: Associated) {
    this.#associated = associated
  }

  commit(seal: Seal, commit: Commit): SealedCommit {
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
      state: revision === follows ? null : this.#state(seal, commit, commit.state),
      committedAtMs,
      history,
      outcomes: outcomes.length === 0 ? NONE : outcomes.map((kept) => this.outcome(seal, id, kept)),
      sends: sends.length === 0 ? NONE : sends.map((sent) => this.envelope(seal, id.system, sent)),
      takes,
      occasions,
    }
  }

  outcome(seal: Seal, id: ActorId, outcome: OutcomeRecord): SealedOutcome {
    const { expiresAtMs, key: kept, reply } = outcome
    const typeUrl = reply === null ? NOTHING : reply.typeUrl
    const bound = this.#associated.outcome(id, kept, typeUrl)
    return { key: kept, reply: sealedPacked(seal, typeUrl, bound, valueOf(reply)), expiresAtMs }
  }

  /** Its header goes where its payload is; what stands in the header's place says nothing. */
  envelope(seal: Seal, system: string, envelope: Envelope): SealedEnvelope {
    const { box, dueAtMs, header, id, isNew, payload } = envelope
    const typeUrl = payload === null ? NOTHING : payload.typeUrl
    const bound = this.#associated.envelope(system, envelope, typeUrl)
    const letter = packLetter(header, payload === null ? null : payload.value)
    const sealed = sealedPacked(seal, typeUrl, bound, letter)
    return { id, box, dueAtMs, header: '', payload: sealed, isNew: isNew === true ? true : undefined }
  }

  row(seal: Seal, row: ArchiveRow): SealedRow {
    if (row.kind === 'outcome') {
      const { id, kind, outcome } = row
      return { kind, id, outcome: this.outcome(seal, id, outcome) }
    }
    if (row.kind === 'envelope') {
      const { envelope, kind, system } = row
      return { kind, system, envelope: { ...this.envelope(seal, system, envelope), place: envelope.place } }
    }
    const actor = this.#actor(seal, row.actor)
    if (row.kind === 'actor') return { kind: row.kind, actor }
    const { counted, expiresAtMs, kind, replacedAtMs } = row
    return { kind, actor, replacedAtMs, expiresAtMs, counted }
  }

  #actor(seal: Seal, actor: StoredActor): SealedActor {
    const { birth, committedAtMs, epoch, id, revision, state, tags } = actor
    return { id, revision, birth, epoch, tags, state: this.#state(seal, actor, state), committedAtMs }
  }

  #state(seal: Seal, address: StateAddress, state: Packed | null): SealedPacked {
    const typeUrl = state === null ? NOTHING : state.typeUrl
    return sealedPacked(seal, typeUrl, this.#associated.state(address, typeUrl), valueOf(state))
  }
}

function valueOf(packed: Packed | null): Uint8Array {
  return packed === null ? NO_BYTES : packed.value
}

/** The only place where something comes to be of this type: its bytes are what a key has sealed. */
function sealedPacked(seal: Seal, typeUrl: string, bound: Uint8Array, plain: Uint8Array): SealedPacked {
  return new Packed(typeUrl, seal(bound, plain)) as SealedPacked
}
