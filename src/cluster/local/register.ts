// A worker's way to one of the hub's sets of entries. What stands, and who is done first, is the hub's to say.

import { SpawnError } from '../../base/index.ts'
import type { Register, RegisterEntry } from '../../ports/index.ts'
import type { HubLink } from './hub-link.ts'
import type { EntrySet } from './hub-messages.ts'

export class LocalRegister implements Register {
  readonly #link: HubLink
  readonly #of: EntrySet
  readonly #watching: ((entry: RegisterEntry) => void)[] = []
  #running = false

  constructor(link: HubLink, of: EntrySet) {
    this.#link = link
    this.#of = of
    link.onNews(of, (entry) => this.#tell(entry))
  }

  async start(): Promise<void> {
    if (this.#running) return
    await this.#link.open()
    this.#running = true
    try {
      await this.#link.ask({ of: this.#of, ask: 'start' })
    } catch (thrown) {
      this.#running = false
      await this.#link.close()
      throw thrown
    }
  }

  async stop(): Promise<void> {
    if (!this.#running) return
    this.#running = false
    try {
      await this.#link.ask({ of: this.#of, ask: 'stop' })
    } catch (thrown) {
      // A hub that is gone tells nothing any more.
      if (!(thrown instanceof SpawnError)) throw thrown
    } finally {
      await this.#link.close()
    }
  }

  async get(key: string): Promise<RegisterEntry | null> {
    this.#checkRunning()
    return this.#link.ask({ of: this.#of, ask: 'get', key })
  }

  async put(key: string, value: string, follows: number): Promise<number | null> {
    this.#checkRunning()
    return this.#link.ask({ of: this.#of, ask: 'put', key, value, follows })
  }

  async remove(key: string, follows: number): Promise<boolean> {
    this.#checkRunning()
    return this.#link.ask({ of: this.#of, ask: 'remove', key, follows })
  }

  watch(listener: (entry: RegisterEntry) => void): void {
    this.#watching.push(listener)
  }

  #tell(entry: RegisterEntry): void {
    if (this.#running) for (const listener of this.#watching) listener(entry)
  }

  #checkRunning(): void {
    if (this.#running) return
    throw new SpawnError('MEMBER_UNAVAILABLE', 'the register of the cluster is not running: start it first')
  }
}
