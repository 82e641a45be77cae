// What the two sides of the store's thread say to each other. Requests are answered in order, each once.

import type { MessagePort } from 'node:worker_threads'
import type { Failure } from '../../base/index.ts'
import type {
  ActorFilter,
  ArchiveChange,
  ArchivePage,
  ArchiveRow,
  Box,
  EnvelopePosition,
  Holdings,
  Migration,
  OutcomeRecord,
  RevisionQuery,
  SchemaStatus,
  Verdict,
} from '../../ports/index.ts'
import type { ActorId } from '../../protocol/index.ts'
import type { ArchivePosition } from '../archive-token.ts'
import type { PagePosition } from '../page-token.ts'
import type { CountedStretch, Stretch } from './listing.ts'
import type { StoredRow } from '../frames/rows.ts'

export interface OutcomeQuestion {
  readonly id: ActorId
  readonly key: string
}

export interface KeysQuestion {
  readonly id: ActorId
  readonly limit: number
}

/** Each operation with what it takes and what it answers. */
export interface Operations {
  /** Answers whether it is open now: null while another process has it. */
  open: (arguments_: { readonly file: string; readonly migrates: boolean }) => true | null
  /** Of a file that this thread has not opened; null while another process has it. */
  schema: (arguments_: { readonly file: string }) => SchemaStatus | null
  migrate: (arguments_: { readonly file: string }) => readonly Migration[] | null
  /** Frames of frame.ts; answers the places of the commits that met a conflict. */
  commit: (arguments_: {
    readonly frames: readonly Uint8Array[]
    /** Whether the first of them is the rest of what was expected. Undefined: of another process, of which nothing was. */
    readonly goesOn?: boolean
  }) => readonly number[]
  /** How the first frame of the next commit begins, behind what was expected before. Nothing is answered. */
  expect: (arguments_: { readonly part: Uint8Array }) => void
  /** Ids and rows of rows.ts. */
  load: (arguments_: { readonly ids: Uint8Array }) => Uint8Array
  loadRevision: (arguments_: { readonly id: ActorId; readonly query: RevisionQuery }) => StoredRow | null
  revisions: (arguments_: {
    readonly id: ActorId
    readonly limit: number
    readonly before: number
  }) => readonly StoredRow[]
  /** In the order of the questions. */
  loadOutcomes: (arguments_: {
    readonly questions: readonly OutcomeQuestion[]
  }) => readonly (OutcomeRecord | null)[]
  outcomeKeys: (arguments_: {
    readonly questions: readonly KeysQuestion[]
  }) => readonly (Uint32Array | null)[]
  list: (arguments_: {
    readonly filter: ActorFilter
    readonly after: PagePosition | null
    readonly limit: number
  }) => Stretch
  count: (arguments_: { readonly filter: ActorFilter; readonly after: PagePosition | null }) => CountedStretch
  /** In no order. */
  systems: (arguments_: object) => readonly string[]
  holdings: (arguments_: object) => Holdings
  /** Answers stretches and envelopes of envelope-bytes.ts. */
  due: (arguments_: {
    readonly system: string
    readonly untilMs: number
    readonly after: EnvelopePosition | null
    readonly limit: number
  }) => Uint8Array
  listEnvelopes: (arguments_: {
    readonly system: string
    readonly box: Box
    readonly after: EnvelopePosition | null
    readonly limit: number
  }) => Uint8Array
  facts: (arguments_: {
    readonly system: string
    readonly after: number
    readonly limit: number
  }) => Uint8Array
  envelopes: (arguments_: { readonly system: string; readonly ids: readonly string[] }) => Uint8Array
  delete: (arguments_: { readonly id: ActorId; readonly follows: number; readonly birth: number }) => Verdict
  prune: (arguments_: { readonly nowMs: number; readonly limit: number }) => number
  readArchive: (arguments_: { readonly position: ArchivePosition; readonly limit: number }) => ArchivePage
  writeArchive: (arguments_: { readonly rows: readonly ArchiveRow[] }) => number
  replaceInArchive: (arguments_: { readonly changes: readonly ArchiveChange[] }) => number
  /** Lets other processes in at a path. What comes of it is told at the port: a ServingReport; any message there ends it. */
  serve: (arguments_: { readonly path: string; readonly reports: MessagePort }) => null
  /** After the answer the thread ends. */
  close: (arguments_: object) => null
}

export type Operation = keyof Operations
export type Arguments<Name extends Operation> = Parameters<Operations[Name]>[0]
export type Answer<Name extends Operation> = ReturnType<Operations[Name]>

export interface Request<Name extends Operation = Operation> {
  readonly operation: Name
  readonly arguments: Arguments<Name>
}

/** As the main thread sends it. */
export interface Posted extends Request {
  /** Whether the store's thread sleeps when it has answered; if not, it waits awake for the next one. */
  readonly rests: boolean
  /** Whether it was laid where both can see it, see lane.ts. */
  readonly isLaid?: true
}

export type Response = { readonly answer: unknown } | { readonly failure: Failure }

/** Null: as it was asked; else why it could not be. Told when it has begun, and when it has ended. */
export type ServingReport = { readonly problem: string | null }
