// All calls that are not answered yet: how many they are, when the last one is through, and what becomes of one whose
// time is up or whose caller has gone. Invariant: every message that enters is answered, and leaves once.

import { assert, type Clock, SpawnError } from '../base/index.ts'
import { Ration } from '../base/ration.ts'
import type { ActionDefinition, Logger } from '../ports/index.ts'
import type { Activation } from './life/activation.ts'
import { BuiltinAction } from './builtin.ts'
import { Deadlines } from './deadlines.ts'
import type { Send, Message } from './message.ts'

export interface InflightOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly send: Send
  /** Goes on with an actor whose running turn was given up. */
  readonly proceed: (activation: Activation, givenUp: Message, error: SpawnError) => void
}

/** How often calls that came up meanwhile are given up too, when all are, in milliseconds. */
const GIVE_UP_EVERY_MS = 20

const GIVEN_UP = {
  DEADLINE_EXCEEDED: 'its deadline passed',
  CANCELLED: 'its caller cancelled it',
  DRAINING: 'the system stopped',
} as const

export type GiveUpCode = keyof typeof GIVEN_UP

export class Inflight {
  readonly send: Send
  readonly clock: Clock
  private readonly logger: Logger
  private readonly proceed: InflightOptions['proceed']
  private readonly deadlines: Deadlines
  private readonly told: Ration<ActionDefinition>
  private count = 0
  private onEmpty: (() => void) | null = null

  constructor(options: InflightOptions) {
    this.send = options.send
    this.clock = options.clock
    this.logger = options.logger
    this.proceed = options.proceed
    this.told = new Ration(options.clock)
    this.deadlines = new Deadlines(options.clock, (message) => this.giveUp(message, 'DEADLINE_EXCEEDED'))
  }

  enter(): void {
    this.count += 1
  }

  leave(): void {
    this.count -= 1
    assert(this.count >= 0, 'no more answers than calls')
    if (this.count === 0) this.onEmpty?.()
  }

  /** Watches the deadline of a call that is not answered at once. */
  watch(message: Message): void {
    if (message.stage !== 'settled') this.deadlines.watch(message)
  }

  /** Watches all that wait in a mailbox. Those that it has watched before cost nothing. */
  watchWaiting(activation: Activation): void {
    for (let message = activation.takeUnseen(); message !== null; message = message.next) {
      if (message.watch === null) this.watch(message)
    }
  }

  /**
   * Answers a call that must not go on waiting, and says how far it had come. The turn of an envelope is not given up
   * once it is done: its commit decides, and to hand the envelope over again before that would do its turn twice.
   */
  giveUp(message: Message, code: GiveUpCode): void {
    const why = GIVEN_UP[code]
    const { action, activation, label, stage } = message
    if (stage === 'settled') return
    if (stage === 'queued') {
      message.fail(new SpawnError(code, `${label} did not run: ${why} while it waited`))
    } else if (stage === 'running') {
      const ends = action instanceof BuiltinAction && action.ends
      const fate = ends ? 'it may have happened, or may happen yet' : 'the actor is unchanged'
      const error = new SpawnError(code, `${label} was given up: ${why} while it ran; ${fate}`)
      activation.leave(message)
      message.fail(error)
      this.proceed(activation, message, error)
    } else if (stage === 'routed') {
      const advice = 'it may have happened, or may happen yet'
      message.fail(new SpawnError(code, `${label}: ${why} while another actor was to answer; ${advice}`))
    } else if (stage === 'away') {
      const advice = 'it may have happened, or may happen yet'
      message.fail(
        new SpawnError(code, `${label}: ${why} while ${message.answerer} was to answer; ${advice}`),
      )
    } else if (message.parcel === null) {
      const advice = 'it may have happened'
      message.fail(new SpawnError(code, `${label}: ${why} while its state was being committed; ${advice}`))
    }
  }

  /** Gives up everything that waits now, and all that follows from it, until no call is left. */
  giveUpAll(code: GiveUpCode): void {
    for (const message of this.deadlines.watched()) this.giveUp(message, code)
    if (this.count > 0) this.clock.after(GIVE_UP_EVERY_MS, () => this.giveUpAll(code))
  }

  /** The failure of a call that nobody waits for. */
  unheard({ action, activation }: Message, { code, message }: SpawnError): void {
    const leftOut = this.told.take(action)
    if (leftOut === null) return
    const { name: actor, parent } = activation.id
    const fields = { actor, parent, action: action.name, code, error: message }
    this.logger.warn('an asynchronous call failed', leftOut === 0 ? fields : { ...fields, leftOut })
  }

  /** Resolves when no call is left. */
  empty(): Promise<void> {
    if (this.count === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.onEmpty = () => {
        this.onEmpty = null
        resolve()
      }
    })
  }

  stop(): void {
    this.deadlines.stop()
  }
}
