// What a sealed store lets the store behind it see of each field of what is kept, and why. Decides it for every field by
// name: the lists are exhaustive, and what the sealer hands on is typed by them. So a field that is new in the ports does
// not compile until somebody has said here what becomes of it, nor until the sealer does so: one that is open must be handed
// on, one that is sealed can only be filled with what was sealed.
//
// Invariant: nothing is open but what a store needs to find, order, fence or expire a row, or to show that there is one.

import type {
  ArchiveKind,
  ArchiveRow,
  Commit,
  Envelope,
  OutcomeRecord,
  StandingEnvelope,
  StoredActor,
} from '../../ports/index.ts'
import type { Packed } from '../../protocol/index.ts'

/** What a store does with what it sees. `show`: people are told of it, whether or not there is a key. */
export type Use = 'find' | 'order' | 'fence' | 'expire' | 'show'

/** `parts`: has a list of its own. `withheld`: the store behind is not told. */
export type Treatment = 'sealed' | 'parts' | 'withheld' | `open to ${Use}`

/** A treatment for every field, and for nothing else. */
export type Fields<Whole> = { readonly [Field in keyof Whole]-?: Treatment }

export const COMMIT_FIELDS = {
  id: 'open to find',
  follows: 'open to fence',
  revision: 'open to fence',
  birth: 'open to fence',
  epoch: 'open to show',
  tags: 'open to find',
  state: 'sealed',
  committedAtMs: 'open to find',
  history: 'open to expire',
  outcomes: 'parts',
  sends: 'parts',
  takes: 'open to find',
  occasions: 'open to fence',
  hasOwnKey: 'withheld',
} as const satisfies Fields<Commit>

export const OUTCOME_FIELDS = {
  key: 'open to find',
  reply: 'sealed',
  expiresAtMs: 'open to expire',
} as const satisfies Fields<OutcomeRecord>

export const ENVELOPE_FIELDS = {
  id: 'open to find',
  box: 'open to find',
  dueAtMs: 'open to order',
  header: 'sealed',
  headerParts: 'withheld',
  isNew: 'open to find',
  payload: 'sealed',
} as const satisfies Fields<Envelope>

export const STANDING_FIELDS = {
  ...ENVELOPE_FIELDS,
  place: 'open to order',
} as const satisfies Fields<StandingEnvelope>

export const ACTOR_FIELDS = {
  id: 'open to find',
  revision: 'open to fence',
  birth: 'open to fence',
  epoch: 'open to show',
  tags: 'open to find',
  state: 'sealed',
  committedAtMs: 'open to find',
} as const satisfies Fields<StoredActor>

/** Of every value that is sealed. */
export const PACKED_FIELDS = {
  typeUrl: 'open to show',
  value: 'sealed',
} as const satisfies Fields<Packed>

export const ROW_FIELDS = {
  actor: { kind: 'open to find', actor: 'parts' },
  past: {
    kind: 'open to find',
    actor: 'parts',
    replacedAtMs: 'open to find',
    expiresAtMs: 'open to expire',
    counted: 'open to expire',
  },
  outcome: { kind: 'open to find', id: 'open to find', outcome: 'parts' },
  envelope: { kind: 'open to find', system: 'open to find', envelope: 'parts' },
} as const satisfies { readonly [Kind in ArchiveKind]: Fields<RowOf<Kind>> }

/** All of them, by what they are of. */
export const FIELDS: Readonly<Record<string, Readonly<Record<string, Treatment>>>> = {
  commit: COMMIT_FIELDS,
  outcome: OUTCOME_FIELDS,
  envelope: STANDING_FIELDS,
  actor: ACTOR_FIELDS,
  value: PACKED_FIELDS,
  'row of an actor': ROW_FIELDS.actor,
  'row of the past': ROW_FIELDS.past,
  'row of an outcome': ROW_FIELDS.outcome,
  'row of an envelope': ROW_FIELDS.envelope,
}

type RowOf<Kind extends ArchiveKind> = Extract<ArchiveRow, { readonly kind: Kind }>

declare const sealedHere: unique symbol

/** A value whose bytes were sealed: only the sealer makes one. */
export type SealedPacked = Packed & { readonly [sealedHere]: true }

/** Nothing, or sealed. A text is sealed with a value beside it, and its own place says nothing. */
type SealedForm<Value> = Value extends Packed | null ? SealedPacked | null : Value extends string ? '' : never

/** What the store behind gets of a whole: every field that is not withheld, as its list says. */
type Treated<Whole, Plan extends Fields<Whole>, Parts extends object = object> = {
  readonly [
    Field in keyof Whole as Plan[Field] extends 'withheld' ? never : Field
  ]-?: Plan[Field] extends 'sealed'
    ? SealedForm<Whole[Field]>
    : Plan[Field] extends 'parts'
      ? Field extends keyof Parts
        ? Parts[Field]
        : never
      : Whole[Field]
}

export type SealedOutcome = Treated<OutcomeRecord, typeof OUTCOME_FIELDS>
export type SealedEnvelope = Treated<Envelope, typeof ENVELOPE_FIELDS>
export type SealedStanding = Treated<StandingEnvelope, typeof STANDING_FIELDS>
export type SealedActor = Treated<StoredActor, typeof ACTOR_FIELDS>
export type SealedCommit = Treated<
  Commit,
  typeof COMMIT_FIELDS,
  { outcomes: readonly SealedOutcome[]; sends: readonly SealedEnvelope[] }
>

interface RowParts {
  readonly actor: SealedActor
  readonly outcome: SealedOutcome
  readonly envelope: SealedStanding
}
type SealedRowOf<Kind extends ArchiveKind, Plan extends Fields<RowOf<Kind>>> = Treated<
  RowOf<Kind>,
  Plan,
  RowParts
>

export type SealedRow =
  | SealedRowOf<'actor', typeof ROW_FIELDS.actor>
  | SealedRowOf<'past', typeof ROW_FIELDS.past>
  | SealedRowOf<'outcome', typeof ROW_FIELDS.outcome>
  | SealedRowOf<'envelope', typeof ROW_FIELDS.envelope>
