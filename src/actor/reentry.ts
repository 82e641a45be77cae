// Reentrancy `call-chain`: a call that comes back, along its own chain, to an actor whose turn waits for it has its own
// turn at once, within the waiting one and ahead of the mailbox. Calls of other chains wait as ever.
//
// What it keeps: the turn within is one like any other. It is committed by itself, its answer waits for that commit, and
// it stays when the turn around it fails. Turns within each other begin and end like brackets: what a turn sets is applied
// only when all turns within it are over, so one that returns a state replaces theirs, and one that does not has seen and
// kept them. A turn that is given up while another runs within it lets no other turn in before that one has ended.
//
// Two calls that come back to one turn run one after the other. A call that comes back to a turn which is over (it did not
// wait, or was given up) goes to the mailbox.

import type { Activation } from './life/activation.ts'
import { Beside } from './life/beside.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { Inflight } from './inflight.ts'
import type { Message } from './message.ts'

export interface ReentryOptions {
  readonly inflight: Inflight
  readonly dispatcher: Dispatcher
  /** Begins a turn. */
  readonly begin: (activation: Activation, message: Message) => void
}

export class Reentry {
  private readonly options: ReentryOptions

  constructor(options: ReentryOptions) {
    this.options = options
  }

  /** Lets a call in that came back to a turn of its actor. */
  take(message: Message, within: Message): void {
    const { dispatcher, inflight } = this.options
    const { activation } = within
    message.activation = activation
    activation.beside ??= new Beside()
    activation.beside.comeBack(message, within)
    inflight.watch(message)
    dispatcher.enqueue(activation)
  }

  /** Goes on with the turn that runs: ends it if that is due, or runs the next call that came back to it. */
  step(activation: Activation, beside: Beside): void {
    for (const message of beside.takeLeftBehind()) activation.push(message)
    const { running } = activation
    if (running === null) return
    const end = beside.takeEnd(running)
    if (end !== null) {
      end()
      return
    }
    const message = beside.shiftReturned(running)
    if (message !== null && message.stage === 'queued') this.options.begin(activation, message)
  }
}
