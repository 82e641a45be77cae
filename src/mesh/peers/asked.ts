// One request under way to another member: what is known of it, and when it is asked after next.

import type { SpawnError } from '../../base/index.ts'
import { PEER_LIMITS } from './peer-limits.ts'
import type { PeerReply, PeerRequest } from './peer-request.ts'
import { Gathering, type PieceRoom } from './pieces.ts'

export class Asked {
  readonly slot: number
  readonly sequence: number
  readonly request: PeerRequest
  readonly timeoutMs: number
  /** By the clock's `elapsedMs`, as all times here. */
  readonly deadlineMs: number
  readonly resolve: (reply: PeerReply) => void
  readonly reject: (error: SpawnError) => void
  isSent = false
  /** It was asked after, and nothing was said since. */
  isProbed = false
  probeAtMs = Number.POSITIVE_INFINITY
  unwatch: (() => void) | null = null
  private pauseMs: number = PEER_LIMITS.firstProbeMs
  private workingPauseMs: number = PEER_LIMITS.firstProbeMs
  private pieces: Gathering | null = null

  constructor(
    slot: number,
    sequence: number,
    request: PeerRequest,
    timeoutMs: number,
    deadlineMs: number,
    resolve: (reply: PeerReply) => void,
    reject: (error: SpawnError) => void,
  ) {
    this.slot = slot
    this.sequence = sequence
    this.request = request
    this.timeoutMs = timeoutMs
    this.deadlineMs = deadlineMs
    this.resolve = resolve
    this.reject = reject
  }

  get mayHaveRunText(): string {
    return this.isSent ? '; it may have run' : '; it was not sent'
  }

  sent(nowMs: number): void {
    this.isSent = true
    this.isProbed = false
    this.probeAtMs = nowMs + this.pauseMs
  }

  probed(nowMs: number): void {
    this.isProbed = true
    this.pauseMs = Math.min(this.pauseMs * 2, PEER_LIMITS.maxProbeMs)
    this.probeAtMs = nowMs + this.pauseMs
  }

  /** The receiver is at it. Its reply may get lost: it is asked after again when it may take as long as it took so far. */
  working(nowMs: number): void {
    this.isProbed = false
    this.workingPauseMs = Math.min(this.workingPauseMs * 2, PEER_LIMITS.workingProbeMs)
    this.probeAtMs = nowMs + this.workingPauseMs
  }

  /** The pieces of its reply. */
  gathering(room: PieceRoom): Gathering {
    this.pieces ??= new Gathering(room)
    return this.pieces
  }

  end(): void {
    this.unwatch?.()
    this.pieces?.drop()
  }
}

/** What was asked, as it reads in a message: actor and action, never a payload. */
export function requestText({ body, system }: PeerRequest): string {
  switch (body.kind) {
    case 'call': {
      const { action, definition, name, operation } = body.call
      const actor = name === definition ? name : `${definition}/${name}`
      return operation === 'call' ? `${actor}.${action}` : `${operation} of ${actor}`
    }
    case 'release':
      return `release of ${body.definition === body.name ? body.name : `${body.definition}/${body.name}`}`
    case 'hand':
      return `handing over of ${body.envelopes.length} envelopes of ${system}`
    case 'told':
      return `end of an envelope of ${system}`
    case 'announce':
      return `announcement on ${body.announcement.channel}`
    default:
      return `look into the store of ${system}`
  }
}
