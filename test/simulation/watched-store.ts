// A statestore in front of another one that tells of every request, when it is made and when it is answered. It changes
// nothing, but that whoever is told may keep an answer back for ever.

import type { ActorId } from '../../src/protocol/index.ts'
import type {
  ActorFilter,
  Box,
  Commit,
  EnvelopePosition,
  PageRequest,
  RevisionQuery,
  Statestore,
} from '../../src/ports/index.ts'

export interface StoreWatcher {
  /** A request is about to be made. */
  readonly asked: () => void
  /** It has been answered, or has failed: false keeps that from who made it. */
  readonly answered: () => boolean
  /** A commit was answered, and the answer is about to leave. */
  readonly committed?: () => Promise<void>
}

export class WatchedStore implements Statestore {
  readonly name: string
  readonly supports: Statestore['supports']
  readonly #store: Statestore
  readonly #watcher: StoreWatcher

  constructor(store: Statestore, watcher: StoreWatcher) {
    this.name = store.name
    this.supports = store.supports
    this.#store = store
    this.#watcher = watcher
  }

  start(): Promise<void> {
    return this.#store.start()
  }

  stop(): Promise<void> {
    return this.#store.stop()
  }

  load(ids: readonly ActorId[]): ReturnType<Statestore['load']> {
    return this.#watch(() => this.#store.load(ids))
  }

  commit(group: readonly Commit[]): ReturnType<Statestore['commit']> {
    return this.#watch(async () => {
      const verdicts = await this.#store.commit(group)
      await this.#watcher.committed?.()
      return verdicts
    })
  }

  loadRevision(id: ActorId, query: RevisionQuery): ReturnType<Statestore['loadRevision']> {
    return this.#watch(() => this.#store.loadRevision(id, query))
  }

  revisions(id: ActorId, limit: number, before?: number): ReturnType<Statestore['revisions']> {
    return this.#watch(() => this.#store.revisions(id, limit, before))
  }

  loadOutcome(id: ActorId, key: string, nowMs: number): ReturnType<Statestore['loadOutcome']> {
    return this.#watch(() => this.#store.loadOutcome(id, key, nowMs))
  }

  outcomeKeys(id: ActorId, limit: number): ReturnType<Statestore['outcomeKeys']> {
    return this.#watch(() => this.#store.outcomeKeys(id, limit))
  }

  list(filter: ActorFilter, page: PageRequest): ReturnType<Statestore['list']> {
    return this.#watch(() => this.#store.list(filter, page))
  }

  count(filter: ActorFilter): Promise<number> {
    return this.#watch(() => this.#store.count(filter))
  }

  systems(): Promise<string[]> {
    return this.#watch(() => this.#store.systems())
  }

  due(
    system: string,
    untilMs: number,
    limit: number,
    after?: EnvelopePosition,
  ): ReturnType<Statestore['due']> {
    return this.#watch(() => this.#store.due(system, untilMs, limit, after))
  }

  envelopes(system: string, ids: readonly string[]): ReturnType<Statestore['envelopes']> {
    return this.#watch(() => this.#store.envelopes(system, ids))
  }

  listEnvelopes(system: string, box: Box, page: PageRequest): ReturnType<Statestore['listEnvelopes']> {
    return this.#watch(() => this.#store.listEnvelopes(system, box, page))
  }

  facts(system: string, after: number, limit: number): ReturnType<Statestore['facts']> {
    return this.#watch(() => this.#store.facts(system, after, limit))
  }

  delete(id: ActorId, follows: number, birth: number): ReturnType<Statestore['delete']> {
    return this.#watch(() => this.#store.delete(id, follows, birth))
  }

  prune(nowMs: number, limit: number): Promise<number> {
    return this.#watch(() => this.#store.prune(nowMs, limit))
  }

  #watch<T>(request: () => Promise<T>): Promise<T> {
    this.#watcher.asked()
    return new Promise((resolve, reject) => {
      request().then(
        (value) => this.#watcher.answered() && resolve(value),
        (error: unknown) => this.#watcher.answered() && reject(error),
      )
    })
  }
}
