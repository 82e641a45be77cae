// Where the register's entries lie: a key-value bucket of JetStream, as its own tools show it (`nats kv`). Decides how it is
// made, and what a revision is.
//
// Invariant: revisions grow, also when the bucket was deleted and made anew, when its sequence numbers begin again: before
// them stands the millisecond in which the bucket was made.

import { type Clock, SpawnError } from '../../base/index.ts'
import type { Logger } from '../../ports/index.ts'
import type { Connection } from './connection.ts'
import { refusal } from './failures.ts'
import { askJetStream, Refused, REFUSAL } from './jetstream.ts'
import { bucketKeyOf, keyOf, tokenOf } from './names.ts'

/** Milliseconds are counted from here; a revision has room for them until 2060. */
const FIRST_MS = Date.UTC(2026, 0, 1)
/** For each millisecond that a bucket has stood, so many changes: no server makes as many. */
const SEQUENCES = 2 ** 13

/** Of the servers of a NATS cluster, so many keep the entries. */
const REPLICAS = 3

/** So often it is looked for while somebody else makes it, and the time between, in milliseconds. */
const MOST_TRIES = 10
const RETRY_MS = 100

export class Bucket {
  readonly name: string
  readonly stream: string
  readonly #connection: Connection
  readonly #logger: Logger
  readonly #clock: Clock
  #base = 0
  #lastSequence = 0

  constructor(cluster: string, connection: Connection, logger: Logger, clock: Clock) {
    this.name = `spawn-${tokenOf(cluster)}`
    this.stream = `KV_${this.name}`
    this.#connection = connection
    this.#logger = logger
    this.#clock = clock
  }

  /** Of all entries, for a filter. */
  get allSubjects(): string {
    return `$KV.${this.name}.>`
  }

  subjectOf(key: string): string {
    return `$KV.${this.name}.${bucketKeyOf(key)}`
  }

  /** Null: it is none of the register's. */
  keyOf(subject: string): string | null {
    return keyOf(subject.slice(`$KV.${this.name}.`.length))
  }

  revisionOf(sequence: number): number {
    return this.#base + sequence
  }

  /** 0: it is none of this bucket. */
  sequenceOf(revision: number): number {
    return revision > this.#base ? revision - this.#base : 0
  }

  /** That of its newest message when it was opened last; 0: there was none. */
  get lastSequence(): number {
    return this.#lastSequence
  }

  /**
   * Finds the bucket, or makes it.
   *
   * @returns whether it is another one than before.
   * @throws SpawnError MEMBER_UNAVAILABLE
   */
  async open(): Promise<boolean> {
    const { created, state } = await this.#findOrMake()
    const madeMs = madeMsIn(created)
    if (madeMs === null) {
      const message = `NATS does not say when the bucket ${this.name} was made: is it a server of version 2.9 or later?`
      throw new SpawnError('MEMBER_UNAVAILABLE', message, { retryable: false })
    }
    const base = (madeMs - FIRST_MS) * SEQUENCES
    const isAnother = base !== this.#base
    this.#base = base
    this.#lastSequence = lastSequenceIn(state)
    return isAnother
  }

  /** Several members may make it at once: those that come second find it as they would have made it. */
  async #findOrMake(): Promise<Readonly<Record<string, unknown>>> {
    for (let tries = 1; ; tries += 1) {
      const found = await this.#findOrTryToMake(tries === MOST_TRIES)
      if (found !== null && (isMade(found) || tries === MOST_TRIES)) return found
      // Somebody is about to make it: it is not there and cannot be made, or is there and is not what it will be.
      await new Promise<void>((resolve) => void this.#clock.after(RETRY_MS, resolve))
    }
  }

  /** @returns null when it can neither be found nor made, and this is not the last try. */
  async #findOrTryToMake(isLast: boolean): Promise<Readonly<Record<string, unknown>> | null> {
    const found = await this.#find()
    if (found !== null) return found
    try {
      return await this.#make()
    } catch (thrown) {
      if (!(thrown instanceof Refused)) throw thrown
      if (isLast) throw refusal(`making the bucket ${this.name}`, thrown.code, thrown.message)
      return null
    }
  }

  async #find(): Promise<Readonly<Record<string, unknown>> | null> {
    try {
      return await askJetStream(this.#connection, {
        what: `looking for the bucket ${this.name}`,
        subject: `$JS.API.STREAM.INFO.${this.stream}`,
        payload: '',
        changes: false,
      })
    } catch (thrown) {
      if (thrown instanceof Refused && thrown.code === REFUSAL.noStream) return null
      throw thrown
    }
  }

  async #make(): Promise<Readonly<Record<string, unknown>>> {
    if (!this.#connection.isClustered) return this.#makeWith(1)
    try {
      return await this.#makeWith(REPLICAS)
    } catch (thrown) {
      if (!(thrown instanceof SpawnError) || thrown.details['jetstream'] === undefined) throw thrown
      const fields = { bucket: this.name, reason: thrown.message, atMs: this.#clock.now() }
      this.#logger.warn('NATS keeps the leases of members on one server only: it cannot on three', fields)
      return this.#makeWith(1)
    }
  }

  #makeWith(replicas: number): Promise<Readonly<Record<string, unknown>>> {
    const config = {
      name: this.stream,
      description: 'Members of a Spawn cluster: who they are, and until when they may serve',
      subjects: [this.allSubjects],
      storage: 'file',
      retention: 'limits',
      discard: 'new',
      num_replicas: replicas,
      max_consumers: -1,
      max_msgs: -1,
      max_msgs_per_subject: 1,
      max_bytes: -1,
      max_msg_size: -1,
      max_age: 0,
      duplicate_window: 120_000_000_000,
      allow_rollup_hdrs: true,
      deny_delete: true,
      // What is read must not come from a server that lags behind.
      allow_direct: false,
    }
    return askJetStream(this.#connection, {
      what: `making the bucket ${this.name}`,
      subject: `$JS.API.STREAM.CREATE.${this.stream}`,
      payload: JSON.stringify(config),
      changes: true,
    })
  }
}

/**
 * Whether the server is done with making it. Before, it answers with a time of the year 1, and a consumer that is made
 * then may never be delivered anything (seen with version 2.9.10).
 */
function isMade({ created }: Readonly<Record<string, unknown>>): boolean {
  const madeMs = madeMsIn(created)
  return madeMs === null || madeMs > FIRST_MS
}

/** Null: nobody says. */
function madeMsIn(created: unknown): number | null {
  const madeMs = typeof created === 'string' ? Date.parse(created) : Number.NaN
  return Number.isNaN(madeMs) ? null : madeMs
}

function lastSequenceIn(state: unknown): number {
  const { last_seq: last } = (state ?? {}) as { readonly last_seq?: unknown }
  return typeof last === 'number' ? last : 0
}
