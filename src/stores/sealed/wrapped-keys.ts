// The data keys that a key service has wrapped: rows of the store behind, opened once and kept in the ring. Decides when one
// is drawn, and which seals: the one that was drawn last. Two processes that start together may draw one each; then each
// seals with its own, and both open both. And how long somebody waits for the service: it may not answer at all. Then those who
// were the first to ask wait long, and the others hardly: who reads a page waits for the keys of all that stands on it.
//
// A crash between wrapping a key and its row leaves nothing; after the row, a key that nobody may ever use.

import {
  type Clock,
  isSpawnError,
  LIMITS,
  messageOf,
  type RandomBytes,
  SpawnError,
} from '../../base/index.ts'
import { KEYS_SYSTEM, type KeyService, type Statestore, type StoredActor } from '../../ports/index.ts'
import { type ActorId, Packed } from '../../protocol/index.ts'
import { KEY_BYTES } from '../state-keys.ts'
import type { KeyRing } from './key-ring.ts'
import { reservedCommit } from './reserved-row.ts'

const WRAPPED = '(wrapped)'
const TYPE_URL = 'spawn.WrappedKey'
const ID_BYTES = 6
/** How long the service may take for an answer, in milliseconds. */
const ANSWER_MS = 10_000
/** How long a key that could not be had is not asked for again: many pages may be read that are sealed with it. */
const PAUSE_MS = 1_000
/** How long anybody waits for one that could not be had the last time: what is read with it waits, too. */
const WAIT_AGAIN_MS = 1_000

export interface WrappedKeysOptions {
  readonly service: KeyService
  /** The store behind: what is wrapped needs no sealing. */
  readonly behind: Statestore
  readonly ring: KeyRing
  readonly drawBytes: RandomBytes
  readonly clock: Clock
}

interface Away {
  readonly cause: SpawnError
  readonly untilMs: number
}

export class WrappedKeys {
  readonly #options: WrappedKeysOptions
  /** Keys that could not be had, and until when nobody is asked for them again. */
  readonly #away = new Map<string, Away>()
  /** Keys that are being looked for, once for all who want them. */
  readonly #wanted = new Map<string, Promise<SpawnError | undefined>>()

  constructor(options: WrappedKeysOptions) {
    this.#options = options
  }

  /** Has all of them in the ring, and draws the first. @throws SpawnError STORE_UNAVAILABLE when the service does not answer. */
  async open(nowMs: number): Promise<void> {
    const { behind } = this.#options
    const rows: StoredActor[] = []
    for (let after: string | null | undefined; after !== null;) {
      const page = { limit: LIMITS.defaultPageSize, ...(after !== undefined && { after }) }
      const { actors, next } = await behind.list({ system: KEYS_SYSTEM, parent: WRAPPED }, page)
      rows.push(...actors)
      after = next
    }
    if (rows.length === 0) return this.draw(nowMs)
    const inOrder = rows.toSorted((one, other) => one.committedAtMs - other.committedAtMs)
    for (const row of inOrder) await this.#take(row, row === inOrder.at(-1))
  }

  /** Draws a key that seals from now on, here; other processes open it when they meet it, and seal with it after a start. */
  async draw(nowMs: number): Promise<void> {
    const { behind, drawBytes, ring } = this.#options
    const id = Buffer.from(drawBytes(ID_BYTES)).toString('hex')
    const secret = drawBytes(KEY_BYTES)
    const wrapped = await this.#asked('wrap', id, (service) => service.wrap(secret))
    const commit = { ...reservedCommit(rowOf(id), 0, null, nowMs), state: new Packed(TYPE_URL, wrapped) }
    const [verdict] = await behind.commit([commit])
    if (verdict !== 'committed')
      throw new SpawnError('STATE_CONFLICT', `the key "${id}" was drawn twice; try again`)
    ring.add({ id, secret }, true)
  }

  /** Looks for a key that another process has drawn. @returns why it could not be had now; undefined: it was, or is not there. */
  async find(id: string): Promise<SpawnError | undefined> {
    const { clock, ring } = this.#options
    if (ring.find(id) !== undefined) return undefined
    const last = this.#away.get(id)
    if (last !== undefined && clock.elapsedMs() < last.untilMs) return last.cause
    let wanted = this.#wanted.get(id)
    if (wanted === undefined) this.#wanted.set(id, (wanted = this.#want(id, last)))
    return wanted
  }

  #want(id: string, last: Away | undefined): Promise<SpawnError | undefined> {
    const { clock } = this.#options
    const late = Promise.withResolvers<SpawnError>()
    const timer =
      last === undefined
        ? null
        : clock.after(WAIT_AGAIN_MS, () => {
            // Until the service has answered after all, or too much time has passed.
            this.#away.set(id, { ...last, untilMs: Number.POSITIVE_INFINITY })
            late.resolve(last.cause)
          })
    const looked = this.#look(id).finally(() => {
      timer?.cancel()
      this.#wanted.delete(id)
    })
    return Promise.race([looked, late.promise])
  }

  async #look(id: string): Promise<SpawnError | undefined> {
    const { behind, clock } = this.#options
    try {
      const [row = null] = await behind.load([rowOf(id)])
      if (row !== null) await this.#take(row, false)
      this.#away.delete(id)
      return undefined
    } catch (thrown) {
      this.#away.delete(id)
      if (!isSpawnError(thrown) || thrown.code !== 'STORE_UNAVAILABLE') throw thrown
      this.#away.set(id, { cause: thrown, untilMs: clock.elapsedMs() + PAUSE_MS })
      return thrown
    }
  }

  async #take({ id: { name: id }, state }: StoredActor, seals: boolean): Promise<void> {
    const { ring } = this.#options
    const wrapped = state?.value ?? new Uint8Array()
    const secret = await this.#asked('unwrap', id, (service) => service.unwrap(wrapped))
    // Another request may have been faster.
    if (ring.find(id) === undefined) ring.add({ id, secret }, seals)
  }

  async #asked(
    verb: string,
    id: string,
    ask: (service: KeyService) => Promise<Uint8Array>,
  ): Promise<Uint8Array> {
    const { clock, service } = this.#options
    const late = Promise.withResolvers<never>()
    const timer = clock.after(ANSWER_MS, () => late.reject(new Error(`no answer in ${ANSWER_MS / 1_000} s`)))
    try {
      return await Promise.race([ask(service), late.promise])
    } catch (cause) {
      const text = `the key service "${service.name}" did not ${verb} the data key "${id}": ${messageOf(cause)}`
      throw new SpawnError('STORE_UNAVAILABLE', text, { cause })
    } finally {
      timer.cancel()
    }
  }
}

/** Whether it is a row of these: it is not sealed, and of no use elsewhere. */
export function isWrappedKey({ parent, system }: ActorId): boolean {
  return system === KEYS_SYSTEM && parent === WRAPPED
}

function rowOf(id: string): ActorId {
  return { system: KEYS_SYSTEM, parent: WRAPPED, name: id }
}
