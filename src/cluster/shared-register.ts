// The register that lives in one process: entries in a map that several members share. It is the reference: where another
// register answers differently, one of the two is wrong. It never fails, but before a start and after a stop.
//
// Invariant: a request is done whole at the moment at which it is made; watchers are told of it afterwards, in that order.

import { SpawnError } from '../base/index.ts'
import type { Register, RegisterEntry } from '../ports/index.ts'

type Listener = (entry: RegisterEntry) => void

/** What the registers of several members share. */
export class SharedEntries {
  readonly #entries = new Map<string, RegisterEntry>()
  readonly #listeners = new Set<Listener>()
  #revision = 0

  /** Those that were removed, too. */
  get all(): Iterable<RegisterEntry> {
    return this.#entries.values()
  }

  entry(key: string): RegisterEntry | null {
    return this.#entries.get(key) ?? null
  }

  /** @returns its revision from now on; null: `follows` is not what stands. */
  change(key: string, value: string | null, follows: number): number | null {
    const standing = this.#entries.get(key)
    const isThere = standing !== undefined && standing.value !== null
    const fits = standing?.revision === follows || (follows === 0 && !isThere)
    if (!fits || (value === null && !isThere)) return null
    this.#revision += 1
    const entry = { key, value, revision: this.#revision }
    this.#entries.set(key, entry)
    for (const listener of this.#listeners) listener(entry)
    return entry.revision
  }

  add(listener: Listener): void {
    this.#listeners.add(listener)
  }

  delete(listener: Listener): void {
    this.#listeners.delete(listener)
  }
}

/** One member's way to shared entries. */
export class MemoryRegister implements Register {
  readonly #shared: SharedEntries
  readonly #watching: Listener[] = []
  #running = false

  constructor(shared: SharedEntries = new SharedEntries()) {
    this.#shared = shared
  }

  async start(): Promise<void> {
    if (this.#running) return
    this.#running = true
    for (const entry of this.#shared.all) if (entry.value !== null) this.#tell(entry)
    this.#shared.add(this.#tell)
  }

  async stop(): Promise<void> {
    this.#running = false
    this.#shared.delete(this.#tell)
  }

  async get(key: string): Promise<RegisterEntry | null> {
    this.#checkRunning()
    const entry = this.#shared.entry(key)
    return entry === null || entry.value === null ? null : entry
  }

  async put(key: string, value: string, follows: number): Promise<number | null> {
    this.#checkRunning()
    return this.#shared.change(key, value, follows)
  }

  async remove(key: string, follows: number): Promise<boolean> {
    this.#checkRunning()
    return this.#shared.change(key, null, follows) !== null
  }

  watch(listener: Listener): void {
    this.#watching.push(listener)
  }

  /** Later, so that no watcher runs in the midst of somebody's request. */
  readonly #tell = (entry: RegisterEntry): void => {
    queueMicrotask(() => {
      if (this.#running) for (const listener of this.#watching) listener(entry)
    })
  }

  #checkRunning(): void {
    if (this.#running) return
    throw new SpawnError('MEMBER_UNAVAILABLE', 'the register of the cluster is not running: start it first')
  }
}
