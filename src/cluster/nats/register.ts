// The register on JetStream: an entry is the last message of a subject, and a change names the sequence number that it
// follows. The server decides between those that name the same.
//
// A removal leaves a marker, which has a revision, too. Of an answer that does not come nobody knows what it would have
// been: MEMBER_UNAVAILABLE, and the caller reads the entry.

import { type Clock, SpawnError } from '../../base/index.ts'
import type { Logger, Register, RegisterEntry } from '../../ports/index.ts'
import { Bucket } from './bucket.ts'
import type { Connection } from './connection.ts'
import { askJetStream, Refused, REFUSAL } from './jetstream.ts'
import { RegisterWatch } from './register-watch.ts'

/** Named by NATS for key-value buckets. */
export const OPERATION = 'KV-Operation'
export const REMOVAL = 'DEL'
const EXPECTED_SEQUENCE = 'Nats-Expected-Last-Subject-Sequence'

/** What stands last of a key, a removal included. */
interface Standing {
  readonly value: string | null
  readonly sequence: number
}

export interface NatsRegisterOptions {
  readonly cluster: string
  readonly connection: Connection
  readonly clock: Clock
  readonly logger: Logger
}

export class NatsRegister implements Register {
  readonly #connection: Connection
  readonly #bucket: Bucket
  readonly #watch: RegisterWatch
  #running = false

  constructor({ clock, cluster, connection, logger }: NatsRegisterOptions) {
    this.#connection = connection
    this.#bucket = new Bucket(cluster, connection, logger, clock)
    this.#watch = new RegisterWatch({ bucket: this.#bucket, clock, connection, logger })
  }

  async start(): Promise<void> {
    if (this.#running) return
    await this.#connection.open()
    try {
      await this.#watch.start()
    } catch (thrown) {
      await this.#connection.close()
      throw thrown
    }
    this.#running = true
  }

  async stop(): Promise<void> {
    if (!this.#running) return
    this.#running = false
    await this.#watch.stop()
    await this.#connection.close()
  }

  async get(key: string): Promise<RegisterEntry | null> {
    this.#checkRunning()
    const standing = await this.#standing(key)
    if (standing === null || standing.value === null) return null
    return { key, value: standing.value, revision: this.#bucket.revisionOf(standing.sequence) }
  }

  async put(key: string, value: string, follows: number): Promise<number | null> {
    this.#checkRunning()
    const sequence = await this.#change(key, value, {}, follows)
    return sequence === null ? null : this.#bucket.revisionOf(sequence)
  }

  async remove(key: string, follows: number): Promise<boolean> {
    this.#checkRunning()
    // What is not there cannot be removed, and a removal is not removed again.
    const standing = await this.#standing(key)
    if (standing === null || standing.value === null) return false
    if (this.#bucket.revisionOf(standing.sequence) !== follows) return false
    return (await this.#change(key, '', { [OPERATION]: REMOVAL }, follows)) !== null
  }

  watch(listener: (entry: RegisterEntry) => void): void {
    this.#watch.add(listener)
  }

  /** @returns its sequence number; null: something else stands. */
  async #change(
    key: string,
    value: string,
    headers: Readonly<Record<string, string>>,
    follows: number,
  ): Promise<number | null> {
    if (follows !== 0) {
      const sequence = this.#bucket.sequenceOf(follows)
      return sequence === 0 ? null : this.#publish(key, value, headers, sequence)
    }
    const first = await this.#publish(key, value, headers, 0)
    if (first !== null) return first
    // It may have stood, and be removed: then it follows the removal.
    const standing = await this.#standing(key)
    if (standing === null || standing.value !== null) return null
    return this.#publish(key, value, headers, standing.sequence)
  }

  async #publish(
    key: string,
    value: string,
    headers: Readonly<Record<string, string>>,
    expected: number,
  ): Promise<number | null> {
    const what = `changing ${key} in the register`
    try {
      const { seq } = await askJetStream(this.#connection, {
        what,
        subject: this.#bucket.subjectOf(key),
        payload: value,
        headers: { ...headers, [EXPECTED_SEQUENCE]: String(expected) },
        changes: true,
      })
      if (typeof seq === 'number') return seq
    } catch (thrown) {
      if (!(thrown instanceof Refused)) throw thrown
      if (thrown.code === REFUSAL.wrongSequence || thrown.code === REFUSAL.wrongSequenceUnknown) return null
      throw this.#gone(what, thrown)
    }
    throw new SpawnError('MEMBER_UNAVAILABLE', `${what}: JetStream has not said where it stands`)
  }

  async #standing(key: string): Promise<Standing | null> {
    const what = `reading ${key} in the register`
    try {
      const { message } = await askJetStream(this.#connection, {
        what,
        subject: `$JS.API.STREAM.MSG.GET.${this.#bucket.stream}`,
        payload: JSON.stringify({ last_by_subj: this.#bucket.subjectOf(key) }),
        changes: false,
      })
      return standingOf(message)
    } catch (thrown) {
      if (!(thrown instanceof Refused)) throw thrown
      if (thrown.code === REFUSAL.noMessage) return null
      throw this.#gone(what, thrown)
    }
  }

  #gone(what: string, cause: Refused): SpawnError {
    this.#watch.lookAgain()
    const message = `${what}: the bucket ${this.#bucket.name} is not there (${cause.message}); it is made again, empty`
    return new SpawnError('MEMBER_UNAVAILABLE', message, { cause })
  }

  #checkRunning(): void {
    if (this.#running) return
    throw new SpawnError('MEMBER_UNAVAILABLE', 'the register of the cluster is not running: start it first')
  }
}

/** What JetStream answers with: data and headers in base64. */
function standingOf(message: unknown): Standing {
  const { data, hdrs, seq } = message as {
    readonly data?: unknown
    readonly hdrs?: unknown
    readonly seq?: unknown
  }
  if (typeof seq !== 'number')
    throw new SpawnError('MEMBER_UNAVAILABLE', 'JetStream has not said where an entry stands')
  const headers = typeof hdrs === 'string' ? Buffer.from(hdrs, 'base64').toString('latin1') : ''
  const text = typeof data === 'string' ? Buffer.from(data, 'base64').toString('utf8') : ''
  return { value: isRemoval(headers) ? null : text, sequence: seq }
}

/** Tools of NATS remove by `DEL` and by `PURGE`. */
function isRemoval(headers: string): boolean {
  return new RegExp(`^${OPERATION}: *(?:DEL|PURGE)\\r?$`, 'im').test(headers)
}
