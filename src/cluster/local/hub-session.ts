// One worker at the hub: what it asks, what it is told, and what is taken back when its connection ends. Decides what a slow
// one is told: of several changes of an entry, the last.
//
// Invariant: an address that a worker has said is gone when its connection is.

import type { Socket } from 'node:net'
import type { Clock } from '../../base/index.ts'
import type { Register, RegisterEntry } from '../../ports/index.ts'
import { AnsweringSocket } from '../../sockets/index.ts'
import { MemoryRegister, type SharedEntries } from '../shared-register.ts'
import { bytesOf, type EntrySet, type HubQuestion, questionIn } from './hub-messages.ts'
import { LOCAL_LIMITS } from './local-limits.ts'

export interface HubSessionOptions {
  readonly clock: Clock
  readonly sets: Readonly<Record<EntrySet, SharedEntries>>
  readonly ended: (session: HubSession) => void
}

export class HubSession {
  readonly #options: HubSessionOptions
  readonly #socket: AnsweringSocket
  readonly #registers: Readonly<Record<EntrySet, Register>>
  /** What it is to be told when it has read what it was told before. */
  readonly #untold = new Map<string, { readonly of: EntrySet; readonly entry: RegisterEntry }>()
  /** Keys that stand, as far as it was told. */
  readonly #told: Readonly<Record<EntrySet, Set<string>>> = { register: new Set(), addresses: new Set() }
  /** The addresses that it has put, with their revisions. */
  readonly addresses = new Map<string, number>()

  constructor(socket: Socket, options: HubSessionOptions) {
    this.#options = options
    this.#registers = { register: this.#watched('register'), addresses: this.#watched('addresses') }
    this.#socket = new AnsweringSocket(socket, {
      clock: options.clock,
      limits: LOCAL_LIMITS,
      answer: async (_kind, content) => [bytesOf(await this.#do(questionIn(content)))],
      ended: () => void this.#ended(),
      drained: () => this.#tellOn(),
    })
  }

  stop(): Promise<void> {
    return this.#socket.stop()
  }

  #watched(of: EntrySet): Register {
    const register = new MemoryRegister(this.#options.sets[of])
    register.watch((entry) => this.#tell(of, entry))
    return register
  }

  async #do(question: HubQuestion): Promise<RegisterEntry | number | boolean | null> {
    const { of } = question
    const register = this.#registers[of]
    switch (question.ask) {
      case 'start':
        await register.start()
        return true
      case 'stop':
        await register.stop()
        this.#forget(of)
        return true
      case 'get':
        return register.get(question.key)
      case 'put':
        return this.#put(question)
      default:
        return register.remove(question.key, question.follows)
    }
  }

  async #put({ of, key, value, follows }: HubQuestion & { readonly ask: 'put' }): Promise<number | null> {
    const revision = await this.#registers[of].put(key, value, follows)
    if (revision !== null && of === 'addresses') this.addresses.set(key, revision)
    return revision
  }

  #tell(of: EntrySet, entry: RegisterEntry): void {
    const place = `${of} ${entry.key}`
    const told = this.#told[of]
    // In the order of the last changes: those of one key never overtake each other.
    this.#untold.delete(place)
    if (entry.value !== null || told.has(entry.key)) this.#untold.set(place, { of, entry })
    this.#tellOn()
  }

  #tellOn(): void {
    for (const [place, news] of this.#untold) {
      if (this.#socket.isFull) return
      this.#untold.delete(place)
      if (news.entry.value === null) this.#told[news.of].delete(news.entry.key)
      else this.#told[news.of].add(news.entry.key)
      this.#socket.push(bytesOf(news))
    }
  }

  /** It does not watch any more; when it does again, it is told all. */
  #forget(of: EntrySet): void {
    this.#told[of].clear()
    for (const [place, news] of this.#untold) if (news.of === of) this.#untold.delete(place)
  }

  async #ended(): Promise<void> {
    await Promise.all([this.#registers.register.stop(), this.#registers.addresses.stop()])
    this.#options.ended(this)
  }
}
