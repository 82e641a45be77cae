// Who listens to what is broadcast: actors, by their definitions, and the application, by functions. Actors get an
// envelope each, committed with the turn that broadcasts; functions are called when that commit is durable. Those on other
// members are known by what these host; what they have in memory, they know themselves (spreading.ts).

import { messageOf } from '../../base/index.ts'
import type { BroadcastEvent, ChannelListener, Cluster, Logger } from '../../ports/index.ts'
import { type ActorId, Json } from '../../protocol/index.ts'
import type { Catalog } from '../catalog.ts'

/** An actor that listens, and its action that takes what is broadcast. */
export interface Subscriber {
  readonly id: ActorId
  readonly action: string
}

/** Listeners of a definition on other members. */
export interface Audience {
  readonly definition: string
  readonly action: string
  /** The member whose instances these are; null: a named actor, which lives on one of them. */
  readonly member: string | null
  /** All members whose instances are meant, this one's included; empty for a named actor. */
  readonly among: readonly string[]
}

/** What functions are told once the turn that caused it is durable. */
export interface Announcement extends BroadcastEvent {
  readonly payload: unknown
}

const NO_AUDIENCE: readonly Audience[] = Object.freeze([])

export class Channels {
  private readonly catalog: Catalog
  private readonly cluster: Cluster | null
  private readonly logger: Logger
  private readonly listeners = new Map<string, Set<ChannelListener>>()

  /** @param cluster null: there are no other members. */
  constructor(catalog: Catalog, cluster: Cluster | null, logger: Logger) {
    this.catalog = catalog
    this.cluster = cluster
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

  /** Those of other members. */
  elsewhere(channel: string): readonly Audience[] {
    const { catalog, cluster } = this
    if (cluster === null) return NO_AUDIENCE
    return cluster.listeners(channel).flatMap(({ channels, kind, name: definition }): Audience[] => {
      const action = channels.find(([name]) => name === channel)?.[1]
      if (action === undefined) return []
      if (kind === 'unnamed') {
        const hosts = cluster.hosts(definition)
        const among = [cluster.self, ...hosts]
        return hosts.map((member) => ({ definition, action, member, among }))
      }
      return catalog.residents(definition, undefined) === undefined
        ? [{ definition, action, member: null, among: [] }]
        : []
    })
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

  /** Whether there may be listeners, on this or another member. */
  hasListeners(channel: string): boolean {
    return this.cluster !== null || this.listeners.has(channel)
  }

  announce({ payload: given, ...event }: Announcement): void {
    // From a door that speaks JSON: functions get what it says.
    const payload = given instanceof Json ? given.value : given
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
