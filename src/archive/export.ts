// From a store into an archive file. Decides what is read when, and how an export that was cut off goes on: behind the last
// part that is whole in the file. Where the text goes is the asker's.

import { type Clock, SpawnError } from '../base/index.ts'
import type { Statestore } from '../ports/index.ts'
import { archiveOf } from './archive-of.ts'
import { Census } from './census.ts'
import { type Header, PART_ROWS } from './frame-line.ts'
import { checkFinished } from './mark.ts'
import type { HeaderPiece, PartPiece, TrailerPiece } from './reading.ts'
import type { RowCounts } from './row-counts.ts'
import { checkOpened, isMovable } from './sealed-rows.ts'
import { Writing } from './writing.ts'

export interface ExportOptions {
  readonly store: Statestore
  /** What the header calls it; no secrets. */
  readonly source: string
  /** Whether the store hands its rows out encrypted. */
  readonly sealed: boolean
  /** Whether it has keys: then it opens what is encrypted. If not, and it is not to stay so, what is encrypted is refused. */
  readonly hasKeys?: boolean
  readonly clock: Clock
  /** Writes text behind what was written before. */
  readonly write: (text: string) => Promise<void>
  /** Told after each part. */
  readonly progress?: (counts: RowCounts) => void
  /** Of a file that has been begun: its pieces. */
  readonly begun?: Begun | undefined
}

export interface Begun {
  readonly header: HeaderPiece
  /** Behind the header, as far as they are sound. */
  readonly pieces: AsyncIterable<PartPiece | TrailerPiece>
}

export interface Exported {
  readonly parts: number
  readonly rows: RowCounts
  readonly changes: readonly string[]
}

/** @throws SpawnError of the store; what `write` throws. */
export async function exportStore(options: ExportOptions): Promise<Exported> {
  const { begun, clock, hasKeys = false, sealed, source, store, write } = options
  const archive = archiveOf(store)
  await checkFinished(store)
  const writing = new Writing()
  const startedAtMs = begun?.header.header.startedAtMs ?? clock.now()
  const census = new Census(startedAtMs)
  let after: string | null | undefined
  if (begun === undefined) {
    await write(writing.header({ source, sealed, startedAtMs }))
  } else {
    checkSame(begun.header.header, options)
    writing.resumedHeader(begun.header.checksum)
    for await (const piece of begun.pieces) {
      // It was cut off between its last line and its name.
      if (piece.kind === 'trailer')
        return { parts: writing.parts, rows: writing.counts, changes: piece.trailer.changes }
      writing.resumedPart(piece)
      for (const row of piece.rows) census.note(row)
      after = piece.part.next
    }
  }
  while (after !== null) {
    const page = await archive.read({ limit: PART_ROWS, ...(after !== undefined && { after }) })
    const { next } = page
    const rows = page.rows.filter(isMovable)
    after = next
    if (!sealed && !hasKeys) checkOpened(rows)
    if (rows.length === 0) continue
    for (const row of rows) census.note(row)
    await write(writing.part(rows, next))
    options.progress?.(writing.counts)
  }
  const changes = await census.changes(store)
  await write(writing.trailer(clock.now(), changes))
  return { parts: writing.parts, rows: writing.counts, changes }
}

function checkSame(begun: Header, { sealed, source }: ExportOptions): void {
  if (begun.source === source && begun.sealed === sealed) return
  const of = (header: Pick<Header, 'sealed' | 'source'>): string =>
    `${header.source}${header.sealed ? ', sealed' : ''}`
  throw new SpawnError(
    'INVALID_ARGUMENT',
    `the export was begun from ${of(begun)}, and cannot go on from ${of({ sealed, source })}: go on as it was begun, or ` +
      'begin anew with --overwrite',
  )
}
