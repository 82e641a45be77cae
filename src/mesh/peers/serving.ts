// What one other member asks of this one, by one link. Decides whether a request is new, and what is said to one that asks
// after it.
//
// Invariants: of each slot, only what is newer than all before is served, once; what is older is dropped. Its reply is kept
// until the next request of the slot shows that it has arrived, or nobody can wait for it any more.

import { Cancellation, type Clock, messageOf, SpawnError } from '../../base/index.ts'
import { asSpawnError } from '../../protocol/index.ts'
import { ITEM } from './frame.ts'
import { FrameReader } from './frame-reader.ts'
import type { OutgoingFrames } from './outgoing-frames.ts'
import { PEER_LIMITS } from './peer-limits.ts'
import type { PeerReply, PeerRequest, ServePeer } from './peer-request.ts'
import { Gathering, type Piece, type PieceRoom } from './pieces.ts'
import { writeReply } from './reply-bytes.ts'
import { readRequest } from './request-bytes.ts'

interface ServingOptions {
  readonly from: string
  /** Which asking for a link this one is for. */
  readonly turn: number
  readonly link: number
  readonly clock: Clock
  readonly frames: OutgoingFrames
  readonly room: PieceRoom
  readonly serve: ServePeer
}

/** The newest request of a slot. */
interface Served {
  readonly sequence: number
  /** Null: it has come in part, or is being served. */
  reply: PeerReply | null
  /** Null: it is not being served. */
  cancellation: Cancellation | null
  pieces: Gathering | null
  /** When nobody can wait for it any more, by the clock's `elapsedMs`. */
  overAtMs: number
}

const GONE: PeerReply = {
  kind: 'failed',
  error: new SpawnError('DEADLINE_EXCEEDED', 'the reply is not kept any more; the request may have run', {
    details: { mayHaveRun: true },
  }),
}

export class Serving {
  readonly options: ServingOptions
  private readonly slots: Served[] = []
  private isOver = false
  /** Who asks may wait for a reply; false: it has said that it does not, and has asked for nothing since. */
  isAwaited = true
  /** What was said before the latest request came does not count any more. */
  private round = 0

  constructor(options: ServingOptions) {
    this.options = options
  }

  request(slot: number, sequence: number, content: FrameReader): void {
    const before = this.slots[slot]
    if (before !== undefined && sequence <= before.sequence && !isPartOf(before, sequence)) return
    before?.pieces?.drop()
    this.isAwaited = true
    this.round += 1
    const timeoutMs = content.fixed()
    const overAtMs = this.options.clock.elapsedMs() + timeoutMs
    const served: Served = { sequence, reply: null, cancellation: null, pieces: null, overAtMs }
    this.slots[slot] = served
    let request: PeerRequest
    try {
      request = readRequest(content, timeoutMs)
    } catch (thrown) {
      const message = `a member cannot read what another asks (${messageOf(thrown)}): do all run the same version?`
      return this.answer(slot, served, { kind: 'failed', error: new SpawnError('DEFECT', message) })
    }
    this.serve(slot, served, request)
  }

  piece(slot: number, sequence: number, piece: Piece): void {
    let served = this.slots[slot]
    if (served === undefined || sequence > served.sequence) {
      served?.pieces?.drop()
      const { clock, room } = this.options
      const overAtMs = clock.elapsedMs() + PEER_LIMITS.tidyMs
      const pieces = new Gathering(room)
      served = { sequence, reply: null, cancellation: null, pieces, overAtMs }
      this.slots[slot] = served
    }
    if (!isPartOf(served, sequence)) return
    served.overAtMs = this.options.clock.elapsedMs() + PEER_LIMITS.tidyMs
    const content = served.pieces?.add(piece) ?? null
    if (content !== null) this.request(slot, sequence, new FrameReader(content))
  }

