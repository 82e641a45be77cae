// An archive file as its pieces: the header, parts, the trailer. Decides what is sound. A part is handed on when its checksum
// was right, and is all that is held of the file; so nothing of a damaged part ever reaches a store.

import { SpawnError } from '../base/index.ts'
import { ARCHIVE_KINDS, type ArchiveRow } from '../ports/index.ts'
import { Fields, LineFault } from './fields.ts'
import {
  Chain,
  FORMAT_VERSION,
  type Header,
  headerOf,
  PART_ROWS,
  type PartEnd,
  partOf,
  type Trailer,
  trailerOf,
} from './frame-line.ts'
import { type Line, LINE_BYTES, linesOf } from './lines.ts'
import { type LineCounts, RowCounting } from './row-counts.ts'
import { rowOf } from './row-line.ts'

/** Of the rows of a part, at most; those that we write come to some mebibytes. */
const PART_BYTES = 2 * LINE_BYTES

interface Whole {
  readonly checksum: string
  /** How many bytes of the file come up to its end. */
  readonly end: number
}

export interface HeaderPiece extends Whole {
  readonly kind: 'header'
  readonly header: Header
}

export interface PartPiece extends Whole {
  readonly kind: 'part'
  readonly part: PartEnd
  readonly rows: readonly ArchiveRow[]
}

export interface TrailerPiece extends Whole {
  readonly kind: 'trailer'
  readonly trailer: Trailer
}

export type Piece = HeaderPiece | PartPiece | TrailerPiece

/**
 * Ends behind the trailer.
 *
 * @param file what the bytes are called in messages.
 * @throws SpawnError INVALID_ARGUMENT for what is no archive, or one of a later format; STATE_UNREADABLE, with the line,
 *   for one that is damaged or was not finished.
 */
export async function* readPieces(
  chunks: AsyncIterable<Uint8Array>,
  file: string,
): AsyncGenerator<Piece, void> {
  const reading = new Reading(file)
  try {
    for await (const line of linesOf(chunks)) {
      const piece = reading.take(line)
      if (piece !== null) yield piece
    }
  } catch (thrown) {
    if (thrown instanceof LineFault) throw reading.damaged(thrown.message)
    throw thrown
  }
  reading.end()
}

class Reading {
  readonly #file: string
  readonly #chain = new Chain()
  #header: Header | null = null
  #isOver = false
  #line = 0
  #rows: ArchiveRow[] = []
  #bytes = 0
  #parts = 0
  readonly #counting = new RowCounting()

  constructor(file: string) {
    this.#file = file
  }

  /** @returns what has ended with the line. @throws LineFault, SpawnError */
  take(line: Line): Piece | null {
    this.#line = line.number
    if (!line.isWhole) throw this.#header === null ? this.#noArchive() : this.#unfinished()
    if (this.#isOver) throw new LineFault('there is something behind its trailer')
    if (this.#header === null) return this.#takeHeader(line)
    const fields = Fields.of(line.bytes.toString())
    const kind = fields.text('kind')
    if (kind === 'part') return this.#takePart(line, fields)
    if (kind === 'trailer') return this.#takeTrailer(line, fields)
    this.#takeRow(line, kind, fields)
    return null
  }

  /** The file has no more lines. */
  end(): void {
    if (this.#header === null) throw this.#noArchive()
    if (!this.#isOver) throw this.#unfinished()
  }

  damaged(fault: string): SpawnError {
    const sound = this.#parts > 0 ? `; the ${this.#parts} parts before it are sound` : ''
    const message =
      `${this.#file}, line ${this.#line}, in part ${this.#parts + 1}: ${fault}. The file was damaged or altered${sound}: ` +
      'take another copy of it, or export again'
    const details = { file: this.#file, line: this.#line, part: this.#parts + 1 }
    return new SpawnError('STATE_UNREADABLE', message, { details })
  }

  #takeHeader({ bytes, end }: Line): HeaderPiece {
    const fields = this.#firstLine(bytes)
    const format = fields.whole('format', 1)
    if (format > FORMAT_VERSION) {
      const message =
        `${this.#file} has format ${format}, and this release reads up to ${FORMAT_VERSION}: a newer release has written ` +
        'it; import it with that one'
      throw new SpawnError('INVALID_ARGUMENT', message, { details: { file: this.#file, format } })
    }
    const checksum = this.#chain.check(bytes)
    this.#header = headerOf(fields)
    return { kind: 'header', header: this.#header, checksum, end }
  }

  #firstLine(bytes: Buffer): Fields {
    try {
      const fields = Fields.of(bytes.toString())
      if (fields.text('kind') === 'header' && fields.text('archive') === 'spawn') return fields
    } catch (thrown) {
      if (!(thrown instanceof LineFault)) throw thrown
    }
    throw this.#noArchive()
  }

  #takeRow({ bytes }: Line, kind: string, fields: Fields): void {
    if (this.#rows.length === PART_ROWS) throw new LineFault('its part has more rows than a part can have')
    this.#bytes += bytes.length
    if (this.#bytes > PART_BYTES) throw new LineFault('its part is larger than a part can be')
    this.#chain.row(bytes)
    this.#rows.push(rowOf(kind, fields))
  }

  #takePart({ bytes, end }: Line, fields: Fields): PartPiece {
    const checksum = this.#chain.check(bytes)
    const part = partOf(fields)
    const rows = this.#rows
    if (part.part !== this.#parts + 1) throw new LineFault(`it ends part ${part.part}`)
    if (part.rows !== rows.length) throw new LineFault(`the part has ${rows.length} rows, not ${part.rows}`)
    this.#counting.add(rows)
    this.#parts = part.part
    this.#rows = []
    this.#bytes = 0
    return { kind: 'part', part, rows, checksum, end }
  }

  #takeTrailer({ bytes, end }: Line, fields: Fields): TrailerPiece {
    const checksum = this.#chain.check(bytes)
    const trailer = trailerOf(fields)
    const isRight = trailer.parts === this.#parts && sameCounts(trailer.rows, this.#counting.lines)
    if (!isRight || this.#rows.length > 0) throw new LineFault('its counts are not those of the file')
    this.#isOver = true
    return { kind: 'trailer', trailer, checksum, end }
  }

  #noArchive(): SpawnError {
    const message = `${this.#file} is no archive that spawn has exported: it does not begin with a header`
    return new SpawnError('INVALID_ARGUMENT', message, { details: { file: this.#file } })
  }

  #unfinished(): SpawnError {
    const message =
      `${this.#file} ends at line ${this.#line}, without its trailer: its export was not finished, or the file was cut. ` +
      'Finish it with `spawn store export --resume`, or take another copy of it'
    const details = { file: this.#file, line: this.#line, parts: this.#parts }
    return new SpawnError('STATE_UNREADABLE', message, { details })
  }
}

function sameCounts(left: LineCounts, right: LineCounts): boolean {
  return ARCHIVE_KINDS.every((kind) => left[kind] === right[kind])
}
