// What an actor has besides its mailbox and the turn that runs: queries that wait, calls that came back, and turns that
// wait for one within them. Most actors never have any of it, so it is made on first use.
//
// Invariant: of the turns in `outer` each waits for the next, and the last for the one that runs; it ends after that one,
// or was given up.

import { Queue } from '../../base/index.ts'
import type { Activation } from './activation.ts'
import type { Message } from '../message.ts'
import type { Query } from '../query.ts'

const NONE: readonly Message[] = Object.freeze([])

export class Beside {
  /** Queries that could not run at once: the actor is not open yet, or other actors have their turns. */
  readonly queries = new Queue<Query>()
  /** Calls that came back along their chain, by the turn that waits for them. */
  private readonly returned = new Map<Message, Queue<Message>>()
  private readonly outer: Message[] = []
  /** What is still to be done of turns that ended while another ran within them. */
  private readonly ended = new Map<Message, () => void>()

  /** Whether something of it could run now. */
  due({ open, running }: Activation): boolean {
    if (open && this.queries.length > 0) return true
    if (running !== null && this.ended.has(running)) return true
    for (const within of this.returned.keys()) {
      if (within === running || within.stage !== 'running') return true
    }
    return false
  }

  /** Calls that came back and wait. */
  get waiting(): number {
    let waiting = 0
    for (const calls of this.returned.values()) waiting += calls.length
    return waiting
  }

  /** A call came back to a turn. */
  comeBack(message: Message, within: Message): void {
    const calls = this.returned.get(within)
    if (calls !== undefined) {
      calls.push(message)
      return
    }
    const first = new Queue<Message>()
    first.push(message)
    this.returned.set(within, first)
  }

  /** The next call that came back to a turn; null: there is none. */
  shiftReturned(within: Message): Message | null {
    const calls = this.returned.get(within)
    if (calls === undefined) return null
    const message = calls.shift() ?? null
    if (calls.length === 0) this.returned.delete(within)
    return message
  }

  /** Calls whose turn waits for them no longer: they have become like any other. */
  takeLeftBehind(): readonly Message[] {
    if (this.returned.size === 0) return NONE
    const left: Message[] = []
    for (const within of this.returned.keys()) {
      if (within.stage === 'running') continue
      for (let message = this.shiftReturned(within); message !== null; message = this.shiftReturned(within)) {
        left.push(message)
      }
    }
    return left
  }

  /** A turn waits for one within it. */
  suspend(message: Message): void {
    this.outer.push(message)
  }

  /** The turn that waited for the one that is over now; null: there is none, or it was given up. */
  resume(): Message | null {
    for (let message = this.outer.pop(); message !== undefined; message = this.outer.pop()) {
      if (message.stage === 'running') return message
      this.ended.delete(message)
    }
    return null
  }

  /** A turn has ended before the one within it: the rest is done after that one. */
  endLater(message: Message, rest: () => void): void {
    this.ended.set(message, rest)
  }

  takeEnd(message: Message): (() => void) | null {
    const rest = this.ended.get(message) ?? null
    if (rest !== null) this.ended.delete(message)
    return rest
  }
}
