// What callers know of their calls, and what must stand in the end because of it. Decides what an error says of its call:
// that it was not made, or that nobody knows. What the actors hold is read by the test.
//
// Invariant of all that is under test: what was acknowledged is there once, what was not made is not there, and what
// nobody knows of is there once or not at all; the other side of an effect follows its sender.

import { type ErrorCode, isSpawnError, messageOf } from '../../src/base/index.ts'
import { until } from '../../src/testing/index.ts'
import type { Ledger } from './actors.ts'

/** Which actor, of which definition. */
export interface Place {
  readonly ref: string
  readonly name: string
}

export type Known = 'acknowledged' | 'not made' | 'unknown'

export interface Entry {
  readonly mark: string
  readonly at: Place
  /** Where an effect of it adds the same mark. */
  readonly to: Place | null
  known: Known
}

export interface BookOptions {
  /** No call may take longer, in real milliseconds. */
  readonly longestMs: number
  /** What a call may fail with. */
  readonly allows: ReadonlySet<ErrorCode>
}

const INSIST_MS = 60_000
const NOT_MADE = /did not run|the actor is unchanged|nothing was committed/
const NOBODY_KNOWS = /may have happened/

export function placeText({ name, ref }: Place): string {
  return `${ref} ${name}`
}

export class Book {
  readonly entries: Entry[] = []
  /** What is wrong already. */
  readonly violations: string[] = []
  /** How often each error was told. */
  readonly errors = new Map<string, number>()
  lastError = ''
  readonly #options: BookOptions
  /** Of the acknowledged adds: no two of one actor may have the same. */
  readonly #totals = new Set<string>()

  constructor(options: BookOptions) {
    this.#options = options
  }

  /** Makes a call that adds a mark. @returns whether it was acknowledged. */
  async add(mark: string, at: Place, to: Place | null, call: () => Promise<unknown>): Promise<boolean> {
    const entry: Entry = { mark, at, to, known: 'unknown' }
    this.entries.push(entry)
    const answer = await this.watch(`the add of ${mark}`, call)
    if (!('error' in answer)) {
      entry.known = 'acknowledged'
      this.#noteTotal(mark, at, answer.reply)
      return true
    }
    entry.known = knownOf(answer.error)
    return false
  }

  /** The same call once more, by its key. */
  async repeat(mark: string, call: () => Promise<unknown>): Promise<boolean> {
    const entry = this.entries.findLast((one) => one.mark === mark)
    if (entry === undefined) throw new Error(`${mark} was never sent`)
    const answer = await this.watch(`the add of ${mark}, repeated`, call)
    if ('error' in answer) {
      if (entry.known === 'not made') entry.known = knownOf(answer.error)
      return false
    }
    if (entry.known !== 'acknowledged') this.#noteTotal(mark, entry.at, answer.reply)
    else if (!this.#totals.has(this.#totalKey(entry.at, answer.reply) ?? ''))
      this.violations.push(
        `${mark}, repeated, was answered with ${JSON.stringify(answer.reply)}, and not as before`,
      )
    entry.known = 'acknowledged'
    return true
  }

  /** Repeats it until it is acknowledged. */
  async insist(mark: string, call: () => Promise<unknown>): Promise<void> {
    const isDone = async (): Promise<boolean> => {
      if (await this.repeat(mark, call)) return true
      throw new Error(this.lastError)
    }
    await until(`${mark} to be acknowledged`, isDone, { timeoutMs: INSIST_MS })
  }

  /** Any call: its error must be one of those that an outage may bring, and it must end in time. */
  async watch(what: string, call: () => Promise<unknown>): Promise<{ reply: unknown } | { error: unknown }> {
    const startedMs = performance.now()
    try {
      return { reply: await call() }
    } catch (error) {
      this.#noteError(what, error)
      return { error }
    } finally {
      const tookMs = Math.round(performance.now() - startedMs)
      if (tookMs > this.#options.longestMs) this.violations.push(`${what} took ${tookMs} ms`)
    }
  }

  /** What is wrong with what the actors hold. */
  reckon(ledgerOf: (place: Place) => Ledger | null): string[] {
    const found = [...this.violations]
    for (const { at, known, mark, to } of this.entries) {
      const count = ledgerOf(at)?.marks[mark] ?? 0
      const text = `${mark} (${known}) stands ${count} times at ${placeText(at)}`
      const isRight = known === 'unknown' ? count <= 1 : count === (known === 'acknowledged' ? 1 : 0)
      if (!isRight) found.push(text)
      if (to === null) continue
      const there = ledgerOf(to)?.marks[mark] ?? 0
      if (there !== count) found.push(`${text}, and ${there} times at ${placeText(to)}, where it was sent`)
    }
    const known = new Set(
      this.entries.flatMap(({ at, mark, to }) => [at, to].map((place) => keyOf(place, mark))),
    )
    for (const place of this.places())
      for (const mark of Object.keys(ledgerOf(place)?.marks ?? {}))
        if (!known.has(keyOf(place, mark)))
          found.push(`nobody has sent ${mark}, which stands at ${placeText(place)}`)
    return found
  }

  /** All actors that something was sent to. */
  places(): Place[] {
    const places = this.entries.flatMap(({ at, to }) => (to === null ? [at] : [at, to]))
    return [...new Map(places.map((place) => [placeText(place), place])).values()]
  }

  #noteTotal(mark: string, at: Place, reply: unknown): void {
    const key = this.#totalKey(at, reply)
    if (key === null) return
    if (this.#totals.has(key))
      this.violations.push(`${mark} was answered with a total that another add had: ${key}`)
    this.#totals.add(key)
  }

  /** Null: it was answered with no total. */
  #totalKey(at: Place, reply: unknown): string | null {
    if (typeof reply !== 'object' || reply === null || !('total' in reply)) return null
    return `${placeText(at)}: ${String(reply.total)}`
  }

  #noteError(what: string, error: unknown): void {
    const code = isSpawnError(error) ? error.code : 'no SpawnError'
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1)
    this.lastError = `${what} failed with ${code}: ${messageOf(error)}`
    if (!isSpawnError(error) || !this.#options.allows.has(error.code)) this.violations.push(this.lastError)
  }
}

function keyOf(place: Place | null, mark: string): string {
  return place === null ? '' : `${placeText(place)}: ${mark}`
}

function knownOf(error: unknown): Known {
  const message = messageOf(error)
  return NOT_MADE.test(message) && !NOBODY_KNOWS.test(message) ? 'not made' : 'unknown'
}
