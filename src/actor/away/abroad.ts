// Turns of this member that wait for a call on another one: how a chain of calls is told to that member, and which turn a
// call comes back to. Decides nothing about what is let in; call-chain.ts does, with a chain made here.

import type { ChainLink } from '../../ports/index.ts'
import { type Cause, ForeignTurn } from './foreign-turn.ts'
import type { Message } from '../message.ts'

/** The place of a turn that is found by the link before it. */
const BY_ITS_CALL = 0
const NO_LINKS: readonly ChainLink[] = Object.freeze([])

export class Abroad {
  private readonly self: string
  private readonly turns = new Map<number, Message>()
  private count = BY_ITS_CALL

  /** @param self this member's id. */
  constructor(self: string) {
    this.self = self
  }

  /** A turn waits for a call that leaves. @returns what it is known by, until `returned`. */
  leave(turn: Cause | null): number {
    if (turn === null || turn instanceof ForeignTurn) return BY_ITS_CALL
    this.count += 1
    this.turns.set(this.count, turn)
    return this.count
  }

  /** The call has been answered. */
  returned(number: number): void {
    this.turns.delete(number)
  }

  /** The chain of a call that leaves, innermost first. */
  links(cause: Cause | null, number: number): readonly ChainLink[] {
    if (cause === null) return NO_LINKS
    const links: ChainLink[] = []
    for (let turn: Cause | null = cause; turn !== null; turn = turn.cause) {
      if (turn instanceof ForeignTurn) {
        links.push(turn.link)
        continue
      }
      const { action, aside, self, starts } = turn
      const known = turn === cause ? number : BY_ITS_CALL
      links.push({ actor: self, action: action.name, member: this.self, turn: known, aside, starts })
    }
    return links
  }

  /** The turns that wait for a call that has come; null: none. Those of this member are the very ones. */
  causeOf(links: readonly ChainLink[], endsAtMs: number): Cause | null {
    let cause: Cause | null = null
    let foreign = links.length
    for (const [at, { member, turn }] of links.entries()) {
      const own = member === this.self ? this.turns.get(turn) : undefined
      if (own === undefined) continue
      cause = own
      foreign = at
      break
    }
    for (const link of links.slice(0, foreign).toReversed()) cause = new ForeignTurn(link, cause, endsAtMs)
    return cause
  }
}
