// Where the statements and the answers are in what a store and its database say to each other: as much of a protocol as a
// proxy needs to do something to the n-th of them. Decides nothing of what is done. Without TLS only: what is encrypted has
// no frames.

/** Bytes that are sent on as one. */
export interface ClientPiece {
  readonly bytes: Buffer
  /** What the statement is that these bytes end; null: they ask for no answer. */
  readonly statement: string | null
}

export interface ServerPiece {
  readonly bytes: Buffer
  /** Whether the server has done, with these bytes at the latest, what the oldest statement without an answer asks for. */
  readonly isAnswer: boolean
}

/** Of one connection; both directions begin at its beginning. The first statement is the login. */
export interface Conversation {
  fromClient(chunk: Buffer): ClientPiece[]
  fromServer(chunk: Buffer): ServerPiece[]
}

export type Framing = () => Conversation

export const LOGIN = 'login'

/** Whole frames out of chunks that end anywhere. */
export class Frames {
  readonly #lengthOf: (bytes: Buffer) => number | null
  /** Put together only when there is a whole frame: a large one comes in hundreds of chunks. */
  #chunks: Buffer[] = []
  #length = 0
  #needed = 0

  /** @param lengthOf of the frame at the beginning of these bytes; null: they are too few to tell. */
  constructor(lengthOf: (bytes: Buffer) => number | null) {
    this.#lengthOf = lengthOf
  }

  split(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk)
    this.#length += chunk.length
    if (this.#length < this.#needed) return []
    const frames: Buffer[] = []
    let rest = Buffer.concat(this.#chunks)
    let length = this.#lengthOf(rest)
    while (length !== null && length <= rest.length) {
      frames.push(rest.subarray(0, length))
      rest = rest.subarray(length)
      length = this.#lengthOf(rest)
    }
    this.#chunks = [rest]
    this.#length = rest.length
    this.#needed = length ?? 0
    return frames
  }
}
