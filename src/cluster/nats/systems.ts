// Calls between systems over NATS, as every Spawn runtime makes them: subject and queue group `spawn.<system>.actors.actions`,
// request-reply. Decides who serves a system, how a call of another one ends, and when the last answer has left; what stands
// in the messages is system-call.ts's and the protocol's.
//
// Invariants: a call is sent once. Every call that comes is answered, if its sender asks for that.

import type { Msg, Subscription } from '@nats-io/transport-node'
import { type Clock, LIMITS, messageOf, SpawnError } from '../../base/index.ts'
import type { Logger, ServedSystem, SystemCall, SystemExchange } from '../../ports/index.ts'
import { asSpawnError, type Packed } from '../../protocol/index.ts'
import {
  readSystemAnswer,
  SYSTEM_ACCEPTED,
  systemAnswerBytes,
  systemFailureBytes,
} from '../../protocol/protobuf/index.ts'
import type { Connection } from './connection.ts'
import { callIn, type CarriedCall, carriedCall } from './system-call.ts'
import { cancelled, tooLarge, unanswered } from './system-failure.ts'

/** Calls of other systems that are under way here. */
const MAX_SERVED = 16_384
/** What the headers of a message may take beside its body. */
const HEADER_ROOM = 4_096
/** How long NATS may take to say that it sends no more, or has sent all, in milliseconds. */
const LAST_WORDS_MS = 2_000

export interface NatsSystemsOptions {
  readonly connection: Connection
  readonly clock: Clock
  readonly logger: Logger
}

export class NatsSystems implements SystemExchange {
  readonly #connection: Connection
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #served = new Map<string, Subscription>()
  #underWay = 0
  #whenDone: (() => void) | null = null
  #isOpen = false

  constructor({ clock, connection, logger }: NatsSystemsOptions) {
    this.#connection = connection
    this.#clock = clock
    this.#logger = logger
  }

  async start(): Promise<void> {
    await this.#connection.open()
    this.#isOpen = true
  }

  async serve(served: ServedSystem): Promise<void> {
    const { system } = served
    const subject = subjectOf(system)
    if (subject === null) {
      this.#logger.warn('Other systems cannot call this one: its name cannot be part of a subject of NATS', {
        system,
      })
      return
    }
    const take = (message: Msg): void => void this.#answer(served, message)
    const ended = (why: unknown): void => {
      const fields = { system, reason: messageOf(why) }
      this.#logger.error('Calls of other systems are not taken: NATS does not permit it', fields)
    }
    this.#served.get(system)?.unsubscribe()
    this.#served.set(system, this.#connection.subscribe(subject, take, ended, subject))
    await this.#connection.settled()
  }

  async leave(): Promise<void> {
    const subscriptions = [...this.#served.values()]
    this.#served.clear()
    // What NATS has sent before it knows is still taken.
    await this.#inTime(Promise.all(subscriptions.map((each) => each.drain())))
  }

  async stop(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    await this.leave()
    if (this.#underWay > 0)
      await new Promise<void>((resolve) => {
        this.#whenDone = resolve
      })
    await this.#inTime(this.#connection.settled())
    await this.#connection.close()
  }

  async call(
    system: string,
    name: string,
    call: SystemCall,
    signal: AbortSignal,
  ): Promise<Packed | undefined> {
    const label = `"${name}" action "${call.action}" of the system "${system}"`
    const subject = subjectOf(system)
    if (subject === null) throw unfit(label)
    const carried = carriedCall(system, name, call)
    const most = this.#connection.maxBytes - HEADER_ROOM
    if (carried.body.length > most) throw tooLarge(label, carried.body.length, most)
    if (signal.aborted) throw cancelled(label, false)
    const answer = await this.#request(label, subject, carried, call.timeoutMs, signal)
    return readSystemAnswer(label, answer)
  }

  async #request(
    label: string,
    subject: string,
    { body, headers }: CarriedCall,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    const gaveUp = Promise.withResolvers<never>()
    const giveUp = (): void => gaveUp.reject(cancelled(label, true))
    signal.addEventListener('abort', giveUp, { once: true })
    try {
      const asked = this.#connection.request(subject, body, timeoutMs, headers)
      const { data } = await Promise.race([asked, gaveUp.promise])
      return data
    } catch (thrown) {
      throw unanswered(label, thrown, timeoutMs)
    } finally {
      signal.removeEventListener('abort', giveUp)
    }
  }

  async #answer(served: ServedSystem, message: Msg): Promise<void> {
    let answer: Uint8Array
    this.#underWay += 1
    try {
      answer = await this.#run(served, message)
    } catch (thrown) {
      answer = systemFailureBytes(thrown)
      if (!isAnswered(message)) this.#unheard(served, thrown)
    }
    this.#reply(message, answer)
    this.#underWay -= 1
    if (this.#underWay === 0) this.#whenDone?.()
  }

  /** Its sender will not be told. */
  #unheard({ system }: ServedSystem, thrown: unknown): void {
    const { code, message } = asSpawnError(thrown)
    const fields = { system, code, error: message }
    this.#logger.warn('A call of another system failed, which nobody waits for', fields)
  }

  #reply(message: Msg, answer: Uint8Array): void {
    if (!isAnswered(message)) return
    const { maxBytes } = this.#connection
    const isFit = answer.length <= maxBytes
    this.#connection.send(
      message.reply,
      isFit ? answer : systemFailureBytes(unsendable(answer.length, maxBytes)),
    )
  }

  async #run(served: ServedSystem, { data, headers }: Msg): Promise<Uint8Array> {
    if (this.#underWay > MAX_SERVED) {
      const problem = `${MAX_SERVED} calls of other systems are under way here`
      throw new SpawnError('MAILBOX_FULL', problem, { details: { limit: 'served' } })
    }
    const { system } = served
    const { call, invocation, name } = callIn(system, data, headers)
    const response = await served.invokePacked(name, call)
    if (call.async === true || call.scheduledToMs !== undefined) return SYSTEM_ACCEPTED
    return systemAnswerBytes({ system, parent: invocation.actor.parent, name }, response)
  }

  /** NATS may be away: then it says nothing. */
  async #inTime(work: Promise<unknown>): Promise<void> {
    const over = Promise.withResolvers<void>()
    const timer = this.#clock.after(LAST_WORDS_MS, over.resolve)
    const failed = (thrown: unknown): void =>
      this.#logger.debug('NATS went away while systems were left', { reason: messageOf(thrown) })
    await Promise.race([work.catch(failed), over.promise])
    timer.cancel()
  }
}

/** Whether its sender waits: for an asynchronous call, Elixir's runtime does not. */
function isAnswered(message: Msg): message is Msg & { readonly reply: string } {
  const { reply } = message
  return reply !== undefined && reply !== ''
}

function unsendable(bytes: number, maxBytes: number): SpawnError {
  const problem = `the response takes ${bytes} bytes, and NATS takes ${maxBytes}; the call has run`
  return new SpawnError('INVALID_ARGUMENT', problem, { details: { limit: 'payloadBytes' } })
}

/** Null: none is made of such a name. */
function subjectOf(system: string): string | null {
  // The name stands there as it is: other runtimes write it so.
  const isFit = system.length <= LIMITS.nameBytes && /^[^\s.*>\p{Cc}]+(?:\.[^\s.*>\p{Cc}]+)*$/u.test(system)
  return isFit ? `spawn.${system}.actors.actions` : null
}

function unfit(label: string): SpawnError {
  const problem = 'cannot be called over NATS: that name has spaces, wildcards or empty parts'
  return new SpawnError('INVALID_ARGUMENT', `${label} ${problem}`)
}
