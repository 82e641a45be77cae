// What this member asks of one other: which requests are under way, and when it is asked after them. A request that got no
// reply is not sent again blindly: a probe asks whether it has come, and what was lost is sent.
//
// Invariants: a request has a slot of its own while it waits. It is sent by one link only; when that link is gone, nobody
// knows whether it has run, and it fails. What was never sent waits for the next link.

import { type CancelSignal, type Clock, messageOf, SpawnError, type Timer } from '../../base/index.ts'
import { asSpawnError } from '../../protocol/index.ts'
import { Asked, requestText } from './asked.ts'
import { ITEM } from './frame.ts'
import { FrameReader } from './frame-reader.ts'
import type { OutgoingFrames } from './outgoing-frames.ts'
import { PEER_LIMITS } from './peer-limits.ts'
import type { PeerReply, PeerRequest, PeerRequestOptions } from './peer-request.ts'
import type { Piece, PieceRoom } from './pieces.ts'
import { readReply } from './reply-bytes.ts'
import { writeRequest } from './request-bytes.ts'

interface AskingOptions {
  readonly to: string
  /** Of this process: no other has the same. */
  readonly session: number
  /** A number that is larger than all before, also of what this process asked the same member before it forgot it. */
  readonly nextTurn: () => number
  readonly clock: Clock
  readonly frames: OutgoingFrames
  readonly room: PieceRoom
}

export class Asking {
  /** The other's number of the link that it takes requests by; 0: there is none yet. */
  link = 0
  private readonly options: AskingOptions
  /** Which asking for a link is the one that counts. */
  private turn = 0
  private helloAtMs = Number.POSITIVE_INFINITY
  private helloPauseMs = 0
  private readonly slots: (Asked | null)[] = []
  private readonly sequences: number[] = []
  private readonly free: number[] = []
  private unsent: Asked[] = []
  private pending = 0
  private timer: Timer | null = null
  private wakeAtMs = Number.POSITIVE_INFINITY

  constructor(options: AskingOptions) {
    this.options = options
  }

  /** @throws as PeerLinks.request */
  request(request: PeerRequest, { signal, timeoutMs }: PeerRequestOptions): Promise<PeerReply> {
    const slot = this.free.pop() ?? this.slots.length
    if (slot >= PEER_LIMITS.slots) return Promise.reject(this.tooMany(request))
    const sequence = (this.sequences[slot] ?? 0) + 1
    this.sequences[slot] = sequence
    const nowMs = this.options.clock.elapsedMs()
    return new Promise((resolve, reject) => {
      const asked = new Asked(slot, sequence, request, timeoutMs, nowMs + timeoutMs, resolve, reject)
      this.slots[slot] = asked
      this.pending += 1
      if (signal !== undefined) this.watch(asked, signal)
      if (this.slots[slot] !== asked) return
      if (this.link !== 0) this.send(asked, nowMs)
      else this.wait(asked, nowMs)
    })
  }

  /** An answer to `hello`. */
  welcome(session: number, turn: number, link: number): void {
    // A second link for the same turn may be of one that has forgotten the first, and what it has run by it.
    if (session !== this.options.session || turn !== this.turn || this.link !== 0) return
    this.link = link
    this.helloAtMs = Number.POSITIVE_INFINITY
    this.options.frames.askBy(link)
    const nowMs = this.options.clock.elapsedMs()
    const { unsent } = this
    this.unsent = []
    for (const asked of unsent) if (this.slots[asked.slot] === asked) this.send(asked, nowMs)
  }

  /** The other knows no such link: it has started anew, or has taken this member for gone. */
  unknownLink(link: number): void {
    if (link !== this.link || link === 0) return
    this.link = 0
    this.turn = 0
    this.options.frames.askBy(0)
    const why = `member ${this.options.to} does not know this member any more`
    for (const asked of this.slots) if (asked?.isSent === true) this.fail(asked, this.lost(asked, why))
    if (this.pending > 0) this.hail(this.options.clock.elapsedMs())
  }

