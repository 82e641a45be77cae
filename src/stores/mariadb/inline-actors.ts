// The latest revisions of a group that stand as values in the text of its statement, and not in JSON: that takes the server half
// of the time. Decides which do, and for how many rows there is a text: each has to be prepared, so there are few, and
// the rows behind the last are the last one once more, which changes nothing when it comes again.

import type { Commit } from '../../ports/index.ts'
import { packTags } from '../sql/tag-bytes.ts'
import type { Value } from './connection.ts'

/** How many rows a text may have. */
const SIZES: readonly number[] = [0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256]
const MOST_ROWS = SIZES.at(-1) ?? 0
/** Larger states are quicker elsewhere: see large-bytes.ts. */
const MOST_STATE_BYTES = 64 * 1_024

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

  /** A row has no column for what stands before it, so that must be the revision below its own. */
  takes({ revision, state }: Commit, follows: number): boolean {
    const isNext = revision === follows + 1
    return isNext && this.#rows < MOST_ROWS && (state?.value.length ?? 0) < MOST_STATE_BYTES
  }

  add({ birth, committedAtMs, epoch, id, revision, state, tags }: Commit): void {
    const bytes = state?.value
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
      bytes === undefined ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length),
    )
    this.#rows += 1
  }

  /** How many rows the statement's text has. */
  get size(): number {
    return SIZES.find((size) => size >= this.#rows) ?? MOST_ROWS
  }

  get values(): readonly Value[] {
    const missing = this.size - this.#rows
    if (missing === 0) return this.#values
    const last = this.#values.slice(-INLINE_COLUMNS.length)
    // It is not written again, so it needs no state.
    last[INLINE_COLUMNS.length - 1] = null
    const values = [...this.#values]
    for (let row = 0; row < missing; row += 1) values.push(...last)
    return values
  }
}
