// Messages over one stream socket, in both directions. Decides what is written together: all that is sent in one step of the
// event loop. What is said, and how much may wait, is the user's of it.
//
// Invariants: messages arrive whole and in order, or the connection ends. Nothing is told after it has ended, and its end is
// told once.

import type { Socket } from 'node:net'
import { LENGTH_BYTES, MalformedStream, MessageReader, writeLength } from './message-reader.ts'

/** Up to so many bytes are copied into one piece for the kernel; larger ones are handed over as they are. */
const COPIED_BYTES = 16_384

export interface MessageSocketOptions {
  /** Of one message. */
  readonly maxBytes: number
  /** A message is there; it may be a view of a larger buffer. */
  readonly take: (message: Buffer) => void
  /** It has ended; null: in order. */
  readonly ended: (why: Error | null) => void
  /** What was waiting to be sent has gone. */
  readonly drained?: () => void
}

export class MessageSocket {
  readonly #socket: Socket
  readonly #options: MessageSocketOptions
  readonly #reader: MessageReader
  readonly #flushNow = (): void => this.#flush()
  #parts: Uint8Array[] = []
  #bytes = 0
  #why: Error | null = null

  /** @param socket may still be connecting: what is sent waits for that. */
  constructor(socket: Socket, options: MessageSocketOptions) {
    this.#socket = socket
    this.#options = options
    this.#reader = new MessageReader(options.maxBytes, options.take)
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('drain', () => options.drained?.())
    socket.on('error', (error) => void (this.#why ??= error))
    socket.on('close', () => this.#closed())
  }

  /** Bytes that were sent and that the kernel has not taken. */
  get unsentBytes(): number {
    return this.#bytes + this.#socket.writableLength
  }

  get hasEnded(): boolean {
    return this.#socket.destroyed
  }

  /** Sends one message in parts. They must not be changed afterwards. */
  send(...parts: readonly Uint8Array[]): void {
    if (this.#socket.destroyed) return
    const head = Buffer.allocUnsafe(LENGTH_BYTES)
    let length = 0
    for (const part of parts) length += part.length
    writeLength(head, length)
    if (this.#parts.length === 0) process.nextTick(this.#flushNow)
    this.#parts.push(head, ...parts)
    this.#bytes += LENGTH_BYTES + length
  }

  /** Reads nothing more until `resume`: who sends is held up. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  /** Ends it when all that was sent has gone: the other side may still read it. What comes meanwhile is dropped. */
  end(): void {
    this.#flush()
    this.#reader.stop()
    this.#socket.resume()
    this.#socket.destroySoon()
  }

  /** Ends it now. */
  destroy(): void {
    this.#reader.stop()
    this.#socket.destroy()
  }

  #read(chunk: Buffer): void {
    try {
      this.#reader.read(chunk)
    } catch (thrown) {
      if (!(thrown instanceof MalformedStream)) throw thrown
      this.#why = thrown
      this.destroy()
    }
  }

  #flush(): void {
    const parts = this.#parts
    const bytes = this.#bytes
    this.#parts = []
    this.#bytes = 0
    if (parts.length === 0 || this.#socket.destroyed) return
    if (bytes <= COPIED_BYTES) {
      this.#socket.write(Buffer.concat(parts, bytes))
      return
    }
    this.#socket.cork()
    for (const part of parts) this.#socket.write(part)
    this.#socket.uncork()
  }

  #closed(): void {
    this.#reader.stop()
    this.#parts = []
    this.#bytes = 0
    this.#options.ended(this.#why)
  }
}
