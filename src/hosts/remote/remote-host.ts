// The host of one definition whose code runs in other processes: one or several that registered it. It decides which of
// them a turn goes to, whether it may go to another, and what the end of the request means to the turn.
//
// Invariant: a request of which anything was sent is never sent again, to whichever host. What fails is told with whether
// the action may have run.

import { type Clock, messageOf, SpawnError } from '../../base/index.ts'
import type { Host, Outcome, Turn } from '../../ports/index.ts'
import type { ActorId, Packed } from '../../protocol/index.ts'
import { hostInvocationBytes, PROBLEM_CONTENT_TYPE } from '../../protocol/index.ts'
import { type End, Exchange, type Reply } from './exchange.ts'
import { actionFailed, labelOf, lost, malformed, unreachable } from './failure.ts'
import type { HostProcess } from './host-process.ts'
import { toldFailure } from './told-failure.ts'
import type { RemoteSettings } from './settings.ts'
import { outcomeOf, payloadOf } from './wire-outcome.ts'
import type { WaitingRoom } from './waiting-room.ts'

/** Attempts to send one request beyond one for each host; each of them left no byte. */
const EXTRA_ATTEMPTS = 3

/** The Node SDK takes each piece that arrives for a whole message, and no piece is larger. */
const NODE_SDK_BYTES = 65_536

/** What stands in front of the body in that piece, about. */
const HEAD_BYTES = 256

export interface RemoteHostOptions {
  readonly definition: string
  readonly clock: Clock
  readonly settings: RemoteSettings
  readonly room: WaitingRoom
  /** The actors whose turns run on some host now. */
  readonly busy: Set<ActorId>
}

export class RemoteHost implements Host {
  /** Those that registered the definition. */
  readonly processes: HostProcess[] = []
  private readonly options: RemoteHostOptions
  private turns = 0

  constructor(options: RemoteHostOptions) {
    this.options = options
  }

  async run(turn: Turn): Promise<Outcome> {
    const { busy } = this.options
    const body = bodyOf(turn)
    // Its caller's action runs and waits for it: it cannot wait for a place that it may take itself.
    const urgent = turn.caller !== null && busy.has(turn.caller)
    busy.add(turn.self)
    try {
      return await this.deliver(turn, body, urgent)
    } finally {
      busy.delete(turn.self)
    }
  }

  private async deliver(turn: Turn, body: Uint8Array, urgent: boolean): Promise<Outcome> {
    let waited = false
    let cause: unknown
    for (let attempts = 0; ; attempts += 1) {
      const process = attempts < this.processes.length + EXTRA_ATTEMPTS ? this.pick() : null
      if (process === null) {
        if (this.options.settings.whenNoHost === 'fail') throw this.nobody(turn, cause)
        await this.options.room.wait(this, turn, () => this.nobody(turn, cause))
        waited = true
        attempts = -1
        continue
      }
      const end = await this.exchange(process, turn, body, urgent, waited)
      if (end.kind !== 'unsent') return read(turn, end, process.where, body.length)
      if (turn.signal.aborted) throw gaveUp(turn)
      cause = end.cause
    }
  }

  /** Of the hosts that are there, the one with the least to do; among equals, each in its turn. */
  private pick(): HostProcess | null {
    const { processes } = this
    const count = processes.length
    this.turns = (this.turns + 1) % Math.max(count, 1)
    let best: HostProcess | null = null
    for (let at = 0; at < count; at += 1) {
      const process = processes[(this.turns + at) % count]
      if (process?.live === true && (best === null || process.load < best.load)) best = process
    }
    return best
  }

  private async exchange(
    process: HostProcess,
    turn: Turn,
    body: Uint8Array,
    urgent: boolean,
    waited: boolean,
  ): Promise<End> {
    const exchange = new Exchange(body, this.options.settings.replyBytes)
    const { signal } = turn
    const giveUp = (): void => exchange.giveUp(signal.reason)
    signal.addEventListener('abort', giveUp)
    try {
      process.send(exchange, urgent, waited)
      return await exchange.end
    } finally {
      signal.removeEventListener('abort', giveUp)
    }
  }

  private nobody(turn: Turn, cause: unknown): SpawnError {
    const { definition } = this.options
    const { processes } = this
    const [first] = processes
    const who =
      processes.length === 1 && first !== undefined
        ? first.where
        : `none of the ${processes.length} hosts of "${definition}"`
    const why = cause === undefined ? '' : `: ${messageOf(cause)}`
    return unreachable(turn, who, `${processes.length === 1 ? 'is not reachable' : 'is reachable'}${why}`, {
      cause,
    })
  }
}

function bodyOf(turn: Turn): Uint8Array {
  const { action, caller, metadata, self, state, tags } = turn
  return hostInvocationBytes({
    self,
    caller,
    action: action.name,
    payload: payloadOf(turn),
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the codec of these definitions makes no other states
    state: state as Packed | undefined,
    metadata,
    tags,
  })
}

/** What the end of a request that was sent means. */
function read(turn: Turn, end: End, where: string, sentBytes: number): Outcome {
  const hint = sentBytes + HEAD_BYTES < NODE_SDK_BYTES ? '' : largeHint(sentBytes)
  if (end.kind === 'reply') return readReply(turn, end, where, hint)
  const { cause } = end
  if (end.kind === 'garbled')
    throw malformed(turn, where, `answered no valid HTTP: ${messageOf(cause)}`, { cause })
  if (turn.signal.aborted) throw gaveUp(turn)
  throw lost(turn, where, `closed the connection without a whole answer (${messageOf(cause)})${hint}`, {
    cause,
  })
}

function readReply(turn: Turn, reply: Reply, where: string, hint: string): Outcome {
  const { body, contentType, status } = reply
  const details = { status }
  if (status >= 400) {
    const told = contentType === PROBLEM_CONTENT_TYPE ? toldFailure(turn, reply, where) : null
    throw (
      told ?? actionFailed(turn, where, `answered HTTP ${status}${typeText(contentType)}${hint}`, { details })
    )
  }
  if (status >= 300)
    throw malformed(turn, where, `answered HTTP ${status}, which no host of actors answers`, { details })
  if (contentType.startsWith('text/') || contentType === 'application/json') {
    throw malformed(turn, where, `answered ${contentType}, not a Protobuf message${hint}`, { details })
  }
  return outcomeOf(turn, body, where)
}

function typeText(contentType: string): string {
  return contentType === '' ? '' : ` (${contentType})`
}

function largeHint(bytes: number): string {
  return `; the request has ${bytes} bytes, and hosts of the Node SDK can read no request of 64 KB or more`
}

/** The turn is over for another reason, which its caller has been told. */
function gaveUp(turn: Turn): SpawnError {
  const reason: unknown = turn.signal.reason
  return reason instanceof SpawnError ? reason : new SpawnError('CANCELLED', `${labelOf(turn)} was given up`)
}
