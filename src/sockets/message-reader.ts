// Messages of a stream of bytes: each is led by its length, four bytes, low ones first. Decides where one ends; what it
// means is its receiver's.
//
// Invariant: a message is told once it is there as a whole, in the order in which they were sent. One that lies within a
// chunk is a view of it.

const LENGTH_BYTES = 4

/** What comes is no stream of messages; nothing that follows can be read. */
export class MalformedStream extends Error {
  override readonly name = 'MalformedStream'
}

export class MessageReader {
  readonly #maxBytes: number
  readonly #take: (message: Buffer) => void
  readonly #length = Buffer.allocUnsafeSlow(LENGTH_BYTES)
  #lengthBytes = 0
  /** The message whose end has not come; null: none has begun. */
  #message: Buffer | null = null
  #messageBytes = 0
  #stopped = false

  /** @param maxBytes of one message. */
  constructor(maxBytes: number, take: (message: Buffer) => void) {
    this.#maxBytes = maxBytes
    this.#take = take
  }

  /** @throws MalformedStream */
  read(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length && !this.#stopped) {
      if (this.#message !== null) at += this.#fill(this.#message, chunk, at)
      else if (this.#lengthBytes > 0 || chunk.length - at < LENGTH_BYTES) at += this.#fillLength(chunk, at)
      else at += this.#begin(this.#checked(chunk.readUInt32LE(at)), chunk, at + LENGTH_BYTES) + LENGTH_BYTES
    }
  }

  /** Nothing more is told. */
  stop(): void {
    this.#stopped = true
    this.#message = null
  }

  /** @returns how many bytes of the chunk it took; so do the others. */
  #begin(length: number, chunk: Buffer, from: number): number {
    if (chunk.length - from >= length) {
      this.#take(chunk.subarray(from, from + length))
      return length
    }
    this.#message = Buffer.allocUnsafeSlow(length)
    this.#messageBytes = 0
    return this.#fill(this.#message, chunk, from)
  }

  #fill(message: Buffer, chunk: Buffer, from: number): number {
    const taken = chunk.copy(message, this.#messageBytes, from)
    this.#messageBytes += taken
    if (this.#messageBytes < message.length) return taken
    this.#message = null
    this.#take(message)
    return taken
  }

  #fillLength(chunk: Buffer, from: number): number {
    const taken = chunk.copy(this.#length, this.#lengthBytes, from)
    this.#lengthBytes += taken
    if (this.#lengthBytes < LENGTH_BYTES) return taken
    this.#lengthBytes = 0
    const length = this.#checked(this.#length.readUInt32LE(0))
    return taken + this.#begin(length, chunk, from + taken)
  }

  #checked(length: number): number {
    if (length <= this.#maxBytes) return length
    throw new MalformedStream(`a message of ${length} bytes: they have ${this.#maxBytes} at most`)
  }
}

/** What stands before a message of so many bytes. */
export function writeLength(into: Buffer, length: number): void {
  into.writeUInt32LE(length, 0)
}

export { LENGTH_BYTES }
