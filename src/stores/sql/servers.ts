// Which server a session is opened with, where a database has several: the one that takes commits, which vendors find out when
// they connect. Decides in which order they are asked: the one that was right last, and soon all others at once, so that one
// that says nothing costs little time. Operators are told once of each server that is set up so that it may lose what it has
// acknowledged.
//
// Invariant: sessions are opened with one server at a time. What was begun before another one took its place is given up, so
// that an old primary that comes back gets no session as long as the new one answers.

import { isSpawnError, messageOf } from '../../base/index.ts'
import type { SettledDatabaseOptions } from './options.ts'
import { NotConnected, type Session, type Vendor } from './session.ts'

/** How long the server that was right last is asked alone. */
const ALONE_MS = 500

export class Servers<Opened extends Session> {
  readonly #vendor: Vendor<Opened>
  /** One for each server. */
  readonly #all: readonly SettledDatabaseOptions[]
  readonly #moved: () => void
  /** The one that took commits last. */
  #used = 0
  /** How often another one took its place. */
  #moves = 0
  /** What operators were told. */
  readonly #told = new Set<string>()

  /** @param moved sessions of before are with a server that is not used any more. */
  constructor(vendor: Vendor<Opened>, options: SettledDatabaseOptions, moved: () => void) {
    this.#vendor = vendor
    this.#moved = moved
    const { host, others, port } = options
    this.#all = [{ host, port }, ...others].map((address) => ({ ...options, ...address }))
  }

  /** @throws NotConnected, SpawnError STORE_UNAVAILABLE when the driver is not installed. */
  async open(): Promise<Opened> {
    const [only] = this.#all
    if (only !== undefined && this.#all.length === 1) return this.#noted(await this.#vendor.open(only), 0)
    const moves = this.#moves
    const { at, session } = await this.#first()
    if (at === this.#used) return this.#noted(session, at)
    if (moves !== this.#moves) {
      session.destroy()
      throw new NotConnected('another server has taken its place meanwhile', true)
    }
    this.#used = at
    this.#moves += 1
    this.#moved()
    this.#all[at]?.logger?.info('another server of the database takes commits', { server: this.#nameOf(at) })
    return this.#noted(session, at)
  }

  #noted(session: Opened, at: number): Opened {
    const server = this.#nameOf(at)
    for (const why of session.warnings) {
      const warning = `${server} ${why}`
      if (this.#told.has(warning)) continue
      this.#told.add(warning)
      this.#all[at]?.logger?.warn('the database may lose what it acknowledges', { server, why })
    }
    return session
  }

  /** The first session with a server that takes commits. */
  #first(): Promise<{ readonly at: number; readonly session: Opened }> {
    const failures: unknown[] = []
    let isOver = false
    let failed = 0
    const { promise, reject, resolve } = Promise.withResolvers<{ at: number; session: Opened }>()
    const ask = async (at: number): Promise<void> => {
      const options = this.#all[at]
      if (options === undefined) return
      try {
        const session = await this.#vendor.open(options)
        if (isOver) session.destroy()
        isOver = true
        resolve({ at, session })
      } catch (thrown) {
        failures[at] = thrown
        failed += 1
        askOthers()
        if (failed === this.#all.length) reject(this.#reasonOf(failures))
      }
    }
    const used = this.#used
    let isAlone = true
    const askOthers = (): void => {
      if (!isAlone || isOver) return
      isAlone = false
      timer?.cancel()
      for (const at of this.#all.keys()) if (at !== used) void ask(at)
    }
    const timer = this.#all[used]?.clock.after(ALONE_MS, askOthers)
    void ask(used)
    return promise.finally(() => timer?.cancel())
  }

  /** One that says what to do, if there is one; else what each of them says. */
  #reasonOf(failures: readonly unknown[]): unknown {
    const mayComeBack = (thrown: unknown): boolean => thrown instanceof NotConnected && thrown.mayComeBack
    const telling =
      failures.find(isSpawnError) ??
      failures.find((thrown) => this.#vendor.isExhausted(thrown)) ??
      (failures.some(mayComeBack) ? undefined : failures[0])
    if (telling !== undefined) return telling
    const all = failures.map((thrown, at) => `${this.#nameOf(at)}: ${messageOf(thrown)}`)
    return new NotConnected(all.join('; '), true)
  }

  #nameOf(at: number): string {
    const { host = '', port = 0 } = this.#all[at] ?? {}
    return `${host}:${port}`
  }
}
