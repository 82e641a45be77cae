// Collects the body of one request within bounds: of the body itself, while it streams in, and of all bodies that are
// held at once. It decides nothing about the content. A reading ends exactly once: with the bytes, or with an error when
// a bound is passed, the bytes are no HTTP, or the client is gone; after it ends, what still arrives is dropped unread.

import type { IncomingMessage } from 'node:http'

import { HttpRefusal } from './http-refusal.ts'

/** The bytes of bodies that one listener holds. */
export class BodyRoom {
  /** Bytes of one body. */
  readonly limit: number
  readonly #limitAtOnce: number
  #held = 0

  constructor(limit: number, limitAtOnce: number) {
    this.limit = limit
    this.#limitAtOnce = limitAtOnce
  }

  /** Why a body that has `length` bytes may not have `more`; null: it may, and they are counted. */
  take(length: number, more: number): HttpRefusal | null {
    const refusal = this.refuse(length + more)
    if (refusal !== null) return refusal
    if (this.#held + more > this.#limitAtOnce) {
      return new HttpRefusal(
        503,
        `the request bodies under way take more than ${this.#limitAtOnce} bytes of memory; try again`,
        { code: 'MAILBOX_FULL', headers: ['Retry-After', '1'], closes: true },
      )
    }
    this.#held += more
    return null
  }

  giveBack(bytes: number): void {
    this.#held -= bytes
  }

  /** Why a body of `bytes` is refused, whatever else is under way; null: it is not. */
  refuse(bytes: number): HttpRefusal | null {
    if (bytes <= this.limit) return null
    return new HttpRefusal(413, `the body is larger than the limit of ${this.limit} bytes`, { closes: true })
  }
}

/** Whether the head of a request announces a body. */
export function hasBody(request: IncomingMessage): boolean {
  const { headers } = request
  const length = headers['content-length']
  return length === undefined ? headers['transfer-encoding'] !== undefined : length !== '0'
}

/** One body on its way in. */
export class BodyReading {
  readonly request: IncomingMessage
  /** The body; empty when there was none. */
  readonly done: Promise<Buffer>
  readonly #room: BodyRoom
  readonly #open: Set<BodyReading>
  #resolve!: (body: Buffer) => void
  #reject!: (error: Error) => void
  #bytes: Buffer | null = null
  #length = 0

  /** @param open the readings of the same connection that have not ended, in order; it joins and leaves them. */
  constructor(request: IncomingMessage, room: BodyRoom, open: Set<BodyReading>) {
    this.request = request
    this.#room = room
    this.#open = open
    open.add(this)
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    request.on('data', this.#take)
    request.on('end', this.#finish)
  }

  /** Ends the reading; the rest of the body is dropped as it comes. */
  fail(error: Error): void {
    if (!this.#open.has(this)) return
    this.#close()
    this.#reject(error)
  }

  #take = (chunk: Buffer): void => {
    if (!this.#open.has(this)) return
    const refusal = this.#room.take(this.#length, chunk.length)
    if (refusal === null) this.#append(chunk)
    else this.fail(refusal)
  }

  #append(chunk: Buffer): void {
    const length = this.#length + chunk.length
    if (this.#bytes === null) this.#bytes = chunk
    else {
      // Copied together as they come: a body in chunks of one byte must not cost an object for each of them.
      if (length > this.#bytes.length) {
        const grown = Buffer.allocUnsafeSlow(Math.max(length, Math.min(this.#room.limit, length * 2)))
        this.#bytes.copy(grown, 0, 0, this.#length)
        this.#bytes = grown
      }
      chunk.copy(this.#bytes, this.#length)
    }
    this.#length = length
  }

  #finish = (): void => {
    if (!this.#open.has(this)) return
    const body = this.#bytes === null ? EMPTY : this.#bytes.subarray(0, this.#length)
    this.#close()
    this.#resolve(body)
  }

  #close(): void {
    this.#open.delete(this)
    this.#room.giveBack(this.#length)
    this.#bytes = null
  }
}

const EMPTY = Buffer.alloc(0)
