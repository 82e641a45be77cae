// One other member: the requests in both directions, and the links by which they go. Decides what a frame of it means.
//
// Invariant: a link is made for each time that the other asks for one, and never again once it is gone: a request that names
// it may have been served.

import type { Clock, Random } from '../../base/index.ts'
import type { Wire } from '../../ports/index.ts'
import { Asking } from './asking.ts'
import { type FrameHead, ITEM } from './frame.ts'
import { type FrameReader, MalformedFrame } from './frame-reader.ts'
import { OutgoingFrames } from './outgoing-frames.ts'
import { PEER_LIMITS } from './peer-limits.ts'
import type { ServePeer } from './peer-request.ts'
import { type PieceRoom, readPiece } from './pieces.ts'
import { Serving } from './serving.ts'

export interface PeerOptions {
  readonly self: string
  readonly to: string
  readonly session: number
  readonly nextTurn: () => number
  readonly wire: Wire
  readonly clock: Clock
  readonly random: Random
  readonly room: PieceRoom
  readonly maxContentBytes: number
  readonly serve: ServePeer
}

/** Processes of one member that are served: a late frame of an earlier one must not end what the latest has asked. */
const PROCESSES = 4

export class Peer {
  readonly asking: Asking
  private readonly options: PeerOptions
  private readonly frames: OutgoingFrames
  /** By session, the one that has asked for its link last at the end. */
  private readonly servings = new Map<number, Serving>()

  constructor(options: PeerOptions) {
    this.options = options
    const { clock, maxContentBytes, nextTurn, room, self, session, to, wire } = options
    this.frames = new OutgoingFrames({ wire, clock, from: self, to, maxContentBytes })
    this.asking = new Asking({ to, session, nextTurn, clock, frames: this.frames, room })
  }

  /** @throws MalformedFrame: what came after it in the frame is dropped. */
  take(reader: FrameReader, head: FrameHead): void {
    let asksByUnknown = false
    while (!reader.isAtEnd) {
      const kind = reader.byte()
      const bytes = reader.fixed()
      const end = reader.enter(bytes)
      if (this.isAsking(kind, reader)) {
        const serving = this.servingBy(head.asksBy)
        if (serving !== null) this.takeAsking(serving, kind, reader)
        else asksByUnknown ||= kind !== ITEM.cancel && kind !== ITEM.done
      } else if (kind === ITEM.hello) this.hello(reader.number(), reader.count())
      else if (kind === ITEM.welcome) this.asking.welcome(reader.number(), reader.count(), reader.number())
      else if (kind === ITEM.unknownLink) this.asking.unknownLink(reader.number())
      else if (this.asking.link === head.answersBy) this.takeAnswering(kind, reader, bytes)
      reader.leave(end)
    }
    if (asksByUnknown) this.sayUnknown(head.asksBy)
  }

  tidy(nowMs: number): void {
    for (const serving of this.servings.values()) serving.tidy(nowMs)
  }

  /** Whether the other waits for a reply, as far as it has said since this member began to leave. */
  get isAwaiting(): boolean {
    for (const serving of this.servings.values()) if (serving.isAwaited) return true
    return false
  }

  /** This member leaves: asks who may wait for something, and sends the replies again that may not have arrived. */
  takeLeave(nowMs: number): void {
    for (const serving of this.servings.values()) if (serving.isAwaited) serving.takeLeave(nowMs)
  }

  end(why: string): void {
    this.asking.end(why)
    for (const serving of this.servings.values()) serving.end()
    this.servings.clear()
    this.frames.flush()
  }

  /** Whether an item is of who asks; a piece says of what it is one. */
  private isAsking(kind: number, reader: FrameReader): boolean {
    if (kind === ITEM.piece) return reader.peekAfterCounts(2) === ITEM.request
    return (
      kind === ITEM.request ||
      kind === ITEM.probe ||
      kind === ITEM.cancel ||
      kind === ITEM.done ||
      kind === ITEM.awaited
    )
  }

  private takeAsking(serving: Serving, kind: number, reader: FrameReader): void {
    if (kind === ITEM.awaited) return serving.awaited(reader.count(), reader.count())
    const slot = reader.count()
    const sequence = reader.count()
    if (slot >= PEER_LIMITS.slots) throw new MalformedFrame('a slot is beyond the last one')
    if (kind === ITEM.request) serving.request(slot, sequence, reader)
    else if (kind === ITEM.probe) serving.probe(slot, sequence)
    else if (kind === ITEM.cancel) serving.cancel(slot, sequence)
    else if (kind === ITEM.done) serving.done(slot, sequence)
    else serving.piece(slot, sequence, readPiece(reader, this.options.maxContentBytes))
  }

  private takeAnswering(kind: number, reader: FrameReader, bytes: number): void {
    if (kind === ITEM.leaving) return this.asking.leaving(reader.count())
    const slot = reader.count()
    const sequence = reader.count()
    if (kind === ITEM.reply) this.asking.reply(slot, sequence, reader, bytes)
    else if (kind === ITEM.working) this.asking.working(slot, sequence)
    else if (kind === ITEM.missing) this.asking.missing(slot, sequence)
    else if (kind === ITEM.piece)
      this.asking.piece(slot, sequence, readPiece(reader, this.options.maxContentBytes))
  }

  private servingBy(link: number): Serving | null {
    for (const serving of this.servings.values()) if (serving.options.link === link) return serving
    return null
  }

  /** The other asks for a link: a new one each time it asks anew, the same one when it has only repeated itself. */
  private hello(session: number, turn: number): void {
    const before = this.servings.get(session)
    if (before !== undefined && turn < before.options.turn) return
    const serving = before?.options.turn === turn ? before : this.newServing(session, turn)
    const writer = this.frames.begin(ITEM.welcome)
    writer.number(session)
    writer.count(turn)
    writer.number(serving.options.link)
    this.frames.end()
  }

  private newServing(session: number, turn: number): Serving {
    const { clock, random, room, serve, to } = this.options
    this.endServing(session)
    for (const first of this.servings.keys()) if (this.servings.size >= PROCESSES) this.endServing(first)
    const link = newNumber(random)
    const serving = new Serving({ from: to, turn, link, clock, frames: this.frames, room, serve })
    this.servings.set(session, serving)
    return serving
  }

  private endServing(session: number): void {
    this.servings.get(session)?.end()
    this.servings.delete(session)
  }

  private sayUnknown(link: number): void {
    this.frames.begin(ITEM.unknownLink).number(link)
    this.frames.end()
  }
}

/** A number from 1 that no other process, and no earlier life of this one, has given. */
export function newNumber(random: Random): number {
  const high = Math.floor(random.next() * 2 ** 21)
  return high * 2 ** 32 + Math.floor(random.next() * 2 ** 32) + 1
}
