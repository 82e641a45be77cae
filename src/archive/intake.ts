// Rows from anywhere into a store, part by part. Decides whether the store may take them, what has been taken already, and the
// places of envelopes: they keep those that they had, or get larger ones, in the order in which they come, behind all that
// stand. For places are each store's own, and two sources, or two systems of one, may have given the same.
//
// Invariants: no place becomes smaller, so who has read the facts up to one finds all others behind it. Each part is written in one
// transaction, with the mark of how far it came. So a crash at any point leaves whole parts and their mark, and the same again
// ends with the same store. Only a store that has all of it has no mark.

import { type Clock, SpawnError } from '../base/index.ts'
import type { Archive, ArchiveRow, Statestore } from '../ports/index.ts'
import { archiveOf } from './archive-of.ts'
import { lastPlace } from './last-place.ts'
import { type Mark, markOf, markRow, removeMark } from './mark.ts'
import { type RowCounts, RowCounting } from './row-counts.ts'

export interface CarriedPart {
  /** 1 for the first. */
  readonly number: number
  /** Tells it from others with its number. */
  readonly mark: string
  /** At most PART_ROWS. */
  readonly rows: readonly ArchiveRow[]
}

export interface PartSource {
  /** The same for the same rows in the same parts. */
  readonly identity: string
  /** What people call it; no secrets. */
  readonly name: string
  /** Whether its parts are the same each time: then those that were taken in need not be again. */
  readonly isFixed: boolean
  readonly parts: AsyncIterable<CarriedPart>
}

export interface IntakeOptions {
  readonly source: PartSource
  /** No runtime may use it meanwhile. */
  readonly target: Statestore
  /** What people call the target; no secrets. */
  readonly targetName: string
  /** Takes rows in beside what is there; those of the same key are replaced. */
  readonly merges: boolean
  readonly clock: Clock
  /** Told after each part. */
  readonly progress?: (counts: RowCounts) => void
}

export interface TakenIn {
  readonly rows: RowCounts
  /** How many of them were of a past that they do not fit. */
  readonly leftOut: number
  /** The part behind which it went on; 0: it began. */
  readonly resumedBehind: number
}

/** @throws SpawnError INVALID_ARGUMENT when the store may not take it; what the source and the store throw. */
export async function takeIn(options: IntakeOptions): Promise<TakenIn> {
  const { clock, progress, source, target } = options
  const archive = archiveOf(target)
  let mark = await begin(options)
  const done = source.isFixed ? mark.part : 0
  const counting = new RowCounting()
  const places = new Places(mark.placesBefore)
  for await (const { mark: partMark, number, rows } of source.parts) {
    const placed = places.given(rows)
    counting.add(rows)
    if (number === done && partMark !== mark.partMark) throw changed(source.name)
    if (number <= done) continue
    const written = await archive.write([
      ...placed,
      markRow({ ...mark, part: number, partMark }, clock.now()),
    ])
    const leftOut = mark.leftOut + placed.length + 1 - written
    mark = { ...mark, part: number, partMark, leftOut }
    progress?.(counting.counts)
  }
  await removeMark(target)
  return { rows: counting.counts, leftOut: mark.leftOut, resumedBehind: done }
}

/** Reads a source to its end, and writes nothing. @throws what the source throws. */
export async function countParts(
  { parts }: Pick<PartSource, 'parts'>,
  progress?: (counts: RowCounts) => void,
): Promise<RowCounts> {
  const counting = new RowCounting()
  for await (const { rows } of parts) {
    counting.add(rows)
    progress?.(counting.counts)
  }
  return counting.counts
}

/** What `takeIn` would refuse at once. @throws SpawnError INVALID_ARGUMENT */
export async function checkTarget(
  options: Pick<IntakeOptions, 'merges' | 'target' | 'targetName'> & {
    readonly source: { identity: string }
  },
): Promise<Mark | null> {
  const { merges, source, target, targetName } = options
  const mark = await markOf(target)
  if (mark !== null && mark.identity === source.identity) return mark
  if (mark !== null) {
    throw refused(
      `${targetName} holds a part of ${mark.source}, which has not been taken in to its end: go on with that, or name an empty store`,
    )
  }
  if (!merges && (await holdsSomething(archiveOf(target)))) {
    throw refused(
      `${targetName} holds something already: name an empty store, or add --merge to take rows in beside what is there ` +
        '(those of the same actor, key, message or fact are replaced)',
    )
  }
  return null
}

/** Where it goes on. Nothing is written before there is a part. */
async function begin(options: IntakeOptions): Promise<Mark> {
  const { source, target } = options
  const begun = await checkTarget(options)
  if (begun !== null && source.isFixed) return begun
  // What is taken in again may not be quite the same: it gets places behind those that it had.
  const placesBefore = await lastPlace(target)
  return { identity: source.identity, source: source.name, part: 0, partMark: '', placesBefore, leftOut: 0 }
}

async function holdsSomething(archive: Archive): Promise<boolean> {
  let after: string | null = null
  do {
    const page = await archive.read({ limit: 1, ...(after !== null && { after }) })
    if (page.rows.length > 0) return true
    after = page.next
  } while (after !== null)
  return false
}

/** A larger one comes from no store, and would leave no room behind it. */
const LARGEST_PLACE = 2 ** 52

class Places {
  #last: number

  constructor(last: number) {
    this.#last = last
  }

  /** Envelopes where they stood, or at the next place behind the last. */
  given(rows: readonly ArchiveRow[]): ArchiveRow[] {
    return rows.map((row) => {
      if (row.kind !== 'envelope') return row
      const { place } = row.envelope
      this.#last = place > this.#last && place <= LARGEST_PLACE ? place : this.#last + 1
      return { ...row, envelope: { ...row.envelope, place: this.#last } }
    })
  }
}

function changed(source: string): SpawnError {
  return refused(
    `${source} is not what the import was begun with: go on with that file, or begin anew with an empty store`,
  )
}

function refused(message: string): SpawnError {
  return new SpawnError('INVALID_ARGUMENT', message)
}
