// What tells a member of changes in the register: messages that JetStream delivers in the order of their sequence numbers,
// as long as it lives. Decides when something may have been missed: a number that is left out, a server that is silent, a
// connection that was lost. Then it goes on behind the last one that it knows.
//
// Invariants: for one key, entries are told in the order of revisions, none twice. What was missed is told, as the last of
// the changes that were missed.

import type { Msg, Subscription } from '@nats-io/transport-node'
import { type Clock, messageOf, type Timer } from '../../base/index.ts'
import type { Logger, RegisterEntry } from '../../ports/index.ts'
import type { Bucket } from './bucket.ts'
import type { Connection } from './connection.ts'
import { askJetStream } from './jetstream.ts'

const HEARTBEAT_MS = 1_000
/** Silence for so long means that nothing is delivered any more. */
const SILENCE_MS = 3_500
/** Before the first message, which comes with a heartbeat at the latest: some deliveries never begin, see bucket.ts. */
const FIRST_SILENCE_MS = 1_500
const RETRY_MS = { first: 100, longest: 2_000 } as const
const NANOSECONDS = 1_000_000

interface RegisterWatchOptions {
  readonly bucket: Bucket
  readonly clock: Clock
  readonly connection: Connection
  readonly logger: Logger
}

export class RegisterWatch {
  readonly #options: RegisterWatchOptions
  readonly #listeners: ((entry: RegisterEntry) => void)[] = []
  /** Of the keys that stand, as they were told. */
  readonly #told = new Map<string, number>()
  #running = false
  /** Of the delivery that counts: what comes of an earlier one is not looked at. */
  #round = 0
  /** Whether anything of it has come. */
  #hasBegun = false
  #delivered = 0
  #lastSequence = 0
  /** What was removed before this is no change: nobody was told that it stood. */
  #changesFrom = 0
  #subscription: Subscription | null = null
  #silence: Timer | null = null
  #retry: Timer | null = null
  #retryMs: number = RETRY_MS.first
  #forgetReturn: (() => void) | null = null

  constructor(options: RegisterWatchOptions) {
    this.#options = options
  }

  add(listener: (entry: RegisterEntry) => void): void {
    this.#listeners.push(listener)
  }

  /** @throws SpawnError MEMBER_UNAVAILABLE */
  async start(): Promise<void> {
    this.#running = true
    this.#lastSequence = 0
    this.#changesFrom = 0
    this.#told.clear()
    this.#forgetReturn = this.#options.connection.onReturn(() => this.#resume())
    try {
      await this.#deliver()
    } catch (thrown) {
      await this.stop()
      throw thrown
    }
  }

  async stop(): Promise<void> {
    this.#running = false
    this.#round += 1
    this.#forgetReturn?.()
    this.#silence?.cancel()
    this.#retry?.cancel()
    this.#subscription?.unsubscribe()
    this.#subscription = null
  }

  /** The bucket may be gone. */
  lookAgain(): void {
    this.#failed(this.#round, 'the bucket was not found')
  }