  reply(slot: number, sequence: number, content: FrameReader, bytes: number): void {
    const asked = this.waitingFor(slot, sequence)
    if (asked === null) return this.sayArrived(slot, sequence)
    try {
      const reply = readReply(content)
      this.settle(asked)
      asked.resolve(reply)
    } catch (thrown) {
      const message = `member ${this.options.to} answered ${requestText(asked.request)} with what cannot be read here (${messageOf(thrown)}): do all members run the same version?`
      this.fail(asked, new SpawnError('DEFECT', message, { details: { mayHaveRun: true } }))
    }
    if (bytes > PEER_LIMITS.largeReplyBytes) this.options.frames.about(ITEM.done, slot, sequence)
  }

  piece(slot: number, sequence: number, piece: Piece): void {
    const asked = this.waitingFor(slot, sequence)
    if (asked === null) return this.sayArrived(slot, sequence)
    const content = asked.gathering(this.options.room).add(piece)
    if (content !== null) this.reply(slot, sequence, new FrameReader(content), content.length)
  }

  working(slot: number, sequence: number): void {
    this.waitingFor(slot, sequence)?.working(this.options.clock.elapsedMs())
  }

  missing(slot: number, sequence: number): void {
    const asked = this.waitingFor(slot, sequence)
    // Once for each probe: a doubled answer must not double what is large.
    if (asked?.isProbed === true) this.send(asked, this.options.clock.elapsedMs())
  }

  /** The other is about to leave: whatever is waited for is asked after at once, as long as it can still come. */
  leaving(round: number): void {
    const { frames } = this.options
    let count = 0
    for (const asked of this.slots) {
      if (asked?.isSent !== true) continue
      count += 1
      asked.isProbed = true
      frames.about(ITEM.probe, asked.slot, asked.sequence)
    }
    const writer = frames.begin(ITEM.awaited)
    writer.count(round)
    writer.count(count)
    frames.end()
  }

  /** Nothing is answered any more. */
  end(why: string): void {
    this.timer?.cancel()
    this.timer = null
    this.unsent = []
    for (const asked of this.slots) if (asked !== null) this.fail(asked, this.lost(asked, why))
  }

  private waitingFor(slot: number, sequence: number): Asked | null {
    const asked = this.slots[slot] ?? null
    return asked !== null && asked.sequence === sequence && asked.isSent ? asked : null
  }

  /** A reply that has arrived before, or that nobody waits for: whoever sends it again is told so. */
  private sayArrived(slot: number, sequence: number): void {
    if (sequence <= (this.sequences[slot] ?? 0)) this.options.frames.about(ITEM.done, slot, sequence)
  }

  private watch(asked: Asked, signal: CancelSignal): void {
    const cancel = (): void => {
      const message = `${requestText(asked.request)} on member ${this.options.to} was cancelled${asked.mayHaveRunText}`
      this.giveUp(asked, new SpawnError('CANCELLED', message, { details: { mayHaveRun: asked.isSent } }))
    }
    if (signal.aborted) return cancel()
    signal.addEventListener('abort', cancel, { once: true })
    asked.unwatch = () => signal.removeEventListener('abort', cancel)
  }

  private wait(asked: Asked, nowMs: number): void {
    if (this.unsent.length > this.pending * 2)
      this.unsent = this.unsent.filter((waiting) => this.slots[waiting.slot] === waiting)
    this.unsent.push(asked)
    this.wakeBy(asked.deadlineMs)
    if (this.helloAtMs === Number.POSITIVE_INFINITY) this.hail(nowMs)
  }

  /** Asks for a link, with a number that no earlier answer has. */
  private hail(nowMs: number): void {
    this.turn = this.options.nextTurn()
    this.helloPauseMs = PEER_LIMITS.firstProbeMs / 2
    this.sayHello(nowMs)
  }

  private sayHello(nowMs: number): void {
    const { frames, session } = this.options
    const writer = frames.begin(ITEM.hello)
    writer.number(session)
    writer.count(this.turn)
    frames.end()
    this.helloAtMs = nowMs + this.helloPauseMs
    this.helloPauseMs = Math.min(this.helloPauseMs * 2, PEER_LIMITS.maxProbeMs)
    this.wakeBy(this.helloAtMs)
  }

