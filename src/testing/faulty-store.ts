// A statestore with a bad network in front of it. Decides, seeded, what befalls each request: a delay, a refusal before
// anything was done, a failure after it was done, a failure now and the deed later. It keeps nothing itself: the store
// behind it does, and several faulty ones may stand before the same store, one per process of a simulation.
//
// Invariant: it never breaks the port. What it answers `committed` was applied; what it fails is unknown to the caller;
// a group is applied whole or not at all. A runtime over it must hold every promise.

import { below, type Clock, type Random, SpawnError } from '../base/index.ts'
import { type ActorId, addressText } from '../protocol/index.ts'
import type {
  ActorFilter,
  Box,
  Commit,
  EnvelopePosition,
  PageRequest,
  RevisionQuery,
  Statestore,
} from '../ports/index.ts'

/** How bad it is. Chances are from 0 to 1 and apply to each request; times are in virtual milliseconds. */
export interface StoreFaults {
  /** A request takes a random time up to this on its way in, and again on its way out. */
  readonly delayMs: number
  /** Chance that a request fails and nothing was done. */
  readonly failBefore: number
  /** Chance that a request is done, and fails all the same. */
  readonly failAfter: number
  /** Chance that a request fails at once, and is done up to `lateMs` later, when nobody expects it. */
  readonly failThenApply: number
  /** Chance that a request hangs for up to `lateMs`, and then is done and answered as if nothing had been. */
  readonly hang: number
  readonly lateMs: number
}

export const NO_FAULTS: StoreFaults = {
  delayMs: 0,
  failBefore: 0,
  failAfter: 0,
  failThenApply: 0,
  hang: 0,
  lateMs: 0,
}

export type Fate = 'ok' | 'failBefore' | 'failAfter' | 'failThenApply' | 'hang'

/** One line of the log: what was asked, what was decided, and how it ended behind the caller's back. */
export interface StoreEvent {
  readonly atMs: number
  readonly request: string
  readonly event: Fate | 'applied' | 'conflict' | 'refused' | 'dropped'
}

export interface FaultyStoreOptions {
  readonly clock: Clock
  readonly random: Random
  readonly faults?: Partial<StoreFaults>
  /** What the log calls this one. Default: the name of the store behind. */
  readonly name?: string
}

export class FaultyStore implements Statestore {
  readonly name: string
  readonly supports: Statestore['supports']
  /** May be changed at any time; requests under way keep the fate that they met. */
  faults: StoreFaults
  readonly log: StoreEvent[] = []
  readonly #store: Statestore
  readonly #clock: Clock
  readonly #random: Random
  #cut = false

  constructor(store: Statestore, options: FaultyStoreOptions) {
    this.name = options.name ?? store.name
    this.supports = store.supports
    this.faults = { ...NO_FAULTS, ...options.faults }
    this.#store = store
    this.#clock = options.clock
    this.#random = options.random
  }

  /**
   * The process on this side is dead: nothing is answered any more, and what it asks from now on is not heard. What was
   * on its way may still be applied, now or later.
   */
  cut(): void {
    this.#cut = true
  }

  start(): Promise<void> {
    return this.#store.start()
  }

  /** Does not stop the store behind, which others may use. */
  stop(): Promise<void> {
    return Promise.resolve()
  }

  load(ids: readonly ActorId[]): ReturnType<Statestore['load']> {
    return this.#request(`load ${ids.map(addressText).join(' ')}`, () => this.#store.load(ids))
  }

  commit(group: readonly Commit[]): ReturnType<Statestore['commit']> {
    return this.#request(`commit ${group.map(commitText).join(' ')}`, () => this.#store.commit(group))
  }

  loadRevision(id: ActorId, query: RevisionQuery): ReturnType<Statestore['loadRevision']> {
    return this.#request(`revision of ${addressText(id)}`, () => this.#store.loadRevision(id, query))
  }

  revisions(id: ActorId, limit: number, before?: number): ReturnType<Statestore['revisions']> {
    return this.#request(`revisions of ${addressText(id)}`, () => this.#store.revisions(id, limit, before))
  }

