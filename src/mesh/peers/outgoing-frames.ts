// The frames to one member: all items of a tick go as one. Decides when a frame is full, and how an item that is larger than
// the wire takes is cut into pieces.
//
// Invariants: items leave in the order in which they were written; no frame is larger than the wire takes; a frame names
// the links that held when its first item was written.

import { type Clock, SpawnError } from '../../base/index.ts'
import type { Wire } from '../../ports/index.ts'
import { ITEM, ITEM_HEAD_BYTES, type ItemKind, PIECE_HEAD_BYTES, writeHead } from './frame.ts'
import { FrameWriter } from './frame-writer.ts'

/** A frame of this size does not wait for the end of the tick. */
const FULL_BYTES = 65_536

interface OutgoingFramesOptions {
  readonly wire: Wire
  readonly clock: Clock
  readonly from: string
  readonly to: string
  /** Of one item's content. */
  readonly maxContentBytes: number
}

export class OutgoingFrames {
  private readonly options: OutgoingFramesOptions
  private readonly writer = new FrameWriter()
  private asksBy = 0
  private answersBy = 0
  private headBytes = 0
  private itemAt = 0
  private contentAt = 0
  private slot = 0
  private sequence = 0
  private isScheduled = false
  private readonly atEndOfTick = (): void => {
    this.isScheduled = false
    this.flush()
  }

  constructor(options: OutgoingFramesOptions) {
    this.options = options
  }

  get from(): string {
    return this.options.from
  }

  /** By which link the requests that are written from now on ask; 0: none. */
  askBy(link: number): void {
    if (link === this.asksBy) return
    this.flush()
    this.asksBy = link
  }

  /** Of which link the requests are that are answered from now on. */
  answerBy(link: number): void {
    if (link === this.answersBy) return
    this.flush()
    this.answersBy = link
  }

  /** Begins an item: its content is written next, then `end` or `drop` is called. */
  begin(kind: ItemKind): FrameWriter {
    const { writer } = this
    if (writer.size === 0) this.writeHead()
    this.itemAt = writer.size
    writer.byte(kind)
    writer.fixed(0)
    return writer
  }

  /** The same, of an item that is about a request. */
  beginAbout(kind: ItemKind, slot: number, sequence: number): FrameWriter {
    const writer = this.begin(kind)
    writer.count(slot)
    writer.count(sequence)
    this.slot = slot
    this.sequence = sequence
    this.contentAt = writer.size
    return writer
  }

  /** An item that only says what it is about. */
  about(kind: ItemKind, slot: number, sequence: number): void {
    this.beginAbout(kind, slot, sequence)
    this.end()
  }

  /**
   * @returns bytes of the item.
   * @throws SpawnError INVALID_ARGUMENT: it is too large for any frame, and was dropped.
   */
  end(): number {
    const { itemAt, options, writer } = this
    const bytes = writer.size - itemAt
    writer.fixedAt(itemAt + 1, bytes - ITEM_HEAD_BYTES)
    if (writer.size > options.wire.maxBytes) this.overflow()
    else if (writer.size >= FULL_BYTES) this.flush()
    else this.schedule()
    return bytes
  }

  /** Takes back the item that was begun: it could not be written. */
  drop(): void {
    this.writer.cut(this.itemAt === this.headBytes ? 0 : this.itemAt)
  }

  flush(): void {
    const { options, writer } = this
    if (writer.size > 0) options.wire.send(options.to, writer.finish())
  }

  private schedule(): void {
    if (this.isScheduled) return
    this.isScheduled = true
    this.options.clock.defer(this.atEndOfTick)
  }

  private writeHead(): void {
    const { answersBy, asksBy, options, writer } = this
    writeHead(writer, { from: options.from, asksBy, answersBy })
    this.headBytes = writer.size
  }

  /** The item does not fit into the frame: it goes in the next one, or in as many as it takes. */
  private overflow(): void {
    const { headBytes, itemAt, options, writer } = this
    const kind = writer.byteAt(itemAt)
    const contentFrom = this.contentAt - itemAt
    const item = writer.cut(itemAt)
    if (itemAt === headBytes) writer.cut(0)
    this.flush()
    if (headBytes + item.length <= options.wire.maxBytes) {
      this.writeHead()
      writer.raw(item)
      this.schedule()
      return
    }
    const content = item.subarray(contentFrom)
    const { maxContentBytes } = options
    if (content.length > maxContentBytes) {
      const message = `it takes ${content.length} bytes, and members send each other ${maxContentBytes} at most`
      throw new SpawnError('INVALID_ARGUMENT', message, { details: { limit: 'payloadBytes' } })
    }
    this.sendPieces(kind, content)
  }

  private sendPieces(kind: number, content: Uint8Array): void {
    const { headBytes, options, sequence, slot } = this
    const pieceBytes = options.wire.maxBytes - headBytes - PIECE_HEAD_BYTES
    for (let index = 0; index * pieceBytes < content.length; index += 1) {
      const writer = this.beginAbout(ITEM.piece, slot, sequence)
      writer.byte(kind)
      writer.count(content.length)
      writer.count(pieceBytes)
      writer.count(index)
      writer.raw(content.subarray(index * pieceBytes, (index + 1) * pieceBytes))
      writer.fixedAt(this.itemAt + 1, writer.size - this.itemAt - ITEM_HEAD_BYTES)
      this.flush()
    }
  }
}
