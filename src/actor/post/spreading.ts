// Broadcasts to instances that other members have in memory: one envelope for each such member, which takes it by sending one
// to each of its instances. Decides who those are.
//
// Invariant: an instance that was in memory when the broadcast was published gets it, once, also if it moves meanwhile: its
// last member remembers it for a while, and before that one leaves it takes what stands for those that it had; one on a
// member that the publisher did not know of yet was given up by one that it did know, which knows the newcomer. All
// envelopes of one broadcast bear one key, under which an actor has one turn.
// Not promised: that one gets it that has left memory since, because it was idle, or its member died or lost its lease.

import { type Clock, LIMITS, SpawnError } from '../../base/index.ts'
import type { Cluster, Logger, Statestore } from '../../ports/index.ts'
import { asSpawnError } from '../../protocol/index.ts'
import type { Activation } from '../life/activation.ts'
import type { Catalog } from '../catalog.ts'
import { DueReading } from './due-reading.ts'
import type { Letter } from './letter.ts'
import type { OutsideLoad } from '../outside-commit.ts'
import { Parcel } from './parcel.ts'
import type { Postmark } from './postmark.ts'

export interface SpreadingOptions {
  readonly system: string
  readonly store: Statestore
  readonly logger: Logger
  readonly cluster: Cluster
  readonly catalog: Catalog
  readonly clock: Clock
  readonly postmark: Postmark
  readonly commit: (load: OutsideLoad) => Promise<boolean>
}

/** How long an instance that has moved is remembered, in milliseconds: a broadcast may be taken so much later. */
const REMEMBERED_MS = 600_000
/** Nor do the clocks of two members differ by more. */
const APART_MS = 60_000

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
    try {
      parcel.turned()
      if (await this.pass(parcel)) parcel.delivered(null, undefined)
      else
        parcel.undelivered(new SpawnError('STATE_CONFLICT', `the envelope "${parcel.id}" was taken before`))
    } catch (thrown) {
      parcel.undelivered(asSpawnError(thrown))
    }
  }

  /** All instances have moved away: takes whatever stands for them, as nobody may be here later who could. */
  async takeAll(): Promise<void> {
    const { cluster, logger, store, system } = this.options
    if (this.moved.size === 0) return
    const reading = new DueReading(store, system)
    for (;;) {
      const { envelopes, isLast } = await reading.next(0)
      for (const envelope of envelopes) {
        const parcel = Parcel.readable(envelope, logger)
        // One that is being taken already is taken once: its commit is refused, here or there.
        if (parcel?.letter.kind === 'spread' && parcel.member === cluster.self) await this.pass(parcel)
      }
      if (isLast) return
    }
  }

  /** @returns false when it does not stand any more. */
  private async pass(parcel: Parcel): Promise<boolean> {
    const { commit } = this.options
    const sends = this.sendsOf(parcel)
    // All but the last go ahead: to send one of them again does no harm.
    for (; sends.length > LIMITS.turnSends;)
      await commit({ sends: sends.splice(0, LIMITS.turnSends), takes: [] })
    return commit({ sends, takes: [parcel.id] })
  }

  private sendsOf({ letter, payload }: Parcel): Parcel[] {
    const { cluster, postmark } = this.options
    const { among: known, member, to, ...rest } = letter
    const [, definition] = to
    const hosts = cluster.hosts(definition)
    const isGone = member !== cluster.self
    // Who it was for is gone, and whom it had in memory is with the others now; or some have come since.
    const others = isGone
      ? [cluster.self, ...hosts]
      : hosts.filter((host) => known !== undefined && !known.includes(host))
    const among = isGone ? others : [...(known ?? []), ...others]
    const spread = others.map((one) => postmark.envelope({ ...letter, member: one, among }, payload))
    if (isGone) return spread
    const instances = this.namesOf(definition, letter.createdAtMs).map((name) => {
      const sent: Letter = { ...rest, kind: 'broadcast', to: [definition, name] }
      return postmark.envelope(sent, payload)
    })
    return [...spread, ...instances]
  }

  /** Those that were in memory here at a time, or have come since. */
  private namesOf(definition: string, atMs: number): string[] {
    const names = new Set(this.options.catalog.residents(definition, undefined)?.byName.keys())
    for (const [name, movedAtMs] of this.moved.get(definition) ?? [])
      if (movedAtMs >= atMs - APART_MS) names.add(name)
    return [...names]
  }
}