  private send(asked: Asked, nowMs: number): void {
    const { frames } = this.options
    asked.sent(nowMs)
    const writer = frames.beginAbout(ITEM.request, asked.slot, asked.sequence)
    writer.fixed(Math.min(Math.max(Math.ceil(asked.deadlineMs - nowMs), 0), 0xffff_ffff))
    try {
      writeRequest(writer, asked.request)
    } catch (thrown) {
      frames.drop()
      return this.refuse(asked, thrown)
    }
    try {
      frames.end()
    } catch (thrown) {
      return this.refuse(asked, thrown)
    }
    this.wakeBy(Math.min(asked.deadlineMs, asked.probeAtMs))
  }

  private refuse(asked: Asked, thrown: unknown): void {
    const { code, details, message } = asSpawnError(thrown)
    const text = `${requestText(asked.request)} cannot be sent to member ${this.options.to}: ${message}`
    this.fail(
      asked,
      new SpawnError(code, text, { cause: thrown, details: { ...details, mayHaveRun: false } }),
    )
  }

  private wakeBy(dueMs: number): void {
    if (dueMs >= this.wakeAtMs) return
    this.timer?.cancel()
    this.wakeAtMs = dueMs
    const { clock } = this.options
    this.timer = clock.after(dueMs - clock.elapsedMs(), () => this.sweep(), { background: true })
  }

  private sweep(): void {
    this.timer = null
    this.wakeAtMs = Number.POSITIVE_INFINITY
    const nowMs = this.options.clock.elapsedMs()
    if (this.helloAtMs <= nowMs && this.pending > 0) this.sayHello(nowMs)
    let nextMs = this.helloAtMs
    for (const asked of this.slots) {
      if (asked === null) continue
      if (asked.deadlineMs <= nowMs) this.expire(asked)
      else {
        if (asked.isSent && asked.probeAtMs <= nowMs) this.probe(asked, nowMs)
        nextMs = Math.min(nextMs, asked.deadlineMs, asked.probeAtMs)
      }
    }
    if (this.pending === 0) this.helloAtMs = Number.POSITIVE_INFINITY
    else this.wakeBy(Math.max(nextMs, nowMs + PEER_LIMITS.sweepMs))
  }

  private probe(asked: Asked, nowMs: number): void {
    asked.probed(nowMs)
    this.options.frames.about(ITEM.probe, asked.slot, asked.sequence)
  }

  private expire(asked: Asked): void {
    const message = `member ${this.options.to} did not answer ${requestText(asked.request)} within ${asked.timeoutMs} ms${asked.mayHaveRunText}`
    this.giveUp(
      asked,
      new SpawnError('DEADLINE_EXCEEDED', message, { details: { mayHaveRun: asked.isSent } }),
    )
  }

  private giveUp(asked: Asked, error: SpawnError): void {
    if (this.slots[asked.slot] !== asked) return
    if (asked.isSent) this.options.frames.about(ITEM.cancel, asked.slot, asked.sequence)
    this.fail(asked, error)
  }

  private fail(asked: Asked, error: SpawnError): void {
    this.settle(asked)
    asked.reject(error)
  }

  private settle(asked: Asked): void {
    this.slots[asked.slot] = null
    this.free.push(asked.slot)
    this.pending -= 1
    asked.end()
  }

  private lost(asked: Asked, why: string): SpawnError {
    const message = `${why}: ${requestText(asked.request)} was not answered${asked.mayHaveRunText}`
    const details = { member: this.options.to, mayHaveRun: asked.isSent }
    return new SpawnError('MEMBER_UNAVAILABLE', message, { details })
  }

  private tooMany(request: PeerRequest): SpawnError {
    const message = `${PEER_LIMITS.slots} requests to member ${this.options.to} are under way: ${requestText(request)} was not sent`
    return new SpawnError('MAILBOX_FULL', message, { details: { limit: 'slots', mayHaveRun: false } })
  }
}
