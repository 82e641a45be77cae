// A cable between a member and a server, that can be pulled and put in again. As with a real one, connections do not end by
// that: what is sent meanwhile is held, and comes when the cable is in again, if anybody still waits for it.

import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

export interface Place {
  readonly host: string
  readonly port: number
}

/** What of a chunk goes on to the server. */
export type Sift = (chunk: Buffer) => Buffer

export class Cable {
  readonly port: number
  readonly #server: Server
  readonly #to: Place
  readonly #sifting: () => Sift
  readonly #sockets = new Set<Socket>()
  #isPulled = false
  #plugged: (() => void)[] = []

  private constructor(server: Server, port: number, to: Place, sifting: () => Sift) {
    this.port = port
    this.#server = server
    this.#to = to
    this.#sifting = sifting
    server.on('connection', (client) => void this.#join(client))
  }

  /**
   * On a port of its own of this machine.
   *
   * @param sifting for each connection. Absent: all goes on.
   */
  static async to(place: Place, sifting: () => Sift = () => (chunk) => chunk): Promise<Cable> {
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: false }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('a TCP listener has a port')
    return new Cable(server, address.port, place, sifting)
  }

  pull(): void {
    this.#isPulled = true
    for (const socket of this.#sockets) socket.pause()
  }

  plug(): void {
    this.#isPulled = false
    for (const socket of this.#sockets) socket.resume()
    for (const resolve of this.#plugged.splice(0)) resolve()
  }

  async stop(): Promise<void> {
    this.plug()
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #join(client: Socket): Promise<void> {
    this.#watch(client)
    while (this.#isPulled) await new Promise<void>((resolve) => this.#plugged.push(resolve))
    if (client.destroyed) return
    const server = connect(this.#to)
    this.#watch(server)
    for (const [one, other, sift] of [
      [client, server, this.#sifting()],
      [server, client, (chunk: Buffer) => chunk],
    ] as const) {
      one.on('data', (chunk: Buffer) => other.write(sift(chunk)))
      one.on('end', () => other.end())
      one.on('close', () => other.destroy())
    }
    client.resume()
  }

  #watch(socket: Socket): void {
    this.#sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('close', () => this.#sockets.delete(socket))
    // What breaks is closed, and a close is what counts.
    socket.on('error', () => socket.destroy())
  }
}
