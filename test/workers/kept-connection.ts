// A connection to a door, kept between requests, so that they all go to the process that has it.

import { connect, type Socket } from 'node:net'

export class KeptConnection implements Disposable {
  readonly #socket: Socket
  #last: Promise<string> = Promise.resolve('')

  constructor(port: number) {
    this.#socket = opened(port)
  }

  /** One after the other. @returns the body; empty: the connection ended before. */
  ask(what: string): Promise<string> {
    this.#last = this.#last.then(() => this.#exchange(what))
    return this.#last
  }

  [Symbol.dispose](): void {
    this.#socket.destroy()
  }

  #exchange(what: string): Promise<string> {
    const socket = this.#socket
    return new Promise((resolve) => {
      let text = ''
      const end = (answer: string): void => {
        socket.off('data', read)
        socket.off('close', ended)
        resolve(answer)
      }
      const ended = (): void => end('')
      const read = (chunk: Buffer): void => {
        text += chunk.toString()
        const at = text.indexOf('\r\n\r\n')
        const body = text.slice(at + 4)
        if (at >= 0 && body.length >= Number(/content-length: (\d+)/i.exec(text)?.[1])) end(body)
      }
      socket.on('data', read)
      socket.once('close', ended)
      const payload = what.startsWith('POST')
        ? 'Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}'
        : '\r\n'
      socket.write(`${what} HTTP/1.1\r\nHost: 127.0.0.1\r\n${payload}`)
    })
  }
}

function opened(port: number): Socket {
  // What is wrong with it, its close says.
  return connect(port, '127.0.0.1').on('error', () => undefined)
}
