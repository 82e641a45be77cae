// A call of this system to an actor of another one: as every call that is away, it waits for an answer and stands in no mailbox
// here. Decides how it is called in messages.

import { addressText } from '../../protocol/index.ts'
import { AwayCall } from './away-call.ts'

export class OutboundCall extends AwayCall {
  override get answerer(): string {
    return `the system "${this.destination.id.system}"`
  }

  override get label(): string {
    const { action, id } = this.destination
    return outboundLabel(addressText(id), action.name, id.system)
  }
}

export function outboundLabel(actor: string, action: string, system: string): string {
  return `"${actor}" action "${action}" of the system "${system}"`
}