  loadOutcome(id: ActorId, key: string, nowMs: number): ReturnType<Statestore['loadOutcome']> {
    return this.#request(`outcome ${key} of ${addressText(id)}`, () =>
      this.#store.loadOutcome(id, key, nowMs),
    )
  }

  outcomeKeys(id: ActorId, limit: number): ReturnType<Statestore['outcomeKeys']> {
    return this.#request(`${limit} outcome keys of ${addressText(id)}`, () =>
      this.#store.outcomeKeys(id, limit),
    )
  }

  list(filter: ActorFilter, page: PageRequest): ReturnType<Statestore['list']> {
    return this.#request('list', () => this.#store.list(filter, page))
  }

  count(filter: ActorFilter): Promise<number> {
    return this.#request('count', () => this.#store.count(filter))
  }

  systems(): Promise<string[]> {
    return this.#request('systems', () => this.#store.systems())
  }

  due(
    system: string,
    untilMs: number,
    limit: number,
    after?: EnvelopePosition,
  ): ReturnType<Statestore['due']> {
    return this.#request(`due until ${untilMs}`, () => this.#store.due(system, untilMs, limit, after))
  }

  envelopes(system: string, ids: readonly string[]): ReturnType<Statestore['envelopes']> {
    return this.#request(`envelopes ${ids.join(' ')}`, () => this.#store.envelopes(system, ids))
  }

  listEnvelopes(system: string, box: Box, page: PageRequest): ReturnType<Statestore['listEnvelopes']> {
    return this.#request(`listing of ${box}`, () => this.#store.listEnvelopes(system, box, page))
  }

  facts(system: string, after: number, limit: number): ReturnType<Statestore['facts']> {
    return this.#request(`facts behind ${after}`, () => this.#store.facts(system, after, limit))
  }

  delete(id: ActorId, follows: number, birth: number): ReturnType<Statestore['delete']> {
    return this.#request(`delete ${addressText(id)} at ${follows}`, () =>
      this.#store.delete(id, follows, birth),
    )
  }

  prune(nowMs: number, limit: number): Promise<number> {
    return this.#request('prune', () => this.#store.prune(nowMs, limit))
  }

  #request<T>(request: string, apply: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      // A dead process asks nothing, and its promises never settle.
      if (this.#cut) return
      const fate = this.#drawFate()
      if (fate !== 'ok') this.#note(request, fate)
      this.#wait(this.#upTo(this.faults.delayMs), () => this.#arrive(request, fate, apply, resolve, reject))
    })
  }

  /** The request has reached the store. */
  #arrive<T>(
    request: string,
    fate: Fate,
    apply: () => Promise<T>,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
  ): void {
    const answer = (settle: () => void): void => {
      this.#wait(this.#upTo(this.faults.delayMs), () => {
        if (!this.#cut) settle()
      })
    }
    const fail = (): void => answer(() => reject(unavailable(this.name, request)))
    // The process died while the request was on its way: it comes late, or never.
    if (this.#cut) return this.#applyLate(request, this.#random.next() < 0.5, apply)
    if (fate === 'failBefore') return fail()
    if (fate === 'failThenApply') {
      fail()
      return this.#applyLate(request, true, apply)
    }
    this.#wait(fate === 'hang' ? this.#upTo(this.faults.lateMs) : 0, () => {
      apply().then(
        (value) => {
          this.#noteOutcome(request, value)
          if (fate === 'failAfter') fail()
          else answer(() => resolve(value))
        },
        (error: unknown) => {
          this.#note(request, 'refused')
          answer(() => reject(error))
        },
      )
    })
  }

  #applyLate(request: string, arrives: boolean, apply: () => Promise<unknown>): void {
    if (!arrives) return this.#note(request, 'dropped')
    this.#wait(this.#upTo(this.faults.lateMs), () => {
      apply().then(
        (value) => this.#noteOutcome(request, value),
        () => this.#note(request, 'refused'),
      )
    })
  }

  #drawFate(): Fate {
    const { failBefore, failAfter, failThenApply, hang } = this.faults
    let drawn = this.#random.next()
    if ((drawn -= failBefore) < 0) return 'failBefore'
    if ((drawn -= failAfter) < 0) return 'failAfter'
    if ((drawn -= failThenApply) < 0) return 'failThenApply'
    return drawn - hang < 0 ? 'hang' : 'ok'
  }

  #upTo(limitMs: number): number {
    return limitMs === 0 ? 0 : below(this.#random, limitMs + 1)
  }

  /** No delay is no task: the scheduler decides the order of requests that take time, not of those that take none. */
  #wait(delayMs: number, task: () => void): void {
    if (delayMs === 0) task()
    else this.#clock.after(delayMs, task)
  }

  #noteOutcome(request: string, value: unknown): void {
    const conflict = Array.isArray(value) ? value.includes('conflict') : value === 'conflict'
    this.#note(request, conflict ? 'conflict' : 'applied')
  }

  #note(request: string, event: StoreEvent['event']): void {
    this.log.push({ atMs: this.#clock.now(), request, event })
  }
}

function commitText({ id, follows, revision, sends, takes }: Commit): string {
  const actor = id.name === '' ? 'outside' : `${addressText(id)}:${follows}→${revision}`
  return [actor, ...takes.map((taken) => `-${taken}`), ...sends.map((sent) => `+${sent.id}`)].join(' ')
}

function unavailable(name: string, request: string): SpawnError {
  const verb = request.slice(0, request.indexOf(' ') === -1 ? undefined : request.indexOf(' '))
  return new SpawnError(
    'STORE_UNAVAILABLE',
    `the store ${name} failed a ${verb}, as it was told to; try again`,
  )
}