  /** Begins a delivery behind what is known. */
  async #deliver(): Promise<void> {
    const { bucket, connection } = this.#options
    this.#round += 1
    const round = this.#round
    const isAnother = await bucket.open()
    if (round !== this.#round) return
    if (isAnother) this.#begunAnew()
    if (this.#lastSequence === 0 && this.#changesFrom === 0) this.#changesFrom = bucket.lastSequence + 1
    this.#subscription?.unsubscribe()
    this.#delivered = 0
    this.#hasBegun = false
    const inbox = connection.inbox()
    const ended = (why: unknown): void => this.#failed(round, why)
    this.#subscription = connection.subscribe(inbox, (message) => this.#take(round, message), ended)
    await askJetStream(connection, {
      what: 'watching the register',
      subject: `$JS.API.CONSUMER.CREATE.${bucket.stream}`,
      payload: JSON.stringify({ stream_name: bucket.stream, config: this.#consumer(inbox) }),
      changes: false,
    })
    if (round !== this.#round) return
    this.#retryMs = RETRY_MS.first
    if (!this.#hasBegun) this.#watchSilence(round, FIRST_SILENCE_MS)
  }

  #consumer(inbox: string): object {
    const from =
      this.#lastSequence === 0
        ? { deliver_policy: 'last_per_subject' }
        : { deliver_policy: 'by_start_sequence', opt_start_seq: this.#lastSequence + 1 }
    return {
      ...from,
      deliver_subject: inbox,
      filter_subject: this.#options.bucket.allSubjects,
      ack_policy: 'none',
      replay_policy: 'instant',
      max_deliver: -1,
      idle_heartbeat: HEARTBEAT_MS * NANOSECONDS,
    }
  }

  /** The bucket was deleted, and is another one: what stood in it does not. */
  #begunAnew(): void {
    this.#lastSequence = 0
    this.#changesFrom = 0
    const { bucket, logger } = this.#options
    if (this.#told.size === 0) return
    logger.error('The register of the cluster was deleted, and is empty now', { bucket: bucket.name })
    for (const key of this.#told.keys()) this.#tell({ key, value: null, revision: bucket.revisionOf(0) })
  }

  #take(round: number, message: Msg): void {
    if (round !== this.#round) return
    this.#hasBegun = true
    this.#watchSilence(round, SILENCE_MS)
    if (message.headers?.code === 100) {
      const last = Number(message.headers.get('Nats-Last-Consumer') || this.#delivered)
      if (last !== this.#delivered) this.#resume()
      return
    }
    const place = placeOf(message.reply)
    if (place === null) return
    if (place.delivered !== this.#delivered + 1) return this.#resume()
    this.#delivered = place.delivered
    this.#lastSequence = Math.max(this.#lastSequence, place.sequence)
    this.#takeEntry(message, place.sequence)
  }

  #takeEntry(message: Msg, sequence: number): void {
    const { bucket } = this.#options
    const key = bucket.keyOf(message.subject)
    if (key === null) return
    const operation = message.headers?.get('KV-Operation') ?? ''
    const isRemoval = operation === 'DEL' || operation === 'PURGE'
    const told = this.#told.get(key)
    const revision = bucket.revisionOf(sequence)
    // What came and went before its delivery is told as the last of its changes.
    if (told === undefined ? isRemoval && sequence < this.#changesFrom : revision <= told) return
    this.#tell({ key, value: isRemoval ? null : message.string(), revision })
  }

  #tell(entry: RegisterEntry): void {
    this.#told.set(entry.key, entry.revision)
    for (const listener of this.#listeners) listener(entry)
  }

  #watchSilence(round: number, longestMs: number): void {
    this.#silence?.cancel()
    const failed = (): void => this.#failed(round, 'nothing is delivered')
    this.#silence = this.#options.clock.after(longestMs, failed, { background: true })
  }

  #failed(round: number, why: unknown): void {
    if (round !== this.#round || !this.#running) return
    this.#options.logger.debug('The register is watched anew', { reason: messageOf(why) })
    this.#resume()
  }

  /** Now, and again and again until it goes on. */
  #resume(): void {
    if (!this.#running) return
    this.#retry?.cancel()
    this.#silence?.cancel()
    this.#deliver().catch((thrown: unknown) => this.#tryLater(thrown))
  }

  #tryLater(thrown: unknown): void {
    if (!this.#running) return
    const { clock, connection, logger } = this.#options
    if (connection.isUp) logger.warn('The register cannot be watched', { reason: messageOf(thrown) })
    this.#retry?.cancel()
    this.#retry = clock.after(this.#retryMs, () => this.#resume(), { background: true })
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS.longest)
  }
}

/** Where a message stands in the stream and in the delivery: its reply subject says so, in one of two forms. */
function placeOf(
  reply: string | undefined,
): { readonly sequence: number; readonly delivered: number } | null {
  const parts = reply?.split('.') ?? []
  if (parts[0] !== '$JS' || parts[1] !== 'ACK') return null
  const at = parts.length === 9 ? 5 : 7
  const sequence = Number(parts[at])
  const delivered = Number(parts[at + 1])
  return Number.isSafeInteger(sequence) && Number.isSafeInteger(delivered) ? { sequence, delivered } : null
}
