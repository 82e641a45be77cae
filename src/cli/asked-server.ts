// A server that is asked over one connection or several: each answer is a success, or a failure that says why. Decides what an
// answer without success is, and one that is not of the kind that was asked for; what is asked is client.ts's.

import { LIMITS } from '../base/index.ts'
import { failureOf, jsonOf, stranger } from './answer-failure.ts'
import { type Answer, type Exchange, openExchange, type Question } from './exchange.ts'
import { reading } from './question.ts'

/** The server gives up at the deadline; the answer that says so still has to arrive. */
const GRACE_MS = 5_000

export interface Change {
  readonly method: 'POST' | 'DELETE'
  readonly target: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** What the server has as the deadline. Default: its own. */
  readonly timeoutMs?: number | undefined
}

export class AskedServer {
  readonly #exchange: Exchange

  constructor(url: URL) {
    this.#exchange = openExchange(url)
  }

  close(): void {
    this.#exchange.close()
  }

  /** @throws Failure when the answer is no success. */
  async read(target: string): Promise<Answer> {
    return this.#good(await this.#exchange.ask(reading(target)))
  }

  /**
   * What stands there, as `of` reads it.
   *
   * @param otherwise what is said of a server that answers something else, for which `of` has null.
   * @throws Failure
   */
  async readAs<T>(target: string, of: (json: unknown) => T | null, otherwise: string): Promise<T> {
    return this.as(await this.read(target), of, otherwise)
  }

  /** What stands under an id; null: nothing does. @throws Failure */
  async readOne(target: string, id: string): Promise<Answer | null> {
    return this.#goodOf(await this.#exchange.ask(reading(target)), id)
  }

  /** @throws Failure when the answer is no success; it may have happened all the same. */
  async change(change: Change): Promise<Answer> {
    return this.#good(await this.#exchange.ask(questionOf(change)))
  }

  /** The same, with what the answer says. @throws Failure */
  async changeAs<T>(change: Change, of: (json: unknown) => T | null, otherwise: string): Promise<T> {
    return this.as(await this.change(change), of, otherwise)
  }

  /** Of what stands under an id. @returns false when nothing does. @throws Failure */
  async changeOne(change: Change, id: string): Promise<boolean> {
    return this.#goodOf(await this.#exchange.ask(questionOf(change)), id) !== null
  }

  /** An answer as `of` reads its document. @throws Failure */
  as<T>({ body }: Answer, of: (json: unknown) => T | null, otherwise: string): T {
    return this.checked(of(jsonOf(body, this.#exchange.url)), otherwise)
  }

  /** @throws Failure for what a server like ours would have said. */
  checked<T>(value: T | null, otherwise: string): T {
    if (value === null) throw stranger(this.#exchange.url, otherwise)
    return value
  }

  #good(answer: Answer): Answer {
    if (answer.status >= 200 && answer.status <= 299) return answer
    throw failureOf(answer, this.#exchange.url)
  }

  /** Null: there is no such thing; any other 404 means that the whole path leads nowhere. */
  #goodOf(answer: Answer, id: string): Answer | null {
    const isMissing = answer.status === 404 && failureOf(answer, this.#exchange.url).details?.['id'] === id
    return isMissing ? null : this.#good(answer)
  }
}

function questionOf({ timeoutMs = LIMITS.callTimeoutMs, ...asked }: Change): Question {
  return { ...asked, timeoutMs: timeoutMs + GRACE_MS }
}
