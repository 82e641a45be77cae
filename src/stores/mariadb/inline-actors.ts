// The latest revisions of a group that stand as values in the text of its statement, and not in JSON: that takes the server half
// of the time. Decides which do, and for how many rows there is a text: each has to be prepared, so there are few, and
// the rows behind the last are the last one once more, which changes nothing when it comes again.

import type { Commit } from '../../ports/index.ts'
import type { Packed } from '../../protocol/index.ts'
import { packTags } from '../sql/tag-bytes.ts'
import type { Value } from './connection.ts'

/** How many rows a text may have. */
const SIZES: readonly number[] = [
  0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1_024,
]
/** In the text of a group that is not plain. */
const MOST_ROWS = 256
/** Larger states are quicker elsewhere: see large-bytes.ts. */
const MOST_STATE_BYTES = 64 * 1_024

/** To ask a short array for its buffer makes one outside the heap, which takes six times as long as a copy does. */
const COPIED_BYTES = 512

export const INLINE_COLUMNS = [
  'system',
  'parent',
  'name',
  'revision',
  'birth',
  'epoch',
  'committed_at_ms',
  'tags',
  'state_type',
  'state',
] as const

export class InlineActors {
  #values: Value[] = []
  #rows = 0

  get rows(): number {
    return this.#rows
  }

  takes(commit: Commit, follows: number): boolean {
    return this.#rows < MOST_ROWS && fitsInline(commit, follows)
  }

  add({ birth, committedAtMs, epoch, id, revision, state, tags }: Commit): void {
    this.#values.push(
      id.system,
      id.parent,
      id.name,
      revision,
      birth,
      epoch,
      committedAtMs,
      packTags(tags),
      state?.typeUrl ?? null,
      bytesOf(state),
    )
    this.#rows += 1
  }

  /** How many rows the statement's text has. */
  get size(): number {
    return sizeFor(this.#rows)
  }

  get values(): readonly Value[] {
    const values = [...this.#values]
    addMissing(values, this.#rows, INLINE_COLUMNS.length)
    return values
  }
}

/** A row has no column for what stands before it, so that must be the revision below its own. */
export function fitsInline({ revision, state }: Commit, follows: number): boolean {
  return revision === follows + 1 && (state?.value.length ?? 0) < MOST_STATE_BYTES
}

/** Of how many rows the text for so many is. */
export function sizeFor(rows: number): number {
  return SIZES.find((size) => size >= rows) ?? rows
}

/** Adds the rows that the text has more, behind the values of the last one. */
export function addMissing(values: Value[], rows: number, columns: number): void {
  const missing = sizeFor(rows) - rows
  if (missing === 0) return
  // It is not written again, so it needs no bytes of a state, or of tags.
  const last = values.slice(-columns).map((value) => (Buffer.isBuffer(value) ? null : value))
  for (let row = 0; row < missing; row += 1) values.push(...last)
}

/** As the driver takes it. */
export function bytesOf(state: Packed | null): Buffer | null {
  if (state === null) return null
  const { value } = state
  if (value.length > COPIED_BYTES) return Buffer.from(value.buffer, value.byteOffset, value.length)
  const bytes = Buffer.allocUnsafe(value.length)
  bytes.set(value)
  return bytes
}
