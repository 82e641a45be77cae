// Calls between systems over NATS, as every Spawn runtime makes them: subject and queue group `spawn.<system>.actors.actions`,
// an InvocationRequest, an InvocationResponse. Decides who serves a system, and how a call of another one ends.
//
// Invariants: a call is sent once. Every call that comes is answered, with a status; one that nobody waits for any more is
// not begun.

import type { Msg, Subscription } from '@nats-io/transport-node'
import { type Clock, LIMITS, messageOf, SpawnError } from '../../base/index.ts'
import type { Call, Gateway, Logger } from '../../ports/index.ts'
import { callBytes, type Packed } from '../../protocol/index.ts'
import type { Connection } from './connection.ts'
import { failedCall, readReply } from './system-reply.ts'
import { answerBytes, callIn, failureBytes, systemCall } from './system-call.ts'

/** Calls of other systems that are under way here. */
const MAX_SERVED = 16_384

interface NatsSystemsOptions {
  readonly connection: Connection
  readonly clock: Clock
  readonly logger: Logger
}

/** What is needed of the runtime that serves a system. */
type Served = Pick<Gateway, 'system' | 'invokePacked'>

export class NatsSystems {
  readonly #connection: Connection
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #served = new Map<string, Subscription>()
  #underWay = 0
  #isOpen = false

  constructor({ clock, connection, logger }: NatsSystemsOptions) {
    this.#connection = connection
    this.#clock = clock
    this.#logger = logger
  }

  /** @throws SpawnError MEMBER_UNAVAILABLE that says what to do. */
  async start(): Promise<void> {
    await this.#connection.open()
    this.#isOpen = true
  }

  async stop(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    for (const subscription of this.#served.values()) subscription.unsubscribe()
    this.#served.clear()
    await this.#connection.close()
  }

  /**
   * Takes calls of other systems for this one, in turns with all other members that do. Resolves when NATS knows.
   *
   * @throws SpawnError INVALID_ARGUMENT when its name cannot be part of a subject.
   */
  async serve(gateway: Served): Promise<void> {
    const subject = subjectOf(gateway.system)
    const take = (message: Msg): void => void this.#answer(gateway, message)
    const ended = (why: unknown): void => {
      const fields = { system: gateway.system, reason: messageOf(why) }
      this.#logger.error('Calls of other systems are not taken: NATS does not permit it', fields)
    }
    this.#served.get(gateway.system)?.unsubscribe()
    this.#served.set(gateway.system, this.#connection.subscribe(subject, take, ended, subject))
    await this.#connection.settled()
  }

  /** What is under way is answered; nothing new is taken. */
  unserve(system: string): void {
    this.#served.get(system)?.unsubscribe()
    this.#served.delete(system)
  }

  /**
   * Calls an actor of another system.
   *
   * @returns its response; undefined: none, or the call is asynchronous or for later.
   * @throws SpawnError what it was answered with; MEMBER_UNAVAILABLE when nobody serves the system, or NATS is away;
   *   DEADLINE_EXCEEDED, CANCELLED
   */
  async call(system: string, name: string, call: Call): Promise<Packed | undefined> {
    const { headers, timeoutMs, wire } = systemCall(system, name, call, this.#clock.now())
    const subject = subjectOf(system)
    const { signal } = call
    const to = { system, name, action: call.action }
    if (signal?.aborted === true) throw failedCall(to, 'cancelled', false)
    const bytes = callBytes(wire)
    const { maxBytes } = this.#connection
    if (bytes.length > maxBytes - HEADER_ROOM)
      throw failedCall(to, `takes ${bytes.length} bytes, and NATS takes ${maxBytes - HEADER_ROOM}`, false)
    const cancelled = Promise.withResolvers<never>()
    const cancel = (): void => cancelled.reject(failedCall(to, 'cancelled', true))
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      const asked = this.#connection.request(subject, bytes, timeoutMs, headers)
      const reply = await Promise.race([asked, cancelled.promise])
      return readReply(to, reply.data)
    } catch (thrown) {
      throw failedCall(to, thrown, true, timeoutMs)
    } finally {
      signal?.removeEventListener('abort', cancel)
    }
  }

  async #answer(gateway: Served, message: Msg): Promise<void> {
    let reply: Uint8Array
    this.#underWay += 1
    try {
      reply = await this.#serve(gateway, message)
    } catch (thrown) {
      reply = failureBytes(thrown)
    } finally {
      this.#underWay -= 1
    }
    if (message.reply === undefined || message.reply === '') return
    const { maxBytes } = this.#connection
    if (reply.length > maxBytes) {
      const problem = `the response takes ${reply.length} bytes, and NATS takes ${maxBytes}; the call has run`
      reply = failureBytes(
        new SpawnError('INVALID_ARGUMENT', problem, { details: { limit: 'payloadBytes' } }),
      )
    }
    this.#connection.send(message.reply, reply)
  }

  async #serve(gateway: Served, { data, headers }: Msg): Promise<Uint8Array> {
    if (this.#underWay > MAX_SERVED) {
      const problem = `${MAX_SERVED} calls of other systems are under way here`
      throw new SpawnError('MAILBOX_FULL', problem, { details: { limit: 'served' } })
    }
    const { call, invocation, name } = callIn(gateway.system, data, headers?.get('traceparent') ?? '')
    const payload = await gateway.invokePacked(name, call)
    const isDone = call.async !== true && call.scheduledToMs === undefined
    return answerBytes(invocation, isDone ? payload : null)
  }
}

/** What the headers of a message may take beside its body. */
const HEADER_ROOM = 4_096

/** @throws SpawnError INVALID_ARGUMENT */
function subjectOf(system: string): string {
  // The name stands there as it is: other runtimes write it so.
  const isFit = system.length <= LIMITS.nameBytes && /^[^\s.*>\p{Cc}]+(?:\.[^\s.*>\p{Cc}]+)*$/u.test(system)
  if (isFit) return `spawn.${system}.actors.actions`
  const message = `the system "${system}" cannot be called over NATS: its name has spaces, wildcards or empty parts`
  throw new SpawnError('INVALID_ARGUMENT', message)
}
