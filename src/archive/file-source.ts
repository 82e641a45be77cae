// An archive file as a source of parts. Decides what is the same file: one with the same header, and with the same part
// where it goes on.

import { SpawnError } from '../base/index.ts'
import type { Header, Trailer } from './frame-line.ts'
import type { CarriedPart, PartSource } from './intake.ts'
import { type Piece, readPieces } from './reading.ts'

export class FileSource implements PartSource {
  readonly identity: string
  readonly name: string
  readonly isFixed = true
  readonly header: Header
  readonly parts: AsyncIterable<CarriedPart>
  /** Null until all parts were read. */
  trailer: Trailer | null = null

  private constructor(name: string, header: Header, identity: string, pieces: AsyncIterable<Piece>) {
    this.name = name
    this.header = header
    this.identity = identity
    this.parts = this.#parts(pieces)
  }

  /**
   * Reads the header.
   *
   * @throws SpawnError see readPieces; so does reading the parts.
   */
  static async open(chunks: AsyncIterable<Uint8Array>, name: string): Promise<FileSource> {
    const pieces = readPieces(chunks, name)
    const first = await pieces.next()
    if (first.done === true || first.value.kind !== 'header')
      throw new SpawnError('DEFECT', `${name} was read, and its header did not come first`)
    return new FileSource(name, first.value.header, first.value.checksum, pieces)
  }

  async *#parts(pieces: AsyncIterable<Piece>): AsyncGenerator<CarriedPart> {
    for await (const piece of pieces) {
      if (piece.kind === 'trailer') this.trailer = piece.trailer
      if (piece.kind === 'part') yield { number: piece.part.part, mark: piece.checksum, rows: piece.rows }
    }
  }
}
