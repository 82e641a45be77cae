// The requests between this member and all others, over a wire that may lose, double and reorder what it is given. Decides
// which member a frame belongs to, and what becomes of frames that make no sense.
//
// Invariant: a request runs at most once, also when the member that asked gave it up, or either of the two was forgotten by
// the other, or started anew.

import { assert, type Clock, messageOf, type Random, SpawnError, type Timer } from '../../base/index.ts'
import type { Logger, Wire } from '../../ports/index.ts'
import { requestText } from './asked.ts'
import { readHead } from './frame.ts'
import { FrameReader, MalformedFrame } from './frame-reader.ts'
import { newNumber, Peer } from './peer.ts'
import { PEER_LIMITS } from './peer-limits.ts'
import type { PeerLinks, PeerReply, PeerRequest, PeerRequestOptions, ServePeer } from './peer-request.ts'
import { PieceRoom } from './pieces.ts'

export interface PeersOptions {
  readonly wire: Wire
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly serve: ServePeer
}

/** Of frames that make no sense, one in so many milliseconds is told of. */
const COMPLAINT_MS = 10_000

export class Peers implements PeerLinks {
  readonly #options: PeersOptions
  readonly #peers = new Map<string, Peer>()
  readonly #session: number
  readonly #room: PieceRoom
  #turn = 0
  #self: string | null = null
  #tidying: Timer | null = null
  #unread = 0
  #complainAtMs = 0

  constructor(options: PeersOptions) {
    this.#options = options
    this.#session = newNumber(options.random)
    this.#room = new PieceRoom(PEER_LIMITS.contentBytes * 4)
  }

  async start(self: string): Promise<void> {
    assert(this.#self === null, 'peers are started once')
    this.#self = self
    await this.#options.wire.start(self, (bytes) => this.#receive(bytes))
    this.#tidyLater()
  }

  async stop(): Promise<void> {
    this.#tidying?.cancel()
    this.#self = null
    for (const peer of this.#peers.values()) peer.end('this member is stopping')
    this.#peers.clear()
    await this.#options.wire.stop()
  }

  request(to: string, request: PeerRequest, options: PeerRequestOptions): Promise<PeerReply> {
    assert(to !== this.#self, 'a member does not ask itself over the wire')
    const peer = this.#peerOf(to)
    if (peer !== null) return peer.asking.request(request, options)
    const message = `${requestText(request)} was not sent to member ${to}: this member is stopping, or has not started`
    const details = { member: to, mayHaveRun: false }
    return Promise.reject(new SpawnError('MEMBER_UNAVAILABLE', message, { details }))
  }

  async replied(limitMs: number): Promise<void> {
    const { clock } = this.#options
    const endMs = clock.elapsedMs() + limitMs
    let nextMs = Number.NEGATIVE_INFINITY
    while (this.#self !== null) {
      const nowMs = clock.elapsedMs()
      const awaiting = [...this.#peers.values()].filter((peer) => peer.isAwaiting)
      if (awaiting.length === 0 || nowMs >= endMs) return
      if (nowMs >= nextMs) {
        for (const peer of awaiting) peer.takeLeave(nowMs)
        nextMs = nowMs + PEER_LIMITS.remindMs
      }
      await new Promise<void>((resolve) => void clock.after(PEER_LIMITS.sweepMs, resolve))
    }
  }

  forget(member: string): void {
    const peer = this.#peers.get(member)
    this.#peers.delete(member)
    peer?.end(`member ${member} has left the cluster`)
  }

  /** Null: not now. */
  #peerOf(member: string): Peer | null {
    const self = this.#self
    if (self === null) return null
    const known = this.#peers.get(member)
    if (known !== undefined) return known
    const { clock, random, serve, wire } = this.#options
    const peer = new Peer({
      self,
      to: member,
      session: this.#session,
      nextTurn: () => (this.#turn += 1),
      wire,
      clock,
      random,
      room: this.#room,
      maxContentBytes: PEER_LIMITS.contentBytes,
      serve,
    })
    this.#peers.set(member, peer)
    return peer
  }

  #receive(bytes: Uint8Array): void {
    if (this.#self === null) return
    const reader = new FrameReader(bytes)
    try {
      const head = readHead(reader)
      if (head.from === this.#self) throw new MalformedFrame('another member has the id of this one')
      if (!this.#peers.has(head.from) && this.#peers.size >= PEER_LIMITS.peers)
        throw new MalformedFrame(`there are ${PEER_LIMITS.peers} members already`)
      this.#peerOf(head.from)?.take(reader, head)
    } catch (thrown) {
      if (!(thrown instanceof MalformedFrame)) throw thrown
      this.#complain(messageOf(thrown), bytes.length)
    }
  }

  #complain(reason: string, bytes: number): void {
    const { clock, logger } = this.#options
    this.#unread += 1
    const nowMs = clock.elapsedMs()
    if (nowMs < this.#complainAtMs) return
    this.#complainAtMs = nowMs + COMPLAINT_MS
    const fields = { reason, bytes, frames: this.#unread }
    logger.warn('What came from another member cannot be read, and is dropped', fields)
    this.#unread = 0
  }

  #tidyLater(): void {
    const { clock } = this.#options
    const tidy = (): void => {
      const nowMs = clock.elapsedMs()
      for (const peer of this.#peers.values()) peer.tidy(nowMs)
      this.#tidyLater()
    }
    this.#tidying = clock.after(PEER_LIMITS.tidyMs, tidy, { background: true })
  }
}
