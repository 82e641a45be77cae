// One turn on its way to a host process and back. It decides which host it goes to, whether it may go to another, and when
// to give up; what an answer means is reply.ts's. It is an object with callbacks, and no async function, because it is
// made once for every turn.
//
// Invariant: a request of which anything was sent is never sent again, to whichever host; but when the host says that it
// stops and has run nothing of it. It is settled once.

import { messageOf, SpawnError } from '../../base/index.ts'
import type { Outcome, Turn } from '../../ports/index.ts'
import { type End, Exchange, type Sender } from './exchange.ts'
import { busy, type Culprit, labelOf, lost, malformed, unreachable } from './failure.ts'
import type { HostProcess } from './host-process.ts'
import type { RemoteHost } from './remote-host.ts'
import { largeRequest, outcomeOfReply } from './reply.ts'
import { refusalOf } from './told-failure.ts'

/** Attempts to send one request beyond one for each host; none of them left a byte. */
const EXTRA_ATTEMPTS = 3

export class RemoteTurn implements Sender {
  readonly outcome: Promise<Outcome>

  private readonly host: RemoteHost
  private readonly turn: Turn
  private readonly body: Uint8Array
  private readonly depth: number
  private resolve!: (outcome: Outcome) => void
  private reject!: (error: unknown) => void

  private process: HostProcess | null = null
  private exchange: Exchange | null = null
  private attempts = 0
  private waited = false
  /** Why the last attempt left no byte. */
  private cause: unknown = undefined

  /** @param depth how many actions that run wait for it, one for another. */
  constructor(host: RemoteHost, turn: Turn, body: Uint8Array, depth: number) {
    this.host = host
    this.turn = turn
    this.body = body
    this.depth = depth
    this.outcome = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
    turn.signal.addEventListener('abort', this)
    if (turn.signal.aborted) this.fail(this.gaveUp())
    else this.next()
  }

  /** Begins the next attempt, if there may be one. */
  private next(): void {
    const { host } = this
    const process = host.pick()
    if (process !== null && this.attempts < host.processes.length + EXTRA_ATTEMPTS) this.send(process)
    else if (process === null && host.awaited) void this.wait()
    else this.fail(this.nobody())
  }

  private send(process: HostProcess): void {
    const { queuePerHost, replyBytes } = this.host.settings
    this.attempts += 1
    this.process = process
    this.exchange = new Exchange(this.body, this.depth, replyBytes, this)
    // Those that have waited until a host was there are bounded by that.
    if (process.send(this.exchange, this.waited)) return
    const what = `runs ${process.running} actions, and ${process.waiting} more wait for it, which is the limit`
    this.fail(busy(this.turn, process, what, { details: { limit: 'queuePerHost', queuePerHost } }))
  }

  private async wait(): Promise<void> {
    try {
      await this.host.room.wait(this.host, this.turn, () => this.nobody())
    } catch (error) {
      this.fail(error)
      return
    }
    this.waited = true
    this.attempts = 0
    this.next()
  }

  /** The attempt has ended. */
  ended(end: End): void {
    const { body, process, turn } = this
    if (process === null) return
    const refusal = end.kind === 'reply' ? refusalOf(end) : null
    if (refusal !== null) {
      process.down(refusal)
      this.again(refusal)
    } else if (end.kind === 'reply') {
      try {
        this.settle()
        this.resolve(outcomeOfReply(turn, end, process, body.length))
      } catch (error) {
        this.reject(error)
      }
    } else if (turn.signal.aborted) this.fail(this.gaveUp())
    else if (end.kind === 'garbled') this.fail(garbled(turn, process, end.cause))
    else if (end.kind === 'lost') this.fail(silent(turn, process, body.length, end.cause))
    else this.again(end.cause)
  }

  /** The attempt has run nothing. */
  private again(cause: unknown): void {
    this.cause = cause
    if (this.turn.signal.aborted) this.fail(this.gaveUp())
    else this.next()
  }

  /** Nobody waits for the turn any more: its signal has aborted. */
  handleEvent(): void {
    this.exchange?.giveUp(this.turn.signal.reason)
  }

  private fail(error: unknown): void {
    this.settle()
    this.reject(error)
  }

  private settle(): void {
    this.turn.signal.removeEventListener('abort', this)
    this.host.left(this.turn)
  }

  private nobody(): SpawnError {
    const { cause, turn } = this
    const { definition, processes } = this.host
    const [first] = processes
    const why = cause === undefined ? '' : `: ${messageOf(cause)}`
    if (processes.length === 1 && first !== undefined)
      return unreachable(turn, first, `is not reachable${why}`, { cause })
    const where =
      processes.length === 0 ? 'no host' : `none of the ${processes.length} hosts of "${definition}"`
    return unreachable(turn, { where }, `is reachable${why}`, { cause })
  }

  /** The turn is over for another reason, which its caller has been told. */
  private gaveUp(): SpawnError {
    const reason: unknown = this.turn.signal.reason
    if (reason instanceof SpawnError) return reason
    return new SpawnError('CANCELLED', `${labelOf(this.turn)} was given up`)
  }
}

function garbled(turn: Turn, who: Culprit, cause: unknown): SpawnError {
  return malformed(turn, who, `answered no valid HTTP (${messageOf(cause)})`, { cause })
}

/** Some hosts say so that the action has failed. */
function silent(turn: Turn, who: Culprit, sentBytes: number, cause: unknown): SpawnError {
  const what = `closed the connection without a whole answer (${messageOf(cause)})${largeRequest(sentBytes)}`
  return lost(turn, who, what, { cause })
}
