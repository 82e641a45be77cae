// The lines of an archive file that are no rows: its header, the end of each part, and its trailer. Decides their form, and
// what the checksums are of.
//
//  - A file is a header, parts, and a trailer, one JSON document a line. A part is its rows and a line that ends it.
//  - Each of the three carries a checksum: SHA-256 of the checksum before it (none for the header), the rows, and its own
//    line up to the checksum. So a part that is missing, moved or altered is found at the next checksum.
//  - A file without its trailer was not finished. Whole parts in it are sound.

import { createHash, type Hash } from 'node:crypto'
import { LIMITS } from '../base/index.ts'
import { ARCHIVE_KINDS } from '../ports/index.ts'
import { type Fields, LineFault } from './fields.ts'
import type { LineCounts } from './row-counts.ts'

export const FORMAT_VERSION = 1

/** Rows of a part, at most: who writes them to a store puts a note of its own beside them. */
export const PART_ROWS = LIMITS.pageSize - 1

export interface Header {
  readonly format: number
  /** What the rows come from, without secrets: a store's URL, or the tables of another program. */
  readonly source: string
  /** Whether states, replies and messages are encrypted in it as they were in the store. */
  readonly sealed: boolean
  readonly startedAtMs: number
}

export interface PartEnd {
  /** 1 for the first. */
  readonly part: number
  readonly rows: number
  /** Where the reading of the source goes on behind it; null: it had come to its end. */
  readonly next: string | null
}

export interface Trailer {
  readonly parts: number
  readonly rows: LineCounts
  readonly finishedAtMs: number
  /** What changed in the source while it was read: sentences for people; empty: nothing did. */
  readonly changes: readonly string[]
}

/** What stands between a line and its checksum, and behind that. */
const CHECKSUM_KEY = ',"checksum":"'
const LINE_END = '"}'
const CHECKSUM_LENGTH = 64

/** The checksums of a file, one after another. */
export class Chain {
  #hash: Hash = createHash('sha256')

  /** Goes on behind a line with this checksum. */
  static behind(checksum: string): Chain {
    const chain = new Chain()
    chain.#hash.update(checksum)
    return chain
  }

  /** A row of the part, without the end of its line. */
  row(line: string | Uint8Array): void {
    this.#hash.update(line)
  }

  /** The line that ends what came since the last one, with its checksum, without the end of the line. */
  end(values: object): string {
    const text = JSON.stringify(values).slice(0, -1)
    return `${text}${CHECKSUM_KEY}${this.#next(text)}${LINE_END}`
  }

  /**
   * Checks such a line.
   *
   * @returns its checksum. @throws LineFault
   */
  check(line: Buffer): string {
    const at = line.length - LINE_END.length - CHECKSUM_LENGTH
    const from = at - CHECKSUM_KEY.length
    if (from < 0 || line.toString('latin1', from, at) !== CHECKSUM_KEY)
      throw new LineFault('it does not end with a checksum')
    const given = line.toString('latin1', at, at + CHECKSUM_LENGTH)
    if (given !== this.#next(line.subarray(0, from))) throw new LineFault('the checksum does not match')
    return given
  }

  #next(text: string | Uint8Array): string {
    const checksum = this.#hash.update(text).digest('hex')
    this.#hash = createHash('sha256').update(checksum)
    return checksum
  }
}

export function headerLine(chain: Chain, { format, sealed, source, startedAtMs }: Header): string {
  const startedAt = new Date(startedAtMs).toISOString()
  return chain.end({ kind: 'header', archive: 'spawn', format, source, sealed, startedAtMs, startedAt })
}

/** @throws LineFault */
export function headerOf(line: Fields): Header {
  return {
    format: line.whole('format', 1),
    source: line.text('source'),
    sealed: line.bool('sealed'),
    startedAtMs: line.whole('startedAtMs'),
  }
}

export function partLine(chain: Chain, { next, part, rows }: PartEnd): string {
  return chain.end({ kind: 'part', part, rows, next })
}

/** @throws LineFault */
export function partOf(line: Fields): PartEnd {
  return { part: line.whole('part', 1), rows: line.whole('rows'), next: line.textOrNull('next') }
}

export function trailerLine(chain: Chain, { changes, finishedAtMs, parts, rows }: Trailer): string {
  const finishedAt = new Date(finishedAtMs).toISOString()
  return chain.end({ kind: 'trailer', parts, rows, changes, finishedAtMs, finishedAt })
}

/** @throws LineFault */
export function trailerOf(line: Fields): Trailer {
  const counts = line.object('rows')
  const changes = line.values['changes']
  if (!Array.isArray(changes) || !changes.every((change) => typeof change === 'string'))
    throw new LineFault('its "changes" are no list of texts')
  const rows = { actor: 0, past: 0, outcome: 0, envelope: 0 }
  for (const kind of ARCHIVE_KINDS) rows[kind] = counts.whole(kind)
  return { parts: line.whole('parts'), rows, finishedAtMs: line.whole('finishedAtMs'), changes }
}
