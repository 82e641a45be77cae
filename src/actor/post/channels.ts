// Who listens to what is broadcast: actors, by their definitions, and the application, by functions. Actors get an
// envelope each, committed with the turn that broadcasts; functions are called when that commit is durable. Those on other
// members are known by what these host; what they have in memory, they know themselves (spreading.ts).

import { isSpawnError, messageOf } from '../../base/index.ts'
import type { BroadcastEvent, ChannelListener, Cluster, Logger } from '../../ports/index.ts'
import { type ActorId, type Codec, Json, Packed } from '../../protocol/index.ts'
import { foreignAction, unpackAnswer } from '../away/carried.ts'
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
  /** Its bytes, where it is a message and a definition here says how it is written; absent: not known. */
  readonly bytes?: Packed | undefined
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

  announce({ bytes: _bytes, payload: given, ...event }: Announcement): void {
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

  /** What another member has broadcast, as functions get it: a message, where a definition that listens here says of what type. */
  read(channel: string, payload: Packed | null): unknown {
    const value = unpackAnswer(foreignAction(''), payload)
    if (!(value instanceof Packed)) return value
    for (const { action, residents } of this.catalog.listeners(channel)) {
      const codec = residents.actions.get(action)?.payload
      if (codec !== undefined && isOfType(value, codec.name)) return this.message(channel, codec, value)
    }
    return value
  }

  private message(channel: string, codec: Codec, value: Packed): unknown {
    try {
      return codec.accept(value)
    } catch (thrown) {
      if (!isSpawnError(thrown)) throw thrown
      const { message: error } = thrown
      this.logger.error('a broadcast of another member cannot be read here', { channel, error })
      return value
    }
  }

  private failed(channel: string, thrown: unknown): void {
    this.logger.error('a listener of a channel failed', { channel, error: messageOf(thrown) })
  }
}

/** The bytes of a message, among those that were made of it for its receivers. */
export function bytesOfMessage(payload: unknown, made: Iterable<Packed | null>): Packed | undefined {
  if (typeof payload !== 'object' || payload === null || !('$typeName' in payload)) return undefined
  const type = String(payload.$typeName)
  for (const packed of made) if (packed !== null && isOfType(packed, type)) return packed
  return undefined
}

function isOfType({ typeUrl }: Packed, type: string): boolean {
  return typeUrl.slice(typeUrl.lastIndexOf('/') + 1) === type
}
