// What is asked of a store in another process. Commits and loads go as bytes that the store takes as they are; the rest is
// rare, and goes as values in the form in which they cross between threads. Decides how both are written.
//
// Both sides are processes of one program on one machine: nothing here outlives them.

import { deserialize, serialize } from 'node:v8'
import type {
  ActorFilter,
  ActorPage,
  ArchiveChange,
  ArchivePage,
  ArchiveRow,
  Box,
  DuePage,
  EnvelopePage,
  EnvelopePosition,
  Erasure,
  ErasurePage,
  FactPage,
  Holdings,
  PageRequest,
  RevisionQuery,
  SchemaStatus,
  StoredActor,
  Verdict,
} from '../../ports/index.ts'
import type { ActorId } from '../../protocol/index.ts'
import type { CrossedActor, CrossedEnvelope, CrossedOutcome } from './crossed.ts'

/** The kind of such a request; those of commits and loads are of frames/group-bytes.ts. */
export const OPERATION = 0

/** What the store is, and has. */
export interface Offer {
  readonly name: string
  readonly durable: boolean
  readonly archive: boolean
  /** The tables as they stand: up to date, for the store has been started. Null: there are none. */
  readonly schema: SchemaStatus | null
  readonly erasures: boolean
  readonly holdings: boolean
  /** Where it takes frames itself; null: with everything else. */
  readonly framesAt: string | null
}

export interface OutcomeQuestion {
  readonly id: ActorId
  readonly key: string
  readonly nowMs: number
}

export interface KeysQuestion {
  readonly id: ActorId
  readonly limit: number
}

/** A page of such rows. */
type Of<Page, Rows extends keyof Page, Row> = Omit<Page, Rows> & { readonly [Key in Rows]: readonly Row[] }

/** Each operation with what it takes and what it answers. */
export interface ServedOperations {
  offer: (given: object) => Promise<Offer>
  /** Sees to it that frames are taken where the offer says. */
  letIn: (given: object) => Promise<null>
  loadRevision: (given: {
    readonly id: ActorId
    readonly query: RevisionQuery
  }) => Promise<CrossedActor | null>
  revisions: (given: {
    readonly id: ActorId
    readonly limit: number
    readonly before: number | undefined
  }) => Promise<readonly Omit<StoredActor, 'state'>[]>
  /** In the order of the questions. */
  loadOutcomes: (given: {
    readonly questions: readonly OutcomeQuestion[]
  }) => Promise<readonly CrossedOutcome[]>
  outcomeKeys: (given: {
    readonly questions: readonly KeysQuestion[]
  }) => Promise<readonly (Uint32Array | null)[]>
  list: (given: {
    readonly filter: ActorFilter
    readonly page: PageRequest
  }) => Promise<Of<ActorPage, 'actors', CrossedActor>>
  count: (given: { readonly filter: ActorFilter }) => Promise<number>
  systems: (given: object) => Promise<readonly string[]>
  due: (given: {
    readonly system: string
    readonly untilMs: number
    readonly limit: number
    readonly after: EnvelopePosition | undefined
  }) => Promise<Of<DuePage, 'envelopes', CrossedEnvelope>>
  envelopes: (given: {
    readonly system: string
    readonly ids: readonly string[]
  }) => Promise<readonly (CrossedEnvelope | null)[]>
  listEnvelopes: (given: {
    readonly system: string
    readonly box: Box
    readonly page: PageRequest
  }) => Promise<Of<EnvelopePage, 'envelopes', CrossedEnvelope>>
  facts: (given: {
    readonly system: string
    readonly after: number
    readonly limit: number
  }) => Promise<Of<FactPage, 'facts', CrossedEnvelope>>
  delete: (given: {
    readonly id: ActorId
    readonly follows: number
    readonly birth: number
  }) => Promise<Verdict>
  prune: (given: { readonly nowMs: number; readonly limit: number }) => Promise<number>
  holdings: (given: object) => Promise<Holdings>
  readArchive: (given: { readonly page: PageRequest }) => Promise<ArchivePage>
  writeArchive: (given: { readonly rows: readonly ArchiveRow[] }) => Promise<number>
  replaceInArchive: (given: { readonly changes: readonly ArchiveChange[] }) => Promise<number>
  hasErasure: (given: { readonly id: ActorId }) => Promise<boolean>
  erase: (given: {
    readonly id: ActorId
    readonly nowMs: number
    readonly factsSeenTo: number
  }) => Promise<Erasure | null>
  listErasures: (given: {
    readonly system: string | null
    readonly page: PageRequest
  }) => Promise<ErasurePage>
}

export type ServedOperation = keyof ServedOperations
export type Given<Name extends ServedOperation> = Parameters<ServedOperations[Name]>[0]
export type Answered<Name extends ServedOperation> = Awaited<ReturnType<ServedOperations[Name]>>

export function valueBytes(value: unknown): Uint8Array {
  return serialize(value)
}

/** What `valueBytes` was given, on the other side. Its bytes are views of these. */
export function valueIn(bytes: Uint8Array): unknown {
  return deserialize(bytes)
}
