// The commits of generated sequences: of which actors and envelopes they speak, and what a part of a group means as things
// stand in the model. Decides nothing about stores.

import { BOXES, type Commit, type Envelope } from '../ports/index.ts'
import type { ActorId } from '../protocol/index.ts'
import { actorId, envelopeOf, factOf, json, NOON_MS, outsideCommit, SYSTEM } from './statestore-fixture.ts'
import type { StatestoreModel } from './statestore-model.ts'
import type { OutboxModel } from './statestore-outbox-model.ts'

/** The actors of a sequence, in the order in which a listing has them. */
export const ACTORS: readonly ActorId[] = [
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
export const KEYS = ['k', 'key'] as const
export const ENVELOPES = ['a', 'a\0', '\ufffd', '\u{1f600}', 'e', 'f', 'g', 'h'] as const
export const DUE_AT_MS = [0, 1, NOON_MS, NOON_MS + 30, 2 ** 53 - 1] as const

export interface CommitPart {
  readonly actor: number
  /** What it follows, relative to the revision that it would have to. */
  readonly off: number
  /** Made for another incarnation than the one that stands. */
  readonly isAlien: boolean
  /** 0: only its outcomes, sends and takes count. */
  readonly turns: number
  /** Bytes of the state, about; negative: none. */
  readonly size: number
  readonly isTagged: boolean
  readonly history: number
  /** Milliseconds that the outcome lives; null: there is none. */
  readonly outcome: number | null
  /** Envelopes by number, each with the number of its box and of its time. */
  readonly sends: readonly { readonly envelope: number; readonly box: number; readonly due: number }[]
  /** Below 100: of what stands then, by number. From there on: an id by number, whether it stands or not. */
  readonly takes: readonly number[]
  /** Says of all that it takes when it must be due: so many milliseconds off; null: it does not say. */
  readonly occasion: number | null
  /** Of the outside: then only its sends and takes count. */
  readonly isOutside: boolean
}

export const STEP_RANGES = {
  actors: ACTORS.length,
  histories: HISTORIES.length,
  prefixes: ['', 'a', 'ab', '\ufffd'],
  envelopes: ENVELOPES.length,
  boxes: BOXES.length,
  dueTimes: DUE_AT_MS.length,
} as const

/** Makes commits, each envelope with a header of its own and each incarnation with a birth of its own. */
export class PartCommits {
  readonly #model: StatestoreModel
  #nowMs = 0
  #births = 0
  #sent = 0

  constructor(model: StatestoreModel) {
    this.#model = model
  }

  /** The commits of a group that is made at `nowMs`. */
  group(parts: readonly CommitPart[], nowMs: number): Commit[] {
    this.#nowMs = nowMs
    const standing = new Map<number, { readonly revision: number; readonly birth: number }>()
    const outbox = this.#model.outbox.copy()
    return parts.map((part, at) => {
      const right = standing.get(part.actor) ?? this.#standing(idOf(part.actor))
      const commit = this.#commitOf(part, at, right, outbox)
      if (!part.isOutside) standing.set(part.actor, commit)
      if (outbox.accepts(commit)) outbox.apply(commit)
      return commit
    })
  }

  #commitOf(
    part: CommitPart,
    at: number,
    right: { readonly revision: number; readonly birth: number },
    outbox: OutboxModel,
  ): Commit {
    const sends = part.sends.map(({ box, due, envelope }) => this.#envelope(envelope, box, due))
    const takes = [...new Set(part.takes.map((number) => takenId(number, outbox)))]
    const occasions = occasionsOf(takes, part.occasion, outbox)
    const committedAtMs = this.#nowMs
    if (part.isOutside) return outsideCommit({ id: actorId(''), committedAtMs, sends, takes, occasions })
    const follows = Math.max(0, right.revision + part.off)
    const revision = follows + part.turns
    const { outcome: livesMs } = part
    const key = KEYS[at % KEYS.length] ?? ''
    const reply = at % 3 === 0 ? null : json(revision)
    return {
      id: idOf(part.actor),
      follows,
      revision,
      birth: right.birth + (part.isAlien ? 1 : 0),
      epoch: at,
      tags: part.isTagged ? { tagged: 'yes', at: String(at) } : {},
      state: part.size < 0 ? null : json(`${revision} of ${this.#nowMs} ${'.'.repeat(part.size)}`),
      committedAtMs,
      history: HISTORIES[part.history % HISTORIES.length] ?? { revisions: 0, durationMs: 0 },
      outcomes: livesMs === null ? [] : [{ key, reply, expiresAtMs: this.#nowMs + livesMs }],
      sends,
      takes,
      occasions,
    }
  }

  #envelope(number: number, box: number, due: number): Envelope {
    const payload = this.#sent % 3 === 0 ? null : json(this.#sent)
    const name = `${(this.#sent += 1)}`
    const more = { dueAtMs: DUE_AT_MS[due % DUE_AT_MS.length] ?? 0, header: `sent ${name}`, payload }
    const isIn = BOXES[box % BOXES.length] ?? 'dead'
    return isIn === 'fact' ? factOf(name, more) : envelopeOf(envelopeId(number), { box: isIn, ...more })
  }

  /** What a commit has to name: of an actor that is not stored, a birth that none had before. */
  #standing(id: ActorId): { readonly revision: number; readonly birth: number } {
    const birth = this.#model.birthOf(id) || (this.#births += 2)
    return { revision: this.#model.revisionOf(id), birth }
  }
}

export function idOf(actor: number): ActorId {
  return ACTORS[actor % ACTORS.length] ?? never()
}

function envelopeId(number: number): string {
  return ENVELOPES[number % ENVELOPES.length] ?? never()
}

function occasionsOf(
  takes: readonly string[],
  off: number | null,
  { standing }: OutboxModel,
): ReadonlyMap<string, number> | undefined {
  if (off === null) return undefined
  const dueAtMs = (taken: string): number => standing.find(({ id }) => id === taken)?.dueAtMs ?? 0
  const asked = (id: string): number => Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, dueAtMs(id) - off))
  return new Map(takes.map((id) => [id, asked(id)]))
}

function takenId(number: number, { standing }: OutboxModel): string {
  return number < 100 && standing.length > 0
    ? (standing[number % standing.length]?.id ?? never())
    : envelopeId(number)
}

function never(): never {
  throw new Error('there is always an actor')
}
