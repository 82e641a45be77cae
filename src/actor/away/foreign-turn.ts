// A turn on another member that waits for a call which came from there: a link in the call's chain. It is known by what was
// said of it when the call left; whether it still waits is not known here.

import type { ChainLink } from '../../ports/index.ts'
import { type ActorId, addressText } from '../../protocol/index.ts'
import type { Message } from '../message.ts'

/** A turn that waits for a call: one of this member, or of another. */
export type Cause = Message | ForeignTurn

export class ForeignTurn {
  readonly link: ChainLink
  readonly self: ActorId
  readonly action: { readonly name: string }
  /** The turn that waits for it in turn; null: nobody does. */
  readonly cause: Cause | null
  /** As the call that has come: it waits no longer. */
  readonly endsAtMs: number

  constructor(link: ChainLink, cause: Cause | null, endsAtMs: number) {
    this.link = link
    this.self = link.actor
    this.action = { name: link.action }
    this.cause = cause
    this.endsAtMs = endsAtMs
  }

  get aside(): boolean {
    return this.link.aside
  }

  get starts(): boolean {
    return this.link.starts
  }

  get label(): string {
    return `"${addressText(this.self)}" action "${this.action.name}"`
  }
}
