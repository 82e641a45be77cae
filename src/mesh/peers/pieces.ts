// Content that comes in pieces, in any order, some of them twice. Decides when it is whole, and how much of such content may
// be unfinished at once: beyond, a piece is not taken, and is asked for again when there is room.

import type { FrameReader } from './frame-reader.ts'
import { MalformedFrame } from './frame-reader.ts'

/** All unfinished content of a member's peers together. */
export class PieceRoom {
  private readonly maxBytes: number
  private bytes = 0

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  take(bytes: number): boolean {
    // One alone always has room.
    if (this.bytes > 0 && this.bytes + bytes > this.maxBytes) return false
    this.bytes += bytes
    return true
  }

  give(bytes: number): void {
    this.bytes -= bytes
  }
}

/** A piece as it was read. Its bytes lie in the frame. */
export interface Piece {
  readonly of: number
  readonly totalBytes: number
  readonly pieceBytes: number
  readonly index: number
  readonly bytes: Uint8Array
}

/** @throws MalformedFrame */
export function readPiece(reader: FrameReader, maxContentBytes: number): Piece {
  const of = reader.byte()
  const totalBytes = reader.count()
  const pieceBytes = reader.count()
  const index = reader.count()
  const startsAt = index * pieceBytes
  if (pieceBytes === 0 || totalBytes > maxContentBytes || startsAt >= totalBytes)
    throw new MalformedFrame('a piece has no place')
  const bytes = reader.view(Math.min(pieceBytes, totalBytes - startsAt))
  return { of, totalBytes, pieceBytes, index, bytes }
}

export class Gathering {
  private readonly room: PieceRoom
  private content: Uint8Array | null = null
  private pieceBytes = 0
  private readonly has = new Set<number>()

  constructor(room: PieceRoom) {
    this.room = room
  }

  /** @returns the content when this was the last piece that was missing; else null. */
  add({ bytes, index, pieceBytes, totalBytes }: Piece): Uint8Array | null {
    if (this.content?.length !== totalBytes || this.pieceBytes !== pieceBytes) {
      this.drop()
      if (!this.room.take(totalBytes)) return null
      this.content = new Uint8Array(totalBytes)
      this.pieceBytes = pieceBytes
    }
    const { content } = this
    content.set(bytes, index * pieceBytes)
    this.has.add(index)
    if (this.has.size < Math.ceil(totalBytes / pieceBytes)) return null
    this.drop()
    return content
  }

  drop(): void {
    if (this.content !== null) this.room.give(this.content.length)
    this.content = null
    this.has.clear()
  }
}