  probe(slot: number, sequence: number): void {
    const served = this.slots[slot]
    const { frames, link } = this.options
    frames.answerBy(link)
    if (served === undefined || sequence > served.sequence || isPartOf(served, sequence))
      return frames.about(ITEM.missing, slot, sequence)
    if (sequence < served.sequence) return
    if (served.reply === null) frames.about(ITEM.working, slot, sequence)
    else this.send(slot, served)
  }

  cancel(slot: number, sequence: number): void {
    const served = this.slots[slot]
    if (served !== undefined && sequence < served.sequence) return
    if (served?.sequence === sequence && served.cancellation !== null) return served.cancellation.abort()
    served?.pieces?.drop()
    // One that has not come yet, or not whole, is not served when it does.
    this.slots[slot] = { sequence, reply: GONE, cancellation: null, pieces: null, overAtMs: 0 }
  }

  done(slot: number, sequence: number): void {
    const served = this.slots[slot]
    if (served?.sequence === sequence && served.reply !== null) served.reply = GONE
  }

  /** This member leaves: replies go again that may not have arrived, and who asks is to say what it still waits for. */
  takeLeave(nowMs: number): void {
    for (const [slot, served] of this.slots.entries()) {
      if (served === undefined || served.reply === null || served.reply === GONE) continue
      if (served.overAtMs > nowMs) this.send(slot, served)
    }
    const { frames, link } = this.options
    frames.answerBy(link)
    frames.begin(ITEM.leaving).count(this.round)
    frames.end()
  }

  /** What who asks has said to that. */
  awaited(round: number, count: number): void {
    if (round === this.round) this.isAwaited = count > 0
  }

  /** Drops what is kept for nobody. */
  tidy(nowMs: number): void {
    for (const [slot, served] of this.slots.entries()) {
      if (served === undefined || served.overAtMs > nowMs) continue
      if (served.reply !== null) served.reply = GONE
      else if (served.pieces !== null) this.cancel(slot, served.sequence)
    }
  }

  /** Nobody waits any more for what was asked by this link. */
  end(): void {
    this.isOver = true
    for (const served of this.slots) {
      served?.cancellation?.abort()
      served?.pieces?.drop()
    }
  }

  private serve(slot: number, served: Served, request: PeerRequest): void {
    const { from, serve } = this.options
    const cancellation = new Cancellation()
    served.cancellation = cancellation
    const answer = (reply: PeerReply): void => this.answer(slot, served, reply)
    const fail = (thrown: unknown): void => answer({ kind: 'failed', error: asSpawnError(thrown) })
    try {
      serve(from, request, cancellation).then(answer, fail)
    } catch (thrown) {
      fail(thrown)
    }
  }

  private answer(slot: number, served: Served, reply: PeerReply): void {
    served.cancellation = null
    served.reply = reply
    if (!this.isOver && this.slots[slot] === served) this.send(slot, served)
  }

  private send(slot: number, served: Served): void {
    const { frames, link } = this.options
    frames.answerBy(link)
    const writer = frames.beginAbout(ITEM.reply, slot, served.sequence)
    try {
      writeReply(writer, served.reply ?? GONE)
    } catch (thrown) {
      frames.drop()
      return this.sendInstead(slot, served, thrown)
    }
    try {
      frames.end()
    } catch (thrown) {
      this.sendInstead(slot, served, thrown)
    }
  }

  /** The reply itself cannot be sent: it is too large, or has text that is none. */
  private sendInstead(slot: number, served: Served, thrown: unknown): void {
    const { code, details, message } = asSpawnError(thrown)
    const text = `the reply of member ${this.options.frames.from} cannot be sent: ${message}`
    const error = new SpawnError(code, text, { details: { ...details, mayHaveRun: true } })
    served.reply = { kind: 'failed', error }
    this.send(slot, served)
  }
}

/** Whether pieces of the request have come, but not all. */
function isPartOf(served: Served, sequence: number): boolean {
  return served.sequence === sequence && served.pieces !== null
}
