// A proxy between a store and its database, which does to the bytes what networks do: it cuts, stalls, delays, and loses
// answers. Decides nothing by itself: what happens to a request is told by the test, for each chunk that a client sends.
import { once } from 'node:events'
import { createServer, type Server, Socket } from 'node:net'

/**
 * `pass`: as it should be. `cut`: the connection breaks before the server gets it. `lose`: the server gets it and answers, and the
 * connection breaks then. `stall`: the server gets it, and the client never hears of it. `late`: the server gets it when
 * `deliverLate` is called, whatever became of the client meanwhile.
 */
export type Fate = 'pass' | 'cut' | 'lose' | 'stall' | 'late'

interface Target {
  readonly host: string
  readonly port: number
}

export class TcpProxy {
  /** What happens to a chunk; asked once for each. */
  fate: (chunk: Buffer) => Fate = () => 'pass'
  /** Whether nobody is let in. */
  refuses = false
  /** How many were not let in. */
  refused = 0
  readonly #server: Server
  readonly #target: Target
  readonly #links = new Set<Link>()

  private constructor(server: Server, target: Target) {
    this.#server = server
    this.#target = target
    server.on('connection', (client) => {
      if (this.refuses) {
        this.refused += 1
        client.destroy()
        return
      }
      const link = new Link(client, this.#target, (chunk) => this.fate(chunk))
      this.#links.add(link)
      link.onEnd = () => this.#links.delete(link)
    })
  }

  static async start(target: Target): Promise<TcpProxy> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new TcpProxy(server, { host: target.host, port: target.port })
  }

  get address(): Target {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the proxy does not listen')
    return { host: '127.0.0.1', port: address.port }
  }

  /** Breaks all connections. */
  cut(): void {
    for (const link of this.#links) link.cut()
  }

  /** Hands the server what was `late`. */
  deliverLate(): void {
    for (const link of this.#links) link.deliverLate()
  }

  /** The chunks that are `late`. */
  get lateCount(): number {
    return [...this.#links].reduce((sum, link) => sum + link.late.length, 0)
  }

  async stop(): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

class Link {
  readonly late: Buffer[] = []
  onEnd: () => void = () => undefined
  readonly #client: Socket
  readonly #server = new Socket()
  #answers: 'pass' | 'lose' | 'stall' = 'pass'

  constructor(client: Socket, { host, port }: Target, fate: (chunk: Buffer) => Fate) {
    this.#client = client
    this.#server.connect(port, host)
    client.on('data', (chunk) => this.#take(chunk, this.late.length > 0 ? 'late' : fate(chunk)))
    this.#server.on('data', (chunk) => {
      if (this.#answers === 'pass') client.write(chunk)
      else if (this.#answers === 'lose') this.cut()
    })
    client.on('close', () => {
      if (this.late.length === 0) this.cut()
    })
    this.#server.on('close', () => this.cut())
    for (const socket of [client, this.#server]) {
      socket.setNoDelay(true)
      // What breaks is closed, and a close is what counts.
      socket.on('error', () => socket.destroy())
    }
  }

  cut(): void {
    this.#client.destroy()
    this.#server.destroy()
    this.onEnd()
  }

  deliverLate(): void {
    for (const chunk of this.late.splice(0)) this.#server.write(chunk)
  }

  #take(chunk: Buffer, fate: Fate): void {
    if (fate === 'cut') {
      this.cut()
      return
    }
    if (fate === 'late') {
      this.late.push(chunk)
      return
    }
    if (fate !== 'pass') this.#answers = fate
    this.#server.write(chunk)
  }
}
