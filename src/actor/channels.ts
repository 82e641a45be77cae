// Who listens to what is broadcast: actors, by their definitions, and the application, by functions. Actors get an
// envelope each, committed with the turn that broadcasts; functions are called when that commit is durable.

import { messageOf } from '../base/index.ts'
import type { BroadcastEvent, ChannelListener, Logger } from '../ports/index.ts'
import type { ActorId } from '../protocol/index.ts'
import type { Catalog } from './catalog.ts'

/** An actor that listens, and its action that takes what is broadcast. */
export interface Subscriber {
  readonly id: ActorId
  readonly action: string
}

/** What functions are told once the turn that caused it is durable. */
export interface Announcement extends BroadcastEvent {
  readonly payload: unknown
}

export class Channels {
  private readonly catalog: Catalog
  private readonly logger: Logger
  private readonly listeners = new Map<string, Set<ChannelListener>>()

  constructor(catalog: Catalog, logger: Logger) {
    this.catalog = catalog
    this.logger = logger
  }

  /** The actors that listen now: every named one, and the instances that are in memory. */
  subscribers(channel: string): Subscriber[] {
    const found: Subscriber[] = []
    for (const { residents, action } of this.catalog.listeners(channel)) {
      if (residents.definition.kind !== 'unnamed') found.push({ id: residents.own, action })
      else for (const { id } of residents.byName.values()) found.push({ id, action })
    }
    return found
  }

  /** @returns a function that ends it. */
  subscribe(channel: string, listener: ChannelListener): () => void {
    const own: ChannelListener = (payload, event) => listener(payload, event)
    const listeners = this.listeners.get(channel) ?? new Set()
    this.listeners.set(channel, listeners.add(own))
    return () => {
      listeners.delete(own)
      // Ended twice, it must not end what was begun meanwhile.
      if (listeners.size === 0 && this.listeners.get(channel) === listeners) this.listeners.delete(channel)
    }
  }

  hasListeners(channel: string): boolean {
    return this.listeners.has(channel)
  }

  announce({ payload, ...event }: Announcement): void {
    for (const listener of this.listeners.get(event.channel) ?? []) {
      // An async function may be a listener too; its failure must not end the process.
      const heard = new Promise<unknown>((resolve) => {
        resolve(listener(payload, event))
      })
      heard.catch((thrown: unknown) => this.failed(event.channel, thrown))
    }
  }

  private failed(channel: string, thrown: unknown): void {
    this.logger.error('a listener of a channel failed', { channel, error: messageOf(thrown) })
  }
}
