// Broadcasts to instances that other members have in memory: one envelope for each such member, which takes it by sending one
// to each of its instances. Decides who those are.
//
// Invariant: an instance that was in memory when the broadcast was published gets it, once, also if it moves meanwhile: its
// last member remembers it for a while, and all envelopes of one broadcast bear one key, under which an actor has one turn.
// Not promised: that one gets it whose member is gone before it has taken its envelope; it was in memory there.

import { type Clock, LIMITS, SpawnError } from '../../base/index.ts'
import type { Cluster } from '../../ports/index.ts'
import { asSpawnError } from '../../protocol/index.ts'
import type { Activation } from '../life/activation.ts'
import type { Catalog } from '../catalog.ts'
import type { Letter } from './letter.ts'
import type { OutsideLoad } from '../outside-commit.ts'
import type { Parcel } from './parcel.ts'
import type { Postmark } from './postmark.ts'

export interface SpreadingOptions {
  readonly cluster: Cluster
  readonly catalog: Catalog
  readonly clock: Clock
  readonly postmark: Postmark
  readonly commit: (load: OutsideLoad) => Promise<boolean>
}

/** How long an instance that has moved still counts as one that was in memory here, in milliseconds. */
const REMEMBERED_MS = 60_000

export class Spreading {
  private readonly options: SpreadingOptions
  /** Instances that have moved away, by definition: when, oldest first. */
  private readonly moved = new Map<string, Map<string, number>>()

  constructor(options: SpreadingOptions) {
    this.options = options
  }

  /** An instance that was in memory here is to live elsewhere. */
  movedAway({ id, residents: { definition, isUnnamed } }: Activation): void {
    if (!isUnnamed || definition.channels.size === 0) return
    const { clock } = this.options
    const nowMs = clock.now()
    const names = this.moved.get(definition.name) ?? new Map<string, number>()
    this.moved.set(definition.name, names)
    names.delete(id.name)
    names.set(id.name, nowMs)
    for (const [name, atMs] of names) {
      if (atMs >= nowMs - REMEMBERED_MS) break
      names.delete(name)
    }
  }

  /** Takes an envelope that is for all instances of a definition that are in memory here. */
  async take(parcel: Parcel): Promise<void> {
    const { commit } = this.options
    try {
      const sends = this.sendsOf(parcel)
      // All but the last go ahead: to send one of them again does no harm.
      for (; sends.length > LIMITS.turnSends;)
        await commit({ sends: sends.splice(0, LIMITS.turnSends), takes: [] })
      parcel.turned()
      if (await commit({ sends, takes: [parcel.id] })) parcel.delivered(null, undefined)
      else
        parcel.undelivered(new SpawnError('STATE_CONFLICT', `the envelope "${parcel.id}" was taken before`))
    } catch (thrown) {
      parcel.undelivered(asSpawnError(thrown))
    }
  }

  private sendsOf({ letter, payload }: Parcel): Parcel[] {
    const { cluster, postmark } = this.options
    const { member, to, ...rest } = letter
    const definition = to[1]
    if (member !== cluster.self) {
      // Who it was for is gone, and whom it had in memory is with the others now.
      const members = [cluster.self, ...cluster.hosts(definition)]
      return members.map((one) => postmark.envelope({ ...letter, member: one }, payload))
    }
    return this.namesOf(definition).map((name) => {
      const sent: Letter = { ...rest, kind: 'broadcast', to: [definition, name] }
      return postmark.envelope(sent, payload)
    })
  }

  private namesOf(definition: string): string[] {
    const { catalog, clock } = this.options
    const sinceMs = clock.now() - REMEMBERED_MS
    const names = new Set(catalog.residents(definition, undefined)?.byName.keys())
    for (const [name, atMs] of this.moved.get(definition) ?? []) if (atMs >= sinceMs) names.add(name)
    return [...names]
  }
}
