// The parcels that are in memory for delivery: found by their ids, and counted. Which ones these are is courier.ts's; how many
// there may be stands here.

import type { Limits } from '../../base/index.ts'
import { Buckets, hashOf } from './buckets.ts'
import type { Parcel } from './parcel.ts'

export class Held {
  /** Of all their payloads. */
  bytes = 0
  private readonly parcels = new Buckets<Parcel>()
  private readonly limits: Pick<Limits, 'deliveries' | 'deliveryBytes'>

  constructor(limits: Pick<Limits, 'deliveries' | 'deliveryBytes'>) {
    this.limits = limits
  }

  get isFull(): boolean {
    const { deliveries, deliveryBytes } = this.limits
    return this.size >= deliveries || this.bytes >= deliveryBytes
  }

  get isHalfEmpty(): boolean {
    const { deliveries, deliveryBytes } = this.limits
    return this.size * 2 <= deliveries && this.bytes * 2 <= deliveryBytes
  }

  get size(): number {
    return this.parcels.size
  }

  /** @param hash of the id, for who knows it. */
  find(id: string, hash = hashOf(id)): Parcel | null {
    for (let parcel = this.parcels.first(hash); parcel !== null; parcel = parcel.next) {
      if (parcel.id === id) return parcel
    }
    return null
  }

  /** Whether this very parcel is held, and not another of its id. */
  has(parcel: Parcel): boolean {
    return this.find(parcel.id, parcel.hash) === parcel
  }

  /** Adds one whose id is not held. */
  add(parcel: Parcel): void {
    this.parcels.add(parcel)
    this.bytes += parcel.bytes
  }

  /** One that is not held is left alone. */
  remove(parcel: Parcel): void {
    if (this.parcels.remove(parcel)) this.bytes -= parcel.bytes
  }
}
