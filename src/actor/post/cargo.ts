// What a turn brings into its commit besides the state. It is put together before anything of the turn is taken, and then
// taken whole: its arrays are the commit's to go on with.
//
// Most turns bring nothing of most kinds, so what is empty is shared.

import type { Commit, OutcomeRecord } from '../../ports/index.ts'
import type { Packed } from '../../protocol/index.ts'
import type { Announcement } from './channels.ts'
import type { Parcel } from './parcel.ts'

/** Never added to. */
export const NO_PARCELS: Parcel[] = []
export const NO_IDS: string[] = []
export const NO_ANNOUNCEMENTS: Announcement[] = []
for (const empty of [NO_PARCELS, NO_IDS, NO_ANNOUNCEMENTS]) Object.freeze(empty)

export class Cargo {
  /** The reply to keep, under an idempotency key. */
  outcome: OutcomeRecord | null = null
  /** The state, where its bytes are those of the reply; null: it is still to be encoded, or there is none. */
  state: Packed | null = null
  sends: Parcel[] = NO_PARCELS
  takes: string[] = NO_IDS
  occasions: Commit['occasions'] = undefined
  announcements: Announcement[] = NO_ANNOUNCEMENTS

  send(parcel: Parcel): void {
    if (this.sends === NO_PARCELS) this.sends = [parcel]
    else this.sends.push(parcel)
  }

  /** Takes the envelope whose turn it is. */
  take(parcel: Parcel): void {
    this.takes = [parcel.id]
    this.occasions = parcel.occasions
  }

  announce(announcement: Announcement): void {
    if (this.announcements === NO_ANNOUNCEMENTS) this.announcements = [announcement]
    else this.announcements.push(announcement)
  }
}
