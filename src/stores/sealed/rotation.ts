// Sealing all of a store anew, under the key that seals now: page by page, beside runtimes that commit. What was never
// sealed is sealed, where that may be read. It decides which rows are due; that one which was committed meanwhile is left
// alone, is the archive's promise. What another key of an actor's own has sealed stays as it is: the key is what is rotated.
//
// How far it has come stands in the store, so that one which was cut off goes on from there. A crash between a page and
// the mark has it look at that page again, and find nothing to do.

import { isSpawnError } from '../../base/index.ts'
import { type ArchiveRow, ROTATION_MARK, type Statestore } from '../../ports/index.ts'
import type { Packed } from '../../protocol/index.ts'
import { type ArchiveBehind, openedRow, type SealedChange } from './archive.ts'
import type { KeyRing } from './key-ring.ts'
import type { Opener } from './opener.ts'
import { readReserved, writeReserved } from './reserved-row.ts'
import { headOf } from './sealed-bytes.ts'
import { isWrappedKey } from './wrapped-keys.ts'
import type { Seal, Sealer } from './sealer.ts'

export interface RotationPage {
  readonly rows: number
  /** Those of them that are no outcomes: a store says how many there are of these. */
  readonly counted: number
  /** Sealed anew. */
  readonly sealed: number
  /** Changed by a runtime in the moment; it sealed them. */
  readonly overtaken: number
  /** Rows by the key that they were found sealed with; `''`: none, `own`: one of the actor's own. */
  readonly byKey: ReadonlyMap<string, number>
  /** What could not be opened, and why. */
  readonly unreadable: readonly string[]
  /** Null: this was the last. */
  readonly next: string | null
}

export interface RotationOptions {
  /** The sealed store itself: the mark is sealed, too. */
  readonly store: Statestore
  readonly archive: ArchiveBehind
  readonly ring: KeyRing
  readonly opener: Opener
  readonly sealer: Sealer
  /** With the key that seals now. */
  readonly seal: Seal
  /** Has the keys that these rows are sealed with in memory. */
  readonly ready: (rows: readonly ArchiveRow[]) => Promise<void>
}

interface Mark {
  readonly to: string
  readonly after: string | null
  /** How many of the counted rows are done; absent: an earlier release has not noted it. */
  readonly counted?: number
}

/** Where a rotation goes on. */
export interface Resumed {
  readonly after: string
  readonly counted: number
}

export class Rotation {
  readonly #options: RotationOptions
  #markRevision = 0
  /** Whether something could not be opened: what comes after that is not marked, so that the next one meets it again. */
  #leftSome = false

  constructor(options: RotationOptions) {
    this.#options = options
  }

  /** The key that everything is to be sealed with. */
  get to(): string {
    return this.#options.ring.sealingId
  }

  /** Where one to the same key was cut off; null: at the beginning. */
  async resumed(): Promise<Resumed | null> {
    const { revision, value } = await readReserved(this.#options.store, ROTATION_MARK)
    this.#markRevision = revision
    // Written by `mark`, below.
    const mark = value as Mark | null
    if (mark === null || mark.to !== this.to || mark.after === null) return null
    return { after: mark.after, counted: mark.counted ?? 0 }
  }

  /** All before `after` was looked at; null: all was. @param counted how many of the counted rows that are. */
  async mark(after: string | null, counted: number, nowMs: number): Promise<void> {
    if (after !== null && this.#leftSome) return
    const mark: Mark = { to: this.to, after, counted }
    await writeReserved(this.#options.store, ROTATION_MARK, this.#markRevision, mark, nowMs)
    this.#markRevision += 1
  }

  /** @param changes whether what is due is sealed anew, or only counted. */
  async page(after: string | null, limit: number, changes: boolean): Promise<RotationPage> {
    const { archive, opener, ready, ring, seal, sealer } = this.#options
    const { next, rows: all } = await archive.read({ limit, ...(after !== null && { after }) })
    const rows = all.filter((row) => row.kind !== 'actor' || !isWrappedKey(row.actor.id))
    await ready(rows)
    const byKey = new Map<string, number>()
    const due: SealedChange[] = []
    const unreadable: string[] = []
    for (const row of rows) {
      const key = keyOf(row)
      byKey.set(key, (byKey.get(key) ?? 0) + 1)
      if (!changes || key === ring.sealingId || key === OWN) continue
      try {
        due.push({ before: row, after: sealer.row(seal, openedRow(opener, row)) })
      } catch (thrown) {
        if (!isSpawnError(thrown) || thrown.code !== 'STATE_UNREADABLE') throw thrown
        unreadable.push(thrown.message)
        this.#leftSome = true
      }
    }
    const sealed = due.length === 0 ? 0 : await archive.replace(due)
    const counted = rows.filter(({ kind }) => kind !== 'outcome').length
    return { rows: rows.length, counted, sealed, overtaken: due.length - sealed, byKey, unreadable, next }
  }
}

const OWN = 'own'

function keyOf(row: ArchiveRow): string {
  const packed = packedOf(row)
  const head = packed === null ? null : headOf(packed.value)
  if (head === null) return ''
  return head.kind === 'ring' ? head.id : OWN
}

function packedOf(row: ArchiveRow): Packed | null {
  if (row.kind === 'outcome') return row.outcome.reply
  return row.kind === 'envelope' ? row.envelope.payload : row.actor.state
}
