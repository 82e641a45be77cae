// The wire on NATS: each member has a subject, `spawn.<cluster>.members.<member>`, which is never that of a system's actors
// (`spawn.<system>.actors.actions`). What is sent while the connection is away is lost, as ports/wire.ts has it.

import type { Subscription } from '@nats-io/transport-node'
import { SpawnError } from '../../base/index.ts'
import type { Wire } from '../../ports/index.ts'
import type { Connection } from './connection.ts'
import { requestFailure } from './failures.ts'
import { tokenOf } from './names.ts'

const LEAST_BYTES = 4_096

export class NatsWire implements Wire {
  readonly #connection: Connection
  readonly #prefix: string
  /** By member: what was made of its id. */
  readonly #subjects = new Map<string, string>()
  #subscription: Subscription | null = null

  constructor(cluster: string, connection: Connection) {
    this.#connection = connection
    this.#prefix = `spawn.${tokenOf(cluster)}.members.`
  }

  get maxBytes(): number {
    return this.#connection.maxBytes
  }

  async start(self: string, receive: (bytes: Uint8Array) => void): Promise<void> {
    await this.#connection.open()
    try {
      await this.#listen(self, receive)
    } catch (thrown) {
      await this.#connection.close()
      throw thrown
    }
  }

  async stop(): Promise<void> {
    if (this.#subscription === null) return
    this.#subscription.unsubscribe()
    this.#subscription = null
    await this.#connection.close()
  }

  send(to: string, bytes: Uint8Array): void {
    this.#connection.send(this.#subjectOf(to), bytes)
  }

  /** Listens, and finds out whether this member is let: the server says nothing to those who are, and refuses others later. */
  async #listen(self: string, receive: (bytes: Uint8Array) => void): Promise<void> {
    const { maxBytes } = this.#connection
    if (maxBytes < LEAST_BYTES) {
      const message = `the NATS server takes ${maxBytes} bytes at once, and members need ${LEAST_BYTES}: raise its max_payload`
      throw new SpawnError('MEMBER_UNAVAILABLE', message, { retryable: false })
    }
    const heard = Promise.withResolvers<void>()
    const subject = this.#subjectOf(self)
    const take = ({ data }: { readonly data: Uint8Array }): void => {
      // Members send each other no empty frames.
      if (data.length === 0) heard.resolve()
      else receive(data)
    }
    const subscription = this.#connection.subscribe(subject, take, (why) => heard.reject(why))
    try {
      this.#connection.send(subject, new Uint8Array(0))
      await Promise.race([heard.promise, this.#neverHeard(subject)])
    } catch (thrown) {
      subscription.unsubscribe()
      throw requestFailure(`listening on ${subject}`, thrown, false)
    }
    this.#subscription = subscription
  }

  /** What was sent is heard before the server answers the second question after it, or not at all. */
  async #neverHeard(subject: string): Promise<never> {
    await this.#connection.settled()
    await this.#connection.settled()
    throw new Error(
      `NATS does not permit this member to send to ${subject}: see docs/operations.md for what it needs`,
    )
  }

  #subjectOf(member: string): string {
    let subject = this.#subjects.get(member)
    if (subject === undefined) {
      if (this.#subjects.size > 10_000) this.#subjects.clear()
      subject = this.#prefix + tokenOf(member)
      this.#subjects.set(member, subject)
    }
    return subject
  }
}
